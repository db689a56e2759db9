//! How things are timed and counted.
//!
//! Must interleave what it compares, so that a machine that slows down slows both.

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use stats_alloc::Region;

use crate::ALLOCATOR;

/// Rounds of each measurement; the median of them is what is told.
const ROUNDS: usize = 31;

/// About how long one round of one side lasts.
const ROUND: Duration = Duration::from_millis(10);

/// One measured thing, its goal, and what stands beside it.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) nanoseconds: f64,
    pub(crate) beside: &'static str,
    pub(crate) beside_nanoseconds: f64,
    pub(crate) goal_nanoseconds: f64,
    pub(crate) allocations: usize,
    /// The most allocations that are allowed: a count, and so held in CI. Times are only told.
    pub(crate) allocations_goal: Option<usize>,
}

impl Figure {
    /// Whether the counts are within their goals.
    pub(crate) fn is_held(&self) -> bool {
        self.allocations_goal
            .is_none_or(|goal| self.allocations <= goal)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = self.nanoseconds / self.beside_nanoseconds;
        write!(
            f,
            "{:<44} {:>8.1} ns (goal {:.0})",
            self.name, self.nanoseconds, self.goal_nanoseconds
        )?;
        write!(
            f,
            "  {ratio:>5.2} x {} ({:.1} ns)",
            self.beside, self.beside_nanoseconds
        )?;
        write!(f, "  {} allocations", self.allocations)?;
        match self.allocations_goal {
            Some(goal) if self.is_held() => write!(f, " (goal {goal}, held)"),
            Some(goal) => write!(f, " (goal {goal}, MISSED)"),
            None => Ok(()),
        }
    }
}

/// Median nanoseconds of a call to each side, in turns.
pub(crate) fn side_by_side<A, B>(
    mut one: impl FnMut() -> A,
    mut other: impl FnMut() -> B,
) -> (f64, f64) {
    let calls = calibrate(&mut one).max(1);
    let other_calls = calibrate(&mut other).max(1);
    let mut times = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        times.0.push(round(&mut one, calls));
        times.1.push(round(&mut other, other_calls));
    }
    (median(times.0), median(times.1))
}

/// Allocations of one call, after one to warm up.
pub(crate) fn allocations<T>(mut call: impl FnMut() -> T) -> usize {
    black_box(call());
    let region = Region::new(ALLOCATOR);
    let value = black_box(call());
    let change = region.change();
    drop(value);
    change.allocations + change.reallocations
}

fn calibrate<T>(call: &mut impl FnMut() -> T) -> u32 {
    let mut calls = 1;
    loop {
        let nanoseconds = round(call, calls) * f64::from(calls);
        if nanoseconds >= ROUND.as_secs_f64() * 1e9 || calls > 1 << 24 {
            return calls;
        }
        calls *= 2;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's own time"
)]
fn round<T>(call: &mut impl FnMut() -> T, calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call());
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

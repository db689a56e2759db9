//! How short things are timed.
//!
//! Must interleave what it compares, so that a machine that slows down slows both.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Rounds of each measurement; the median of them is what is told.
const ROUNDS: usize = 31;

/// About how long one round of one side lasts.
const ROUND: Duration = Duration::from_millis(10);

/// Median nanoseconds of a call to each side, in turns.
pub fn side_by_side<A, B>(mut one: impl FnMut() -> A, mut other: impl FnMut() -> B) -> (f64, f64) {
    let calls = calibrate(&mut one).max(1);
    let other_calls = calibrate(&mut other).max(1);
    let mut times = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        times.0.push(round(&mut one, calls));
        times.1.push(round(&mut other, other_calls));
    }
    (median(times.0), median(times.1))
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

/// The middle one of some measurements; 0 where there are none.
#[must_use]
pub fn median(mut measured: Vec<f64>) -> f64 {
    measured.sort_by(f64::total_cmp);
    measured
        .get(measured.len() / 2)
        .copied()
        .unwrap_or_default()
}

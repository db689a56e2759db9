//! Times short operations.
//!
//! Must not time its two sides one after the other: it interleaves them, so that a slow phase of
//! the machine affects both.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::measure::series::Series;

/// Rounds of one run; the figure of the run is their median.
const ROUNDS: usize = 9;

/// The approximate duration of one round of one side.
const ROUND: Duration = Duration::from_millis(10);

/// Median nanoseconds of a call to each side, measured in turns.
pub fn side_by_side<A, B>(mut one: impl FnMut() -> A, mut other: impl FnMut() -> B) -> (f64, f64) {
    let calls = calibrate(&mut one).max(1);
    let other_calls = calibrate(&mut other).max(1);
    let mut times = (Series::default(), Series::default());
    for _ in 0..ROUNDS {
        times.0.push(round(&mut one, calls));
        times.1.push(round(&mut other, other_calls));
    }
    let told = |times: Series| times.median().unwrap_or_default();
    (told(times.0), told(times.1))
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

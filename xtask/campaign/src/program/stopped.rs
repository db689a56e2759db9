//! A program that is stopped for a while and continues, as with SIGSTOP or on a paused machine.
//!
//! Must not run any part of the program meanwhile, nor delay the network or the clock.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use idcloud_http::Clock as _;
use idcloud_http::testing::VirtualClock;
use tokio::time::Instant;

/// One stop of one life.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop {
    pub(crate) when: When,
    pub(crate) long: Duration,
}

/// When a program is stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    /// At this time after its start.
    After(Duration),
    /// After its nth request was sent.
    Left(u32),
}

/// Whether a program is stopped.
#[derive(Debug, Default)]
pub(crate) struct Stopped(Mutex<Times>);

#[derive(Debug, Default)]
struct Times {
    /// The end of the last stop.
    until: Option<Instant>,
    /// The total duration of all stops.
    long: Duration,
    stops: u32,
}

impl Stopped {
    fn times(&self) -> MutexGuard<'_, Times> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the program from now on. If it is stopped already, the longer stop counts.
    pub(crate) fn stop(&self, now: Instant, long: Duration) {
        let mut times = self.times();
        let from = times.until.map_or(now, |until| until.max(now));
        let until = from.max(now + long);
        times.long += until - from;
        times.stops += 1;
        times.until = Some(until);
    }

    /// The end of the current stop, if there is one.
    pub(crate) fn until(&self, now: Instant) -> Option<Instant> {
        self.times().until.filter(|until| now < *until)
    }

    /// Whether a stop ends at this moment.
    pub(crate) fn ends(&self, now: Instant) -> bool {
        self.times().until == Some(now)
    }

    /// How often it was stopped.
    pub(crate) fn stops(&self) -> u32 {
        self.times().stops
    }

    /// How long it was stopped in total.
    pub(crate) fn long(&self) -> Duration {
        self.times().long
    }
}

/// Polls `work` of a program only while the program is not stopped.
pub(crate) async fn stoppable<T>(
    stopped: &Stopped,
    clock: &VirtualClock,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    loop {
        let done = poll_fn(|context| match stopped.until(clock.instant()) {
            Some(until) => Poll::Ready(Err(until)),
            None => work.as_mut().poll(context).map(Ok),
        });
        match done.await {
            Ok(output) => return output,
            Err(until) => clock.sleep_until(until).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Work that is due during a stop is done at its end, and later work on time.
    #[tokio::test(start_paused = true)]
    async fn nothing_runs_while_a_program_is_stopped() {
        let clock = VirtualClock::new();
        let start = clock.instant();
        let second = Duration::from_secs(1);
        let stopped = Stopped::default();
        let work = async {
            let mut seen = Vec::new();
            for at in [1, 5, 20] {
                clock.sleep_until(start + second * at).await;
                seen.push((clock.instant() - start).as_secs());
                if at == 1 {
                    stopped.stop(clock.instant(), second * 9);
                    stopped.stop(clock.instant(), second * 11);
                }
            }
            seen
        };
        assert_eq!(stoppable(&stopped, &clock, work).await, [1, 12, 20]);
        assert_eq!((stopped.stops(), stopped.long()), (2, second * 11));
    }
}

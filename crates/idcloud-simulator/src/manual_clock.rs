//! A clock that moves only when a program advances it.
//!
//! Must not move by itself: sleepers wait until [`ManualClock::advance`] reaches their deadline.

use std::time::{Duration, SystemTime};

use idcloud_http::{Clock, Sleep, SystemClock};
use tokio::sync::watch;
use tokio::time::Instant;

/// A clock for virtual time without tokio's: it drives simulators behind a real socket.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use idcloud_http::Clock;
/// use idcloud_simulator::ManualClock;
///
/// let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
/// clock.advance(Duration::from_secs(86_400));
/// assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
/// ```
#[derive(Debug)]
pub struct ManualClock {
    epoch: SystemTime,
    start: Instant,
    passed: watch::Sender<Duration>,
}

impl ManualClock {
    /// A clock that shows `epoch` until it is advanced.
    #[must_use]
    pub fn new(epoch: SystemTime) -> Self {
        Self {
            epoch,
            start: SystemClock::new().instant(),
            passed: watch::Sender::new(Duration::ZERO),
        }
    }

    /// Moves the clock on, and wakes every sleeper whose deadline has come.
    pub fn advance(&self, by: Duration) {
        self.passed.send_modify(|passed| {
            let further = passed.saturating_add(by);
            // A time that the system cannot represent is never reached: the clock stays.
            if self.epoch.checked_add(further).is_some()
                && self.start.checked_add(further).is_some()
            {
                *passed = further;
            }
        });
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.epoch + *self.passed.borrow()
    }

    fn instant(&self) -> Instant {
        self.start + *self.passed.borrow()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep<'_> {
        let mut passed = self.passed.subscribe();
        Box::pin(async move {
            let there = |passed: &Duration| self.start + *passed >= deadline;
            // Cannot fail: the sender lives as long as `self`.
            let _ = passed.wait_for(there).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sleepers wake in the order of their deadlines, and not before their time.
    #[tokio::test]
    async fn sleepers_wake_when_told() {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        let mut early = clock.sleep(Duration::from_secs(1));
        let mut late = clock.sleep(Duration::from_secs(3_600));
        let is_done = |sleep: &mut Sleep<'_>| {
            let waker = std::task::Waker::noop();
            sleep
                .as_mut()
                .poll(&mut std::task::Context::from_waker(waker))
                .is_ready()
        };
        assert!(!is_done(&mut early));
        clock.advance(Duration::from_secs(2));
        assert!(is_done(&mut early) && !is_done(&mut late));
        clock.advance(Duration::MAX);
        assert!(!is_done(&mut late));
        clock.advance(Duration::from_secs(3_598));
        late.await;
    }
}

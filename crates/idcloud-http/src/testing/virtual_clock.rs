//! A clock that runs on tokio's paused time.
//!
//! Must not be used with real sockets: paused time fires their timeouts at once.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::time::clock::{Clock, Sleep};

/// A clock whose time passes only while every task waits.
///
/// Use it inside a runtime whose time is paused (`#[tokio::test(start_paused = true)]`).
#[derive(Clone, Debug)]
pub struct VirtualClock {
    epoch: SystemTime,
    start: Instant,
}

impl VirtualClock {
    /// A clock that shows 1 January 2026, 00:00 UTC, now. Needs a tokio runtime.
    #[must_use]
    pub fn new() -> Self {
        Self::starting_at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600))
    }

    /// A clock that shows `epoch` now. Needs a tokio runtime.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this clock is tokio's paused time"
    )]
    pub fn starting_at(epoch: SystemTime) -> Self {
        Self {
            epoch,
            start: Instant::now(),
        }
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this clock is tokio's paused time"
)]
impl Clock for VirtualClock {
    fn now(&self) -> SystemTime {
        self.epoch + self.start.elapsed()
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep<'_> {
        Box::pin(tokio::time::sleep_until(deadline))
    }
}

//! The source of all time, so that tests can control it.
//!
//! Must not be bypassed: no other module may ask the system for the time or sleep.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A sleep in progress.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The wall clock, a monotonic clock, and sleep.
pub trait Clock: Send + Sync + Debug {
    /// The wall-clock time, for assertions, capture tokens and `Retry-After` dates.
    fn now(&self) -> SystemTime;

    /// A point on the monotonic clock, for deadlines and the limiter.
    fn instant(&self) -> Instant;

    /// Returns once [`instant`](Self::instant) has reached `deadline`.
    fn sleep_until(&self, deadline: Instant) -> Sleep<'_>;

    /// Returns after `duration`.
    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        self.sleep_until(later(self.instant(), duration))
    }
}

/// `start + duration`, saturating at about thirty years so that no caller's duration can overflow.
pub(crate) fn later(start: Instant, duration: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    start.checked_add(duration.min(FAR)).unwrap_or(start)
}

/// The operating system's clock and tokio's timer. Needs a tokio runtime with time enabled.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl SystemClock {
    /// The system's clock.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that asks the machine for the time"
)]
impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep<'_> {
        Box::pin(tokio::time::sleep_until(deadline))
    }
}

//! A program's own clock: it shows a wrong time, and jumps.
//!
//! Must not change the monotonic clock: only a machine's time of day can be set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use idcloud_http::testing::VirtualClock;
use idcloud_http::{Clock, Sleep};
use tokio::time::Instant;

/// Virtual time with an offset.
#[derive(Clone, Debug)]
pub(crate) struct WrongClock {
    right: VirtualClock,
    ahead: Arc<AtomicI64>,
}

impl WrongClock {
    pub(crate) fn new(right: &VirtualClock, ahead: i64) -> Self {
        Self {
            right: right.clone(),
            ahead: Arc::new(AtomicI64::new(ahead)),
        }
    }

    /// Sets how many seconds it is ahead.
    pub(crate) fn set(&self, ahead: i64) {
        self.ahead.store(ahead, Ordering::Relaxed);
    }
}

impl Clock for WrongClock {
    fn now(&self) -> SystemTime {
        let now = self.right.now();
        let ahead = self.ahead.load(Ordering::Relaxed);
        let off = Duration::from_secs(ahead.unsigned_abs());
        let shown = if ahead < 0 {
            now.checked_sub(off)
        } else {
            now.checked_add(off)
        };
        shown.unwrap_or(now)
    }

    fn instant(&self) -> Instant {
        self.right.instant()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep<'_> {
        self.right.sleep_until(deadline)
    }
}

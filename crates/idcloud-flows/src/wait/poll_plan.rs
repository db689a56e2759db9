//! When to poll one process that is waited for.
//!
//! Must not do I/O, lose a hint, or poll without end because of hints; always polls once more at
//! the end.

use std::time::Duration;

use tokio::time::Instant;

use crate::wait::polling::Polling;

/// The pause after the first poll that a hint caused. It doubles with each such poll, up to
/// [`WIDEST`] seconds.
const NEAREST: Duration = Duration::from_secs(1);
const WIDEST: u32 = 32;

/// Why a poll is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// A notification came.
    Hint,
    /// Its time has come.
    Poll,
}

/// The schedule of one process: polls at growing distances, at once after a hint, and once at the
/// end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PollPlan {
    /// The wait's start; the first poll's time is counted from the create, as near as this clock
    /// knows it.
    start: Instant,
    end: Instant,
    poll_at: Instant,
    /// When the next hint may be followed, in milliseconds after the start: small, because a waiter
    /// may keep ten thousand.
    hint_from: u32,
    hinted: bool,
    hints_followed: u8,
}

impl PollPlan {
    /// A wait that starts at `now` for at most `limit`, for a process that is `age` old.
    ///
    /// A resumed process has been running meanwhile, so its first poll is due earlier.
    pub(crate) fn new(
        now: Instant,
        age: Duration,
        limit: Duration,
        polling: Polling,
        fraction: f64,
    ) -> Self {
        // About thirty years, so that no caller's duration overflows.
        const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
        let end = now.checked_add(limit.min(FAR)).unwrap_or(now);
        let first = polling.next(Duration::ZERO, fraction).saturating_sub(age);
        Self {
            start: now,
            end,
            poll_at: (now + first).min(end),
            hint_from: 0,
            hinted: false,
            hints_followed: 0,
        }
    }

    pub(crate) const fn end(&self) -> Instant {
        self.end
    }

    /// When to poll next, and why.
    pub(crate) fn due(&self) -> (Instant, Trigger) {
        let hint_from = self.start + Duration::from_millis(self.hint_from.into());
        if self.hinted && hint_from <= self.poll_at {
            (hint_from, Trigger::Hint)
        } else {
            (self.poll_at, Trigger::Poll)
        }
    }

    /// A notification came. A poll that begins after it follows, even if one is running now.
    pub(crate) const fn hint(&mut self) {
        self.hinted = true;
    }

    /// The due poll begins. It follows every hint so far.
    ///
    /// Hints are followed at once, then at doubling distances (1 s to 32 s), so that a storm of
    /// notifications costs seven lookups a minute.
    pub(crate) fn begin(&mut self, now: Instant) {
        if self.due().1 == Trigger::Hint {
            let factor = 1_u32 << self.hints_followed.min(5);
            let next = now.saturating_duration_since(self.start) + NEAREST * factor.min(WIDEST);
            self.hint_from = u32::try_from(next.as_millis()).unwrap_or(u32::MAX);
            self.hints_followed = self.hints_followed.saturating_add(1);
        }
        self.hinted = false;
    }

    /// The poll that began with the schedule `before` did not take place.
    pub(crate) const fn undo(&mut self, before: Self) {
        let hinted = self.hinted || before.hinted;
        *self = before;
        self.hinted = hinted;
    }

    /// A poll ended without a final answer; returns false if it was the last.
    pub(crate) fn poll_again(&mut self, now: Instant, polling: Polling, fraction: f64) -> bool {
        let next = self.start + polling.next(now.saturating_duration_since(self.start), fraction);
        self.poll_at = next.min(self.end);
        now < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use idcloud_http::{Clock as _, SystemClock};

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn watch(now: Instant) -> PollPlan {
        PollPlan::new(now, Duration::ZERO, seconds(60), Polling::Alone, 0.0)
    }

    /// A hint is followed at once; one that comes during a poll is followed by another poll.
    #[tokio::test(start_paused = true)]
    async fn no_hint_is_lost() {
        let start = SystemClock::new().instant();
        let mut watch = watch(start);
        assert_eq!(watch.due(), (start + seconds(3), Trigger::Poll));
        watch.hint();
        assert_eq!(watch.due().1, Trigger::Hint);
        assert!(watch.due().0 <= start);
        let now = start + Duration::from_millis(500);
        watch.begin(now);
        watch.hint();
        assert!(watch.poll_again(now, Polling::Alone, 0.0));
        assert_eq!(watch.due(), (now + NEAREST, Trigger::Hint));
        watch.begin(now + NEAREST);
        assert!(watch.poll_again(now + NEAREST, Polling::Alone, 0.0));
        assert_eq!(watch.due().1, Trigger::Poll);
    }

    /// A poll that did not take place is still due, for the same reason.
    #[tokio::test(start_paused = true)]
    async fn an_undone_look_is_due_again() {
        let start = SystemClock::new().instant();
        let mut watch = watch(start);
        watch.hint();
        let before = watch;
        watch.begin(start);
        watch.undo(before);
        assert_eq!(watch.due(), before.due());
    }

    /// The budget is respected: a storm of hints costs a handful of polls in a minute, and one poll
    /// is left for the end.
    #[tokio::test(start_paused = true)]
    async fn a_storm_costs_a_handful_of_looks() {
        let start = SystemClock::new().instant();
        let mut watch = watch(start);
        let (mut now, mut looks) = (start, 0);
        while now < watch.end() {
            watch.hint();
            let (due, _) = watch.due();
            now = now.max(due);
            watch.begin(now);
            looks += 1;
            if !watch.poll_again(now, Polling::Alone, 0.0) {
                break;
            }
        }
        assert_eq!(now, watch.end());
        assert!(looks <= 8 + 7, "{looks} looks");
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_is_looked_at() {
        let now = SystemClock::new().instant();
        for limit in [0, 1, 2] {
            let watch = PollPlan::new(now, Duration::ZERO, seconds(limit), Polling::Alone, 0.0);
            assert_eq!(watch.due(), (now + seconds(limit), Trigger::Poll));
        }
        let old = PollPlan::new(now, seconds(100), seconds(60), Polling::Alone, 0.0);
        assert_eq!(old.due(), (now, Trigger::Poll));
        let long = PollPlan::new(now, Duration::ZERO, Duration::MAX, Polling::Alone, 0.0);
        assert!(long.end() > now);
    }
}

//! The slots taken in the last second, and when the next is free.
//!
//! Must not do I/O, nor let more than the budget into any sliding second.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// A second, plus 25 ms because requests sent at the right distance may arrive closer together.
pub(crate) const WINDOW: Duration = Duration::from_millis(1025);

/// One slot that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    number: u64,
    at: Instant,
}

impl Slot {
    /// When the slot was taken.
    #[cfg(test)]
    pub(crate) const fn at(&self) -> Instant {
        self.at
    }
}

/// The last slots, as many as fit in a second.
#[derive(Debug)]
pub(crate) struct SlidingWindow {
    ring: VecDeque<Slot>,
    rate: usize,
    numbered: u64,
}

impl SlidingWindow {
    /// A window of `rate` slots a second.
    pub(crate) fn new(rate: usize) -> Self {
        let rate = rate.max(1);
        Self {
            // A larger one grows as it is used.
            ring: VecDeque::with_capacity(rate.min(1024)),
            rate,
            numbered: 0,
        }
    }

    /// Takes a slot at `now`, or returns when the next is free.
    pub(crate) fn take(&mut self, now: Instant) -> Result<Slot, Instant> {
        self.forget_before(now);
        if self.ring.len() >= self.rate
            && let Some(oldest) = self.ring.front()
        {
            return Err(oldest.at + WINDOW);
        }
        let slot = Slot {
            number: self.numbered,
            at: now,
        };
        self.numbered += 1;
        self.ring.push_back(slot);
        Ok(slot)
    }

    /// As [`take`](Self::take), for a request that has waited. Such requests are spaced out, so
    /// that the slots of a second do not all free up together and no waiter waits a whole second
    /// for one.
    ///
    /// Three quarters of an even spacing leave room for late timers; the window keeps the budget.
    pub(crate) fn take_paced(&mut self, now: Instant) -> Result<Slot, Instant> {
        let parts = u32::try_from(self.rate).unwrap_or(u32::MAX);
        let paced = self
            .ring
            .back()
            .map(|last| last.at + (WINDOW / parts) * 3 / 4)
            .filter(|next| now < *next);
        match (self.take(now), paced) {
            (Ok(slot), Some(next)) => {
                self.give_back(slot);
                Err(next)
            }
            (Err(free), Some(next)) => Err(free.max(next)),
            (taken, None) => taken,
        }
    }

    /// Gives back a slot that was not used.
    pub(crate) fn give_back(&mut self, slot: Slot) {
        if let Some(index) = self
            .ring
            .iter()
            .rposition(|held| held.number == slot.number)
        {
            self.ring.remove(index);
        }
    }

    /// Slots a second.
    pub(crate) const fn rate(&self) -> usize {
        self.rate
    }

    /// How many slots still count at `now`.
    pub(crate) fn counted(&mut self, now: Instant) -> usize {
        self.forget_before(now);
        self.ring.len()
    }

    fn forget_before(&mut self, now: Instant) {
        while self
            .ring
            .front()
            .is_some_and(|oldest| oldest.at + WINDOW <= now)
        {
            self.ring.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, SystemClock};

    /// Budget: however greedy the callers, no sliding second holds more than the rate.
    #[tokio::test(start_paused = true)]
    async fn no_sliding_second_holds_more_than_the_rate() {
        let start = SystemClock::new().instant();
        for rate in [1, 2, 10, 50] {
            let mut departures = SlidingWindow::new(rate);
            let mut now = start;
            let mut left = Vec::new();
            while left.len() < 400 {
                let turn = if fastrand::bool() {
                    departures.take(now)
                } else {
                    departures.take_paced(now)
                };
                match turn {
                    Ok(slot) => left.push(slot.at()),
                    Err(at) => {
                        assert!(at > now);
                        now = at.min(now + Duration::from_millis(fastrand::u64(1..400)));
                    }
                }
            }
            for (index, at) in left.iter().enumerate() {
                if let Some(later) = left.get(index + rate) {
                    assert!(*later - *at >= WINDOW, "rate {rate}, departure {index}");
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_departure_that_did_not_happen_is_given_back() {
        let now = SystemClock::new().instant();
        let mut departures = SlidingWindow::new(2);
        let first = departures.take(now).unwrap();
        let _second = departures.take(now).unwrap();
        assert_eq!(departures.take(now), Err(now + WINDOW));
        departures.give_back(first);
        departures.give_back(first);
        assert_eq!(departures.counted(now), 1);
        assert!(departures.take(now).is_ok());
    }

    /// Requests that waited are spaced at three quarters of an even spacing, to the nanosecond, and
    /// never before the window has a slot; a refused request takes none.
    #[tokio::test(start_paused = true)]
    async fn who_waited_leaves_apart() {
        let start = SystemClock::new().instant();
        let moment = Duration::from_nanos(1);
        for (rate, pace) in [
            (2, Duration::from_micros(384_375)),
            (5, Duration::from_micros(153_750)),
            (10, Duration::from_micros(76_875)),
        ] {
            let mut departures = SlidingWindow::new(rate);
            let mut at = start;
            assert!(departures.take_paced(at).is_ok());
            for taken in 1..rate {
                let next = at + pace;
                assert_eq!(departures.take_paced(at), Err(next), "{rate}");
                assert_eq!(departures.take_paced(next - moment), Err(next), "{rate}");
                assert_eq!(departures.counted(next), taken, "{rate}");
                assert!(departures.take_paced(next).is_ok(), "{rate}");
                at = next;
            }
            let free = start + WINDOW;
            assert_eq!(departures.take_paced(at), Err(free), "{rate}");
            assert_eq!(departures.take_paced(free - moment), Err(free), "{rate}");
            assert!(departures.take_paced(free).is_ok(), "{rate}");
        }
        // If the window is full and its last slot is recent, the later of the two times counts.
        let mut departures = SlidingWindow::new(2);
        assert!(departures.take(start).is_ok());
        let recent = start + WINDOW - moment;
        assert!(departures.take(recent).is_ok());
        let next = recent + Duration::from_micros(384_375);
        assert_eq!(departures.take_paced(recent), Err(next));
        assert_eq!(departures.take_paced(start + WINDOW), Err(next));
    }

    /// A slot counts for a second and its guard, and not a moment longer.
    #[tokio::test(start_paused = true)]
    async fn a_departure_counts_for_its_window() {
        let start = SystemClock::new().instant();
        let mut departures = SlidingWindow::new(3);
        for millisecond in 0..3 {
            let at = start + Duration::from_millis(millisecond);
            assert!(departures.take(at).is_ok());
        }
        let end = start + WINDOW;
        assert_eq!(departures.counted(end - Duration::from_nanos(1)), 3);
        assert_eq!(departures.counted(end), 2);
        assert_eq!(departures.counted(end + WINDOW), 0);
    }

    /// A rate of zero would never let a request leave.
    #[test]
    fn the_rate_is_the_one_that_was_given_and_at_least_one() {
        for (given, rate) in [(0, 1), (1, 1), (7, 7), (5000, 5000)] {
            assert_eq!(SlidingWindow::new(given).rate(), rate);
        }
    }
}

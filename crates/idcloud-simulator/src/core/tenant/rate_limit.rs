//! A tenant's budget of requests: ten a second by default.
//!
//! Must not delay a request: one beyond the budget is refused with the time to wait.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use crate::encoding::time_format::since_epoch;

/// How many requests a tenant may make, and how they are counted.
///
/// IDCloud publishes the number (ten a second for each tenant, refused with HTTP 429 and
/// `Retry-After`) but not how it counts. All three usual ways can be chosen, and a client should
/// work with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    per_second: NonZeroU32,
    counting: Counting,
}

/// The usual ways to count requests against a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Counting {
    /// No interval of one second, from any start, has more requests than the budget. The strictest.
    SlidingWindow,
    /// The count restarts with each second of the clock.
    FixedWindow,
    /// A bucket that holds one second's budget and fills evenly.
    TokenBucket,
}

impl RateLimit {
    /// Ten requests in any second: the published default.
    pub const DEFAULT: Self = Self {
        per_second: NonZeroU32::MIN.saturating_add(9),
        counting: Counting::SlidingWindow,
    };

    /// `per_second` requests, counted by `counting`.
    #[must_use]
    pub const fn new(per_second: NonZeroU32, counting: Counting) -> Self {
        Self {
            per_second,
            counting,
        }
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// One tenant's use of its budget.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budget {
    /// Sliding and fixed window: when the requests that still count were admitted (since 1970).
    admitted: VecDeque<Duration>,
    /// Token bucket: the spent budget, as time, at the time `as_of`.
    spent: Duration,
    as_of: Duration,
}

impl Budget {
    /// Admits one request at `now`, or returns how long it would have to wait.
    pub(crate) fn admit(&mut self, limit: RateLimit, now: SystemTime) -> Result<(), Duration> {
        let now = since_epoch(now);
        match limit.counting {
            Counting::SlidingWindow => self.admit_by(limit, now, |admitted| admitted + SECOND),
            Counting::FixedWindow => self.admit_by(limit, now, |admitted| {
                Duration::from_secs(admitted.as_secs() + 1)
            }),
            Counting::TokenBucket => self.admit_from_bucket(limit, now),
        }
    }

    /// Both kinds of windows: they differ only in when a request stops counting.
    fn admit_by(
        &mut self,
        limit: RateLimit,
        now: Duration,
        counts_until: impl Fn(Duration) -> Duration,
    ) -> Result<(), Duration> {
        // A future entry was admitted before the clock was set back, and must not lock the tenant
        // out.
        self.admitted
            .retain(|&admitted| admitted <= now && now < counts_until(admitted));
        let budget = usize::try_from(limit.per_second.get()).unwrap_or(usize::MAX);
        match self.admitted.front() {
            Some(&oldest) if self.admitted.len() >= budget => {
                Err(counts_until(oldest).saturating_sub(now))
            }
            _ => {
                self.admitted.push_back(now);
                Ok(())
            }
        }
    }

    fn admit_from_bucket(&mut self, limit: RateLimit, now: Duration) -> Result<(), Duration> {
        let share = SECOND / limit.per_second.get();
        let spent = self.spent.saturating_sub(now.saturating_sub(self.as_of));
        self.spent = spent;
        self.as_of = now;
        match (spent + share).checked_sub(SECOND) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                self.spent = spent + share;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_000 + millis)
    }

    fn admitted(counting: Counting, moments: &[u64]) -> usize {
        let limit = RateLimit::new(NonZeroU32::new(10).unwrap(), counting);
        let mut budget = Budget::default();
        moments
            .iter()
            .filter(|&&millis| budget.admit(limit, at(millis)).is_ok())
            .count()
    }

    /// Ten requests fit into a second, an eleventh does not, with each way of counting.
    #[test]
    fn ten_a_second() {
        for counting in [
            Counting::SlidingWindow,
            Counting::FixedWindow,
            Counting::TokenBucket,
        ] {
            assert_eq!(admitted(counting, &[0; 11]), 10, "{counting:?}");
        }
    }

    /// A clock that is set back by an hour does not lock the tenant out for an hour.
    #[test]
    fn the_clock_may_be_set_back() {
        for counting in [
            Counting::SlidingWindow,
            Counting::FixedWindow,
            Counting::TokenBucket,
        ] {
            let moments = [&[3_600_000; 10][..], &[0, 1_500]].concat();
            assert!(admitted(counting, &moments) > 10, "{counting:?}");
        }
    }

    /// The three ways differ only across the boundary of a second.
    #[test]
    fn the_ways_differ() {
        let burst_before_and_after = [&[900; 10][..], &[1_000; 10][..]].concat();
        assert_eq!(
            admitted(Counting::SlidingWindow, &burst_before_and_after),
            10
        );
        assert_eq!(admitted(Counting::FixedWindow, &burst_before_and_after), 20);
        assert_eq!(admitted(Counting::TokenBucket, &burst_before_and_after), 11);
    }

    /// A request after exactly the returned wait is admitted, and a moment earlier it is not.
    #[test]
    fn the_wait_is_exact() {
        for counting in [
            Counting::SlidingWindow,
            Counting::FixedWindow,
            Counting::TokenBucket,
        ] {
            let limit = RateLimit::new(NonZeroU32::new(10).unwrap(), counting);
            let mut budget = Budget::default();
            for _ in 0..10 {
                budget.admit(limit, at(250)).unwrap();
            }
            let wait = budget.admit(limit, at(300)).unwrap_err();
            let early = wait.saturating_sub(Duration::from_millis(1));
            assert!(
                budget.admit(limit, at(300) + early).is_err(),
                "{counting:?}"
            );
            assert!(budget.admit(limit, at(300) + wait).is_ok(), "{counting:?}");
        }
    }
}

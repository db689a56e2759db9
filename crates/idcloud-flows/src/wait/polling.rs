//! When the next poll of a process is due.
//!
//! Must not be later than the documented delays, nor poll in step with other waits.

use std::time::Duration;

/// The least time between two polls.
const LEAST_GAP: Duration = Duration::from_secs(3);

/// The most of a gap that jitter may take away. More would cost a ninth poll within the first
/// minute.
const MAX_JITTER: f64 = 0.04;

/// When polls begin if notifications are expected: after the minute in which nearly every result
/// comes.
const AFTER_NOTIFICATIONS: Duration = Duration::from_secs(70);

/// How a wait learns of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Polling {
    /// By its own polls; notifications only make it faster.
    #[default]
    Alone,
    /// By notifications; its own polls only make up for lost ones.
    ///
    /// Off by default: a webhook that reaches another replica brings nothing to this one.
    BesideNotifications,
}

impl Polling {
    /// When to poll next, after a poll at `since_start`; both counted from the create.
    ///
    /// `fraction`, from 0 to 1, is the jitter: it only makes the poll earlier.
    pub(crate) fn next(self, since_start: Duration, fraction: f64) -> Duration {
        let next = since_start + pause(since_start, fraction);
        match self {
            Self::Alone => next,
            Self::BesideNotifications => next.max(shortened(AFTER_NOTIFICATIONS, fraction)),
        }
    }
}

/// The pause after the poll at `since_start`, counted from the create.
///
/// Polls fall at about 3, 6, 9, 13, 20, 30, 46 and 68 seconds: a result that comes after T is known
/// by T + 3 s or 1.5 T, whichever is later, and one that comes within a minute costs at most eight
/// polls.
fn pause(since_start: Duration, fraction: f64) -> Duration {
    shortened(LEAST_GAP.max(since_start / 2), fraction)
}

fn shortened(gap: Duration, fraction: f64) -> Duration {
    gap.mul_f64(1.0 - MAX_JITTER * fraction.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polls(fraction: impl Fn(u32) -> f64, until: Duration) -> Vec<Duration> {
        let mut polls = Vec::new();
        let mut now = Duration::ZERO;
        while now < until {
            now = Polling::Alone.next(now, fraction(u32::try_from(polls.len()).unwrap()));
            polls.push(now);
        }
        polls
    }

    #[test]
    fn without_jitter() {
        let seconds: Vec<_> = polls(|_| 0.0, Duration::from_secs(60))
            .iter()
            .map(|at| at.as_secs_f64().round())
            .collect();
        assert_eq!(seconds, [3.0, 6.0, 9.0, 14.0, 20.0, 30.0, 46.0, 68.0]);
    }

    /// The budget is respected: whatever the jitter, a result within a minute costs at most eight
    /// polls, and is known in time.
    #[test]
    fn known_in_time_and_cheap_whatever_the_jitter() {
        for seed in 0..200_u64 {
            let mut random = fastrand::Rng::with_seed(seed);
            let fractions: Vec<f64> = (0..20)
                .map(|_| if seed == 0 { 1.0 } else { random.f64() })
                .collect();
            for tenths in 1..=600_u64 {
                let result = Duration::from_millis(tenths * 100);
                let polls = polls(|at| fractions[at as usize], result);
                let known = *polls.last().unwrap();
                let bound = (result + Duration::from_secs(3)).max(result.mul_f64(1.5));
                assert!(known <= bound, "result {result:?} known at {known:?}");
                assert!(polls.len() <= 8, "{} polls for {result:?}", polls.len());
            }
        }
    }

    /// If notifications are expected, no poll falls into the first minute, and later polls make up
    /// for lost ones.
    #[test]
    fn beside_notifications() {
        for fraction in [0.0, 0.5, 1.0] {
            let next =
                |seconds| Polling::BesideNotifications.next(Duration::from_secs(seconds), fraction);
            assert!(next(0) > Duration::from_secs(60));
            assert_eq!(next(0), next(40));
            assert_eq!(
                next(70),
                Polling::Alone.next(Duration::from_secs(70), fraction)
            );
        }
    }
}

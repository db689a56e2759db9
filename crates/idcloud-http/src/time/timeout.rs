//! Waits for work until a point in time.
//!
//! Must not take a suspended program for a missing answer.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use crate::Clock;

/// The default timeout of one attempt.
pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// A timer that fires later than this belongs to a program that was suspended: it was stopped, or
/// its machine was paused.
const LATE: Duration = Duration::from_secs(1);
/// How much longer the work may take after a suspension. Data that arrived meanwhile is in the
/// sockets, and another task reads it.
const GRACE: Duration = Duration::from_secs(1);

/// Whether the program was suspended when a timer fired: the timer was `due`, and fires `now`, more
/// than a second later.
#[must_use]
pub fn was_stopped(due: Instant, now: Instant) -> bool {
    now.saturating_duration_since(due) > LATE
}

/// The extended end for work whose timer was due at `due` and fired at `now`; `None` if the program
/// was not suspended.
fn grace(due: Instant, now: Instant) -> Option<Instant> {
    was_stopped(due, now).then(|| now + GRACE)
}

/// The output of `work`, or `None` once `clock` has reached `deadline`.
///
/// Work that is ready wins over a deadline that has passed. If the program was suspended at the
/// deadline, the work gets a second more of running time.
///
/// The caller pins the work, so that futures do not grow by being passed down.
pub async fn within<F: Future + ?Sized>(
    clock: &dyn Clock,
    deadline: Instant,
    work: Pin<&mut F>,
) -> Option<F::Output> {
    race(clock, deadline, work, grace).await
}

/// The output of `work`, or `None` as soon as `clock` has reached `deadline`. For waits that depend
/// on this program only, and so need no grace.
pub(crate) async fn before<F: Future + ?Sized>(
    clock: &dyn Clock,
    deadline: Instant,
    work: Pin<&mut F>,
) -> Option<F::Output> {
    race(clock, deadline, work, |_, _| None).await
}

async fn race<F: Future + ?Sized>(
    clock: &dyn Clock,
    mut due: Instant,
    mut work: Pin<&mut F>,
    grace: impl Fn(Instant, Instant) -> Option<Instant>,
) -> Option<F::Output> {
    let mut sleep = None;
    poll_fn(|cx| {
        if let Poll::Ready(output) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        loop {
            // The timer is created only if the work has to wait.
            let timer = sleep.get_or_insert_with(|| clock.sleep_until(due));
            ready!(timer.as_mut().poll(cx));
            match grace(due, clock.instant()) {
                Some(later) => {
                    due = later;
                    sleep = None;
                }
                None => return Poll::Ready(None),
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Mutex;
    use std::time::SystemTime;

    use super::*;
    use crate::time::clock::{Sleep, SystemClock};

    /// A monotonic clock that jumps: what it shows is `ahead` of tokio's paused time.
    #[derive(Debug, Default)]
    struct Jumping {
        ahead: Mutex<Duration>,
    }

    impl Jumping {
        /// Suspends the program for `span`.
        fn stop(&self, span: Duration) {
            *self.ahead.lock().unwrap() += span;
        }
    }

    impl Clock for Jumping {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }

        fn instant(&self) -> Instant {
            SystemClock::new().instant() + *self.ahead.lock().unwrap()
        }

        fn sleep_until(&self, deadline: Instant) -> Sleep<'_> {
            Box::pin(async move {
                while self.instant() < deadline {
                    SystemClock::new().sleep(Duration::from_millis(10)).await;
                }
            })
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn only_a_late_timer_gives_grace() {
        let due = SystemClock::new().instant();
        assert_eq!(grace(due, due), None);
        assert_eq!(grace(due, due + LATE), None);
        let now = due + LATE + Duration::from_millis(1);
        assert_eq!(grace(due, now), Some(now + GRACE));
        // A clock that goes backwards is no reason to wait.
        assert_eq!(grace(due + SECOND, due), None);
    }

    /// No needless ambiguity: an answer that came during a suspension is received, even if the
    /// program is suspended again at once. An answer that does not come ends the wait.
    #[tokio::test(start_paused = true)]
    async fn what_came_while_the_program_was_stopped_is_heard() {
        for (answers_after, stops, heard) in [
            (Duration::from_millis(400), 1, true),
            (Duration::from_millis(1_500), 2, true),
            (Duration::from_millis(1_500), 1, false),
            (Duration::from_millis(400), 0, false),
        ] {
            let clock = Jumping::default();
            let began = clock.instant();
            let work = pin!(async {
                // Data that another task has read reaches this one some time after the program
                // resumes.
                SystemClock::new()
                    .sleep(Duration::from_millis(4_900) + answers_after)
                    .await;
            });
            let stopped = async {
                SystemClock::new().sleep(Duration::from_millis(4_900)).await;
                for _ in 0..stops {
                    clock.stop(30 * SECOND);
                    SystemClock::new().sleep(Duration::from_millis(900)).await;
                }
                std::future::pending::<()>().await;
            };
            let result = tokio::select! {
                result = within(&clock, began + 5 * SECOND, work) => result,
                () = stopped => unreachable!(),
            };
            assert_eq!(result.is_some(), heard, "{answers_after:?}, {stops} stops");
        }
    }

    /// A wait without an answer ends in time.
    #[tokio::test(start_paused = true)]
    async fn a_wait_without_grace_ends_at_once() {
        let clock = Jumping::default();
        let due = clock.instant() + SECOND;
        clock.stop(30 * SECOND);
        let now = clock.instant();
        let ended = before(&clock, due, pin!(std::future::pending::<()>())).await;
        assert_eq!((ended, clock.instant()), (None, now));
    }
}

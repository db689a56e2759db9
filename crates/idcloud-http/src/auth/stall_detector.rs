//! Detects a stalled leader: a future that other callers wait on and that its owner no longer
//! polls.
//!
//! Must not report a leader that is only waiting for a slow response.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use tokio::sync::Notify;

use crate::time::clock::Clock;

/// How long a woken future may take to be polled. A task that is alive takes microseconds.
const GRACE: Duration = Duration::from_secs(1);

/// Records when a future is woken and when it is polled.
///
/// A future that was woken and is not polled afterwards is stalled; one that waits for a response
/// is not woken.
#[derive(Debug, Default)]
pub(crate) struct StallDetector {
    state: Mutex<State>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// The task that polled last.
    waker: Option<Waker>,
    polls: u64,
    /// It was woken, and has not been polled since.
    is_woken: bool,
}

impl StallDetector {
    /// Runs `work` and watches it.
    pub(crate) async fn of<F: Future>(self: &Arc<Self>, work: F) -> F::Output {
        let waker = Waker::from(Arc::clone(self));
        let mut work = pin!(work);
        poll_fn(|cx| {
            self.polled(cx.waker());
            work.as_mut().poll(&mut Context::from_waker(&waker))
        })
        .await
    }

    /// Returns once the work was woken and has not been polled for [`GRACE`].
    pub(crate) async fn stalled(&self, clock: &dyn Clock) {
        loop {
            let mut woken = pin!(self.woken.notified());
            // Registered before the state is read, so that no wake-up in between is missed.
            woken.as_mut().enable();
            let since = self.woken_after();
            if since.is_none() {
                woken.await;
                continue;
            }
            clock.sleep(GRACE).await;
            if self.woken_after() == since {
                return;
            }
        }
    }

    /// The work is done, or its future was dropped.
    pub(crate) fn end(&self) {
        let waker = self.lock().waker.take();
        drop(waker);
    }

    /// The number of polls before it was woken, if it has not been polled since.
    fn woken_after(&self) -> Option<u64> {
        let state = self.lock();
        state.is_woken.then_some(state.polls)
    }

    fn polled(&self, waker: &Waker) {
        let waker = waker.clone();
        let mut state = self.lock();
        state.polls += 1;
        state.is_woken = false;
        let before = state.waker.replace(waker);
        drop(state);
        drop(before);
    }

    /// No foreign code runs under this lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for StallDetector {
    fn wake(self: Arc<Self>) {
        let mut state = self.lock();
        state.is_woken = true;
        let waker = state.waker.clone();
        drop(state);
        self.woken.notify_waiters();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;
    use crate::time::timeout::within;

    struct Unmoved;

    impl Wake for Unmoved {
        fn wake(self: Arc<Self>) {}
    }

    /// Whether the future has stalled by `after` from now.
    async fn has_stalled(detector: &StallDetector, after: Duration) -> bool {
        let clock = SystemClock::new();
        let limit = clock.instant() + after;
        let stalled = pin!(detector.stalled(&clock));
        within(&clock, limit, stalled).await.is_some()
    }

    /// A future that is woken again was polled in between: only one that stays woken for the whole
    /// time is stalled.
    #[tokio::test(start_paused = true)]
    async fn a_future_that_is_polled_again_has_not_stalled() {
        let clock = SystemClock::new();
        let detector = Arc::<StallDetector>::default();
        assert!(!has_stalled(&detector, GRACE * 9).await, "not woken yet");
        Arc::clone(&detector).wake();
        let stirs = async {
            for _ in 0..9 {
                clock.sleep(GRACE / 2).await;
                detector.polled(&Waker::from(Arc::new(Unmoved)));
                Arc::clone(&detector).wake();
            }
        };
        tokio::select! {
            () = detector.stalled(&clock) => panic!("it stirs"),
            () = stirs => {}
        }
        assert!(has_stalled(&detector, GRACE).await);
    }

    /// Finished work keeps no task alive.
    #[test]
    fn the_end_lets_go_of_who_polled() {
        let (detector, task) = (StallDetector::default(), Arc::new(Unmoved));
        detector.polled(&Waker::from(Arc::clone(&task)));
        assert_eq!(Arc::strong_count(&task), 2);
        detector.end();
        assert_eq!(Arc::strong_count(&task), 1);
    }
}

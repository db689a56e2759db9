//! Whether somebody whom others wait for is still being polled.
//! It must never take one who waits for a slow answer for one who was set aside.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::Clock;

/// How long one who was woken may take to be polled. A task that is alive takes microseconds.
const GRACE: Duration = Duration::from_secs(1);

/// Hears when a future is woken, and when it is polled.
///
/// A future that nobody polls any more, and that is not dropped, is told from one that waits: it is woken, and does not stir.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    state: Mutex<State>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Whoever polled last.
    waker: Option<Waker>,
    polls: u64,
    /// It was woken, and not polled since.
    is_woken: bool,
}

impl Pulse {
    /// Does `work`, with an ear on it.
    pub(crate) async fn of<F: Future>(self: &Arc<Self>, work: F) -> F::Output {
        let waker = Waker::from(Arc::clone(self));
        let mut work = pin!(work);
        poll_fn(|cx| {
            self.polled(cx.waker());
            work.as_mut().poll(&mut Context::from_waker(&waker))
        })
        .await
    }

    /// Returns once the work was woken and is not polled.
    pub(crate) async fn stopped(&self, clock: &dyn Clock) {
        loop {
            let mut woken = pin!(self.woken.notified());
            // In line before the look, so that no word in between is missed.
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

    /// The work is over, or nobody is left to do it.
    pub(crate) fn end(&self) {
        let waker = self.lock().waker.take();
        drop(waker);
    }

    /// After how many polls it was woken, where it was not polled since.
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

    /// No code of others runs under this lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Pulse {
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
    use crate::timeout::within;

    struct Unmoved;

    impl Wake for Unmoved {
        fn wake(self: Arc<Self>) {}
    }

    /// Whether the pulse has stopped by `after` from now.
    async fn has_stopped(pulse: &Pulse, after: Duration) -> bool {
        let clock = SystemClock::new();
        let limit = clock.instant() + after;
        let stopped = pin!(pulse.stopped(&clock));
        within(&clock, limit, stopped).await.is_some()
    }

    /// One that is woken again has stirred in between: only who stays woken for the whole time was set aside.
    #[tokio::test(start_paused = true)]
    async fn who_stirs_has_not_stopped() {
        let clock = SystemClock::new();
        let pulse = Arc::<Pulse>::default();
        assert!(!has_stopped(&pulse, GRACE * 9).await, "nobody was woken");
        Arc::clone(&pulse).wake();
        let stirs = async {
            for _ in 0..9 {
                clock.sleep(GRACE / 2).await;
                pulse.polled(&Waker::from(Arc::new(Unmoved)));
                Arc::clone(&pulse).wake();
            }
        };
        tokio::select! {
            () = pulse.stopped(&clock) => panic!("it stirs"),
            () = stirs => {}
        }
        assert!(has_stopped(&pulse, GRACE).await);
    }

    /// What is over keeps nobody's task alive.
    #[test]
    fn the_end_lets_go_of_who_polled() {
        let (pulse, task) = (Pulse::default(), Arc::new(Unmoved));
        pulse.polled(&Waker::from(Arc::clone(&task)));
        assert_eq!(Arc::strong_count(&task), 2);
        pulse.end();
        assert_eq!(Arc::strong_count(&task), 1);
    }
}

//! Who is being served, and whether anybody else is let in.
//!
//! Must not lose count: whoever leaves is counted out, by returning, by being dropped or by panicking.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use idcloud_http::Sleep;
use tokio::sync::Notify;

/// Counts submissions in and out.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    left: Notify,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    inside: usize,
}

/// One submission that was let in; counted out when dropped.
#[derive(Debug)]
#[must_use = "dropping it counts the submission out"]
pub(crate) struct InFlightGuard(Arc<Gate>);

impl Gate {
    /// Lets one submission in, unless the gate is closed.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<InFlightGuard> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        state.inside += 1;
        drop(state);
        Some(InFlightGuard(Arc::clone(self)))
    }

    /// Lets nobody in from now on.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }

    /// Waits until nobody is inside, at most until `end`, and says how many still are.
    pub(crate) async fn empty(&self, mut end: Sleep<'_>) -> usize {
        let mut over = false;
        loop {
            let mut left = pin!(self.left.notified());
            // Whoever leaves from here on is noticed.
            left.as_mut().enable();
            let inside = self.lock().inside;
            if inside == 0 || over {
                return inside;
            }
            over = poll_fn(|cx| match left.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(false),
                Poll::Pending => end.as_mut().poll(cx).map(|()| true),
            })
            .await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.0.lock().inside -= 1;
        self.0.left.notify_waiters();
    }
}

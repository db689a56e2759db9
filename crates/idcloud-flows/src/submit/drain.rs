//! Counts running submissions, and refuses new ones during a drain.
//!
//! Must not lose count: a submission is counted out when it returns, is dropped, or panics.
//!
//! Waits are not counted: a waiter holds nothing that was not paid for, and loses nothing by
//! stopping.

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

/// One running submission; counted out when dropped.
#[derive(Debug)]
#[must_use = "dropping it counts the submission out"]
pub(crate) struct InFlightGuard(Arc<Gate>);

impl Gate {
    /// Counts one submission in; `None` once the gate is closed.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<InFlightGuard> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        state.inside += 1;
        drop(state);
        Some(InFlightGuard(Arc::clone(self)))
    }

    /// Refuses every submission from now on.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }

    /// Waits until no submission runs, at most until `end`, and returns how many still run.
    pub(crate) async fn empty(&self, mut end: Sleep<'_>) -> usize {
        let mut over = false;
        loop {
            let mut left = pin!(self.left.notified());
            // Registered before the count is read, so that no exit after the read is missed.
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

//! An outcome that one caller publishes and many wait for.
//!
//! Must not keep a waiter waiting for a publisher that was dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A waiter's side. Waiters are woken in order of arrival; `tokio::sync::watch` wakes in random
/// order.
#[derive(Debug)]
pub(crate) struct Waiting<T>(Arc<Shared<T>>);

/// The publisher's side. Dropped without a value, it wakes every waiter with none.
#[derive(Debug)]
pub(crate) struct Publisher<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Notify,
}

#[derive(Debug)]
enum State<T> {
    OnItsWay,
    There(T),
    GivenUp,
}

/// A value that is still to come.
pub(crate) fn shared_outcome<T>() -> (Publisher<T>, Waiting<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State::OnItsWay),
        changed: Notify::new(),
    });
    (Publisher(Arc::clone(&shared)), Waiting(shared))
}

impl<T> Clone for Waiting<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone> Waiting<T> {
    /// The value once it is published; `None` once the publisher is gone.
    pub(crate) async fn wait(&self) -> Option<T> {
        loop {
            // Registered before the state is read, so that a change in between wakes this waiter.
            let mut changed = std::pin::pin!(self.0.changed.notified());
            changed.as_mut().enable();
            match &*self.0.lock() {
                State::OnItsWay => {}
                State::There(value) => return Some(value.clone()),
                State::GivenUp => return None,
            }
            changed.await;
        }
    }
}

impl<T> Publisher<T> {
    pub(crate) fn publish(self, value: T) {
        self.0.end(State::There(value));
    }
}

impl<T> Drop for Publisher<T> {
    fn drop(&mut self) {
        self.0.end(State::GivenUp);
    }
}

impl<T> Shared<T> {
    /// The first end counts.
    fn end(&self, end: State<T>) {
        let mut state = self.lock();
        if matches!(*state, State::OnItsWay) {
            *state = end;
            drop(state);
            self.changed.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Every change is one assignment: a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiters_are_woken_in_the_order_of_arrival() {
        let (publisher, waiting) = shared_outcome();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut herd = tokio::task::JoinSet::new();
        for number in 0..40 {
            let (waiting, order) = (waiting.clone(), Arc::clone(&order));
            herd.spawn(async move {
                let value = waiting.wait().await;
                order.lock().unwrap().push((number, value));
            });
        }
        tokio::task::yield_now().await;
        publisher.publish("here");
        herd.join_all().await;
        assert_eq!(waiting.wait().await, Some("here"));
        let order = order.lock().unwrap();
        assert!(
            order
                .iter()
                .copied()
                .eq((0..40).map(|number| (number, Some("here"))))
        );
    }

    #[tokio::test]
    async fn a_dropped_publisher_wakes_its_waiters() {
        let (publisher, waiting) = shared_outcome::<()>();
        let waiter = tokio::spawn({
            let waiting = waiting.clone();
            async move { waiting.wait().await }
        });
        tokio::task::yield_now().await;
        drop(publisher);
        assert_eq!(waiter.await.unwrap(), None);
        assert_eq!(waiting.wait().await, None);
    }
}

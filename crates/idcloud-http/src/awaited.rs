//! A value that one caller will bring and many wait for.
//! It must never keep anybody waiting for a caller who has gone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What is waited for. Whoever came first is woken first, so that a herd goes on in the order in which it came
/// (`tokio::sync::watch` wakes in an order drawn at random).
#[derive(Debug)]
pub(crate) struct Awaited<T>(Arc<Shared<T>>);

/// The one who brings it. Dropped without a value, it sends everybody away without one.
#[derive(Debug)]
pub(crate) struct Bringer<T>(Arc<Shared<T>>);

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
pub(crate) fn awaited<T>() -> (Bringer<T>, Awaited<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State::OnItsWay),
        changed: Notify::new(),
    });
    (Bringer(Arc::clone(&shared)), Awaited(shared))
}

impl<T> Clone for Awaited<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone> Awaited<T> {
    /// The value once it is there; nothing once it will never come.
    pub(crate) async fn come(&self) -> Option<T> {
        loop {
            // In line before the look, so that no word in between is missed.
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

impl<T> Bringer<T> {
    pub(crate) fn bring(self, value: T) {
        self.0.end(State::There(value));
    }
}

impl<T> Drop for Bringer<T> {
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
        // Every change is one assignment, so that whoever panicked left nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_herd_goes_on_in_the_order_in_which_it_came() {
        let (bringer, awaited) = awaited();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut herd = tokio::task::JoinSet::new();
        for number in 0..40 {
            let (awaited, order) = (awaited.clone(), Arc::clone(&order));
            herd.spawn(async move {
                let value = awaited.come().await;
                order.lock().unwrap().push((number, value));
            });
        }
        tokio::task::yield_now().await;
        bringer.bring("here");
        herd.join_all().await;
        assert_eq!(awaited.come().await, Some("here"));
        let order = order.lock().unwrap();
        assert!(
            order
                .iter()
                .copied()
                .eq((0..40).map(|number| (number, Some("here"))))
        );
    }

    #[tokio::test]
    async fn nobody_waits_for_a_caller_who_has_gone() {
        let (bringer, awaited) = awaited::<()>();
        let waiting = tokio::spawn({
            let awaited = awaited.clone();
            async move { awaited.come().await }
        });
        tokio::task::yield_now().await;
        drop(bringer);
        assert_eq!(waiting.await.unwrap(), None);
        assert_eq!(awaited.come().await, None);
    }
}

//! Routes notifications to the waits for their processes.
//!
//! Must not keep anything about an id that no wait is registered for, nor take a notification for a
//! result.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use idcloud_model::{Notification, ProcessId};

/// Passes notifications to the waits.
///
/// Cheap to clone; all clones, and all waits of the same [`IdCloud`](crate::IdCloud), share one
/// state. A notification makes each wait for its process poll once; its content is not trusted.
///
/// Each waited-for process has room for one hint. Further hints are dropped until the poll has
/// begun, and so are hints for processes without a wait: whatever strangers send, memory does not
/// grow, nothing blocks, and the endpoint can always accept. Dropped hints are counted; polls make
/// up for them.
#[derive(Clone, Default)]
pub struct Hints(Arc<Shared>);

/// The counters of hints, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HintsSnapshot {
    /// Processes that are waited for now.
    pub waiting: usize,
    /// Hints passed to a wait, so far.
    pub taken: u64,
    /// Hints dropped because the previous one is not followed yet, so far.
    pub dropped: u64,
    /// Hints for processes without a wait, so far.
    pub unknown: u64,
}

#[derive(Default)]
struct Shared {
    /// Keyed at random, so that strangers cannot choose ids with one hash.
    hasher: RandomState,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    places: BTreeMap<Place, Awaited>,
    placed: u64,
    taken: u64,
    dropped: u64,
    unknown: u64,
}

/// One wait for one process: the hash of the id, and the wait's number.
///
/// If two ids have one hash, a hint costs an extra poll and nothing else.
type Place = (u64, Ticket);

/// The number of one wait for one process. Never used twice.
pub(crate) type Ticket = u64;

struct Awaited {
    inbox: Arc<Mutex<Inbox>>,
    hinted: bool,
}

/// Hints on their way to one waiter.
#[derive(Default)]
struct Inbox {
    hinted: Vec<Place>,
    waker: Option<Waker>,
}

impl Hints {
    /// Wakes every wait for this process. Holds a lock for a moment, and never fails.
    pub fn notify(&self, notification: &Notification) {
        let hash = self.hash(notification.process_id());
        let mut state = self.lock();
        let State {
            places,
            taken,
            dropped,
            unknown,
            ..
        } = &mut *state;
        let mut wakers = Vec::new();
        let mut known = false;
        for (place, awaited) in places.range_mut((hash, Ticket::MIN)..=(hash, Ticket::MAX)) {
            known = true;
            if awaited.hinted {
                *dropped += 1;
                continue;
            }
            *taken += 1;
            awaited.hinted = true;
            let mut inbox = lock(&awaited.inbox);
            inbox.hinted.push(*place);
            wakers.extend(inbox.waker.take());
        }
        *unknown += u64::from(!known);
        drop(state);
        for waker in wakers {
            waker.wake();
        }
    }

    /// The counters now.
    #[must_use]
    pub fn snapshot(&self) -> HintsSnapshot {
        let state = self.lock();
        HintsSnapshot {
            waiting: state.places.len(),
            taken: state.taken,
            dropped: state.dropped,
            unknown: state.unknown,
        }
    }

    fn hash(&self, id: &ProcessId) -> u64 {
        self.0.hasher.hash_one(id)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }
}

/// No foreign code runs under these locks, so a poisoned state is still consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hints").field(&self.snapshot()).finish()
    }
}

/// One waiter's share of the hints.
pub(crate) struct Subscription {
    hints: Hints,
    inbox: Arc<Mutex<Inbox>>,
}

impl Subscription {
    pub(crate) fn new(hints: &Hints) -> Self {
        Self {
            hints: hints.clone(),
            inbox: Arc::default(),
        }
    }

    /// Registers a wait: hints for this process come here.
    pub(crate) fn add(&self, id: &ProcessId) -> Ticket {
        let hash = self.hints.hash(id);
        let mut state = self.hints.lock();
        let ticket = state.placed;
        state.placed += 1;
        let awaited = Awaited {
            inbox: Arc::clone(&self.inbox),
            hinted: false,
        };
        state.places.insert((hash, ticket), awaited);
        ticket
    }

    /// Removes a wait.
    pub(crate) fn remove(&self, id: &ProcessId, ticket: Ticket) {
        let hash = self.hints.hash(id);
        self.hints.lock().places.remove(&(hash, ticket));
    }

    /// The waits that hints came for; `waker` is woken for the next.
    pub(crate) fn take(&self, waker: &Waker) -> Vec<Ticket> {
        let hinted = {
            let mut inbox = lock(&self.inbox);
            if inbox.hinted.is_empty() {
                inbox
                    .waker
                    .get_or_insert_with(|| waker.clone())
                    .clone_from(waker);
                return Vec::new();
            }
            std::mem::take(&mut inbox.hinted)
        };
        let mut state = self.hints.lock();
        for place in &hinted {
            if let Some(awaited) = state.places.get_mut(place) {
                awaited.hinted = false;
            }
        }
        hinted.into_iter().map(|(_, ticket)| ticket).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> ProcessId {
        format!("80371b2a-3ac7-432e-866d-{number:012x}")
            .parse()
            .unwrap()
    }

    fn notice(number: u32) -> Notification {
        let json = format!(
            r#"{{"processId":"{}"}}"#,
            id(number).as_str().to_uppercase()
        );
        Notification::from_json(json.as_bytes()).unwrap()
    }

    /// A hint reaches each wait for its process, once, and no other.
    #[test]
    fn hints_reach_who_waits() {
        let hints = Hints::default();
        let (one, two) = (Subscription::new(&hints), Subscription::new(&hints));
        let (a, b, c) = (one.add(&id(1)), one.add(&id(2)), two.add(&id(1)));
        for _ in 0..5 {
            hints.notify(&notice(1));
        }
        assert_eq!(one.take(Waker::noop()), [a]);
        assert_eq!(two.take(Waker::noop()), [c]);
        assert!(one.take(Waker::noop()).is_empty());
        // A wait whose hint was taken has room again.
        hints.notify(&notice(1));
        hints.notify(&notice(2));
        assert_eq!(one.take(Waker::noop()), [a, b]);
        let snapshot = hints.snapshot();
        assert_eq!(
            (snapshot.taken, snapshot.dropped, snapshot.unknown),
            (5, 8, 0)
        );
    }

    /// Notifications for unknown ids leave nothing behind.
    #[test]
    fn unknown_ids_leave_nothing() {
        let hints = Hints::default();
        let one = Subscription::new(&hints);
        let ticket = one.add(&id(1));
        for number in 2..10_002 {
            hints.notify(&notice(number));
        }
        assert!(one.take(Waker::noop()).is_empty());
        one.remove(&id(1), ticket);
        hints.notify(&notice(1));
        assert!(one.take(Waker::noop()).is_empty());
        let snapshot = hints.snapshot();
        assert_eq!((snapshot.waiting, snapshot.unknown), (0, 10_001));
    }
}

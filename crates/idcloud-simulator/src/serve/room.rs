//! The open connections: the stage of each, and which one is closed when there are too many.
//!
//! Must not close a connection whose request is being answered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use idcloud_http::{Clock as _, SystemClock};
use tokio::sync::{Notify, watch};

/// The stage of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// It is idle, or a TLS handshake or a request's head is arriving.
    Head,
    /// A request's body is arriving.
    Body,
    /// A request is being answered.
    Answer,
}

#[derive(Clone, Copy)]
struct State {
    stage: Stage,
    /// Orders the stages of all connections by their start.
    since: u64,
    /// The connection is asked to close, unless the client continues first.
    leaving: bool,
}

/// All open connections.
#[derive(Default)]
pub(super) struct Room {
    places: Mutex<HashMap<u64, Arc<watch::Sender<State>>>>,
    count: AtomicU64,
    /// Notified when a connection's stage has changed: there may be one to close now.
    changed: Notify,
}

/// The entry of one connection, removed on drop.
pub(super) struct Place {
    room: Arc<Room>,
    number: u64,
    state: Arc<watch::Sender<State>>,
}

/// One request, from its head to the last byte of its answer.
pub(super) struct Turn(Arc<Place>);

impl Room {
    /// Adds a new connection.
    pub(super) fn enter(self: &Arc<Self>) -> Arc<Place> {
        let number = self.next();
        let state = Arc::new(watch::Sender::new(State {
            stage: Stage::Head,
            since: number,
            leaving: false,
        }));
        self.places().insert(number, Arc::clone(&state));
        Arc::new(Place {
            room: Arc::clone(self),
            number,
            state,
        })
    }

    /// Asks the connection to close that has been without a complete request for longest: idle ones
    /// and incomplete heads first, then incomplete bodies. Returns false if there is none.
    pub(super) fn close_one(&self) -> bool {
        let places = self.places();
        let longest = places
            .values()
            .map(|place| (*place.borrow(), place))
            .filter(|(state, _)| state.stage != Stage::Answer && !state.leaving)
            .min_by_key(|(state, _)| (state.stage, state.since));
        if let Some((_, place)) = longest {
            place.send_modify(State::close);
        }
        longest.is_some()
    }

    /// Asks every connection without a complete request to close.
    pub(super) fn close_unfinished(&self) {
        for place in self.places().values() {
            place.send_modify(State::close);
        }
    }

    /// Returns once a connection has changed its stage since the last call.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    fn places(&self) -> MutexGuard<'_, HashMap<u64, Arc<watch::Sender<State>>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn close(&mut self) {
        self.leaving = self.stage != Stage::Answer;
    }
}

impl Place {
    /// The TLS handshake is done: the timeout of the first head starts.
    #[cfg(feature = "tls")]
    pub(super) fn ready(&self) {
        self.enter(Stage::Head);
    }

    /// A request's head has arrived.
    pub(super) fn begin(self: &Arc<Self>) -> Turn {
        self.enter(Stage::Body);
        Turn(Arc::clone(self))
    }

    /// Returns when the connection has to close: it was asked to, or its handshake or head took
    /// longer than `patience`, in real time.
    pub(super) async fn over(&self, patience: Duration) {
        let real = SystemClock::new();
        let mut state = self.state.subscribe();
        loop {
            let State { stage, leaving, .. } = *state.borrow_and_update();
            if leaving {
                return;
            }
            tokio::select! {
                biased;
                // The sender lives as long as this place.
                _ = state.changed() => {}
                () = real.sleep(patience), if stage == Stage::Head => return,
            }
        }
    }

    /// A new stage cancels a request to close: the client has continued in the meantime.
    fn enter(&self, stage: Stage) {
        self.state.send_replace(State {
            stage,
            since: self.room.next(),
            leaving: false,
        });
        self.room.changed.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.places().remove(&self.number);
    }
}

impl Turn {
    /// The request is complete.
    pub(super) fn answering(&self) {
        self.0.enter(Stage::Answer);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.enter(Stage::Head);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_leaving(place: &Place) -> bool {
        place.state.borrow().leaving
    }

    /// The oldest idle connection is closed first, then the oldest incomplete body, and never one
    /// that is being answered.
    #[test]
    fn those_without_a_request_go_first() {
        let room = Arc::new(Room::default());
        let (answered, body, first, second) =
            (room.enter(), room.enter(), room.enter(), room.enter());
        let turn = answered.begin();
        turn.answering();
        let _unfinished = body.begin();
        for expected in [[true, false, false], [true, true, false], [true; 3]] {
            assert!(room.close_one());
            assert_eq!([&first, &second, &body].map(|it| is_leaving(it)), expected);
        }
        assert!(!room.close_one());
        assert!(!is_leaving(&answered));
        drop(turn);
        assert!(room.close_one() && is_leaving(&answered));
    }

    /// A request that arrives before the connection was closed is still answered.
    #[tokio::test(start_paused = true)]
    async fn going_on_takes_the_request_to_close_back() {
        let room = Arc::new(Room::default());
        let place = room.enter();
        room.close_unfinished();
        let turn = place.begin();
        turn.answering();
        room.close_unfinished();
        let (real, day) = (SystemClock::new(), Duration::from_secs(24 * 3_600));
        tokio::select! {
            () = place.over(Duration::from_secs(30)) => panic!("closed while it was answered"),
            () = real.sleep(day) => {}
        }
        drop(turn);
        place.over(Duration::from_secs(30)).await;
    }
}

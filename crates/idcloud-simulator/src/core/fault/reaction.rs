//! What the simulator does about one request.
//!
//! Must not do it itself: whoever drives the core sends the answer and keeps the appointments.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

/// The answer to one request, how it is to be delivered, and what follows from it later.
#[derive(Debug)]
#[non_exhaustive]
#[must_use]
pub struct Reaction {
    /// The answer, ready to be sent, if [`effect`](Self::effect) lets it leave.
    pub response: http::Response<Bytes>,
    /// How much later than the request it leaves, or whatever happens in its place.
    pub delay: Duration,
    /// What happens on the connection.
    pub effect: Effect,
    /// What will happen to the process that the request created, in order of time.
    ///
    /// A lookup sees these changes by itself when their time has come; the list is for whoever has to tell others.
    pub events: Vec<ScheduledEvent>,
}

/// What happens on a connection. Whether the request was processed is in the [`Ledger`](crate::Ledger), not here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The answer leaves whole. Of a connection: it is accepted.
    #[default]
    Answer,
    /// There is no connection: nothing of the request was read.
    Refuse {
        /// For how long nobody is let in.
        lasts: Duration,
    },
    /// The connection is reset before the request's body is read.
    ResetBeforeBody,
    /// The connection is reset when the whole request has been read.
    ResetAfterBody,
    /// The answer's head and `after` bytes of its body leave, then the connection is reset.
    ResetInAnswer {
        /// How many bytes of the body leave; fewer than it has.
        after: usize,
    },
    /// Nothing leaves, and the connection stays open.
    Hang,
}

/// A process changes its status at a known moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduledEvent {
    /// When it happens.
    pub due: SystemTime,
    /// To which process.
    pub process_id: String,
    /// The status that it then has: 2, 3, 4 or 5.
    pub status: i64,
}

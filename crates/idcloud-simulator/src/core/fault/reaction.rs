//! The simulator's reaction to one request.
//!
//! Must not perform it: the program that drives the core sends the answer and delivers the events.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

/// The answer to one request, how to deliver it, and its later consequences.
#[derive(Debug)]
#[non_exhaustive]
#[must_use]
pub struct Reaction {
    /// The answer to send, if [`effect`](Self::effect) allows it.
    pub response: http::Response<Bytes>,
    /// How long after the request the answer, or the effect in its place, happens.
    pub delay: Duration,
    /// What happens to the connection.
    pub effect: Effect,
    /// The later changes of the process that the request created, in order of time.
    ///
    /// A lookup shows these changes by itself once they are due; the list is for programs that
    /// notify others.
    pub events: Vec<ScheduledEvent>,
}

/// What happens to a connection. Whether the request was processed is in the
/// [`Ledger`](crate::Ledger), not here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The answer is sent completely. For a connection: it is accepted.
    #[default]
    Answer,
    /// The connection is refused: nothing of the request was read.
    Refuse {
        /// How long connections are refused.
        lasts: Duration,
    },
    /// The connection is reset before the request's body is read.
    ResetBeforeBody,
    /// The connection is reset after the whole request was read.
    ResetAfterBody,
    /// The answer's head and `after` bytes of its body are sent, then the connection is reset.
    ResetInAnswer {
        /// How many bytes of the body are sent; fewer than it has.
        after: usize,
    },
    /// Nothing is sent, and the connection stays open.
    Hang,
}

/// A change of a process's status at a known time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduledEvent {
    /// When it happens.
    pub due: SystemTime,
    /// The process.
    pub process_id: String,
    /// Its status from then on: 2, 3, 4 or 5.
    pub status: i64,
}

//! What the simulator does about one request.
//! Never does it itself: whoever drives the core sends the answer and keeps the appointments.

use std::time::SystemTime;

use bytes::Bytes;

/// The answer to one request, and what follows from it later.
#[derive(Debug)]
#[non_exhaustive]
#[must_use]
pub struct Reaction {
    /// The answer, ready to be sent.
    pub response: http::Response<Bytes>,
    /// What will happen to the process that the request created, in order of time.
    ///
    /// A lookup sees these changes by itself when their time has come; the list is for whoever has to tell others.
    pub events: Vec<ScheduledEvent>,
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

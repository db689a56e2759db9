//! Why a transport brought no answer, in kinds that say what each one proves.
//!
//! Must not carry a URL, a header or a body in its text.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;

use crate::{BoxError, Obstacle};

/// The transport's failure, and what it proves about delivery.
///
/// The retry policy repeats a billable create only after [`Connect`](Self::Connect),
/// [`NotSent`](Self::NotSent) and [`InvalidRequest`](Self::InvalidRequest)-like proofs; an
/// implementation of [`Transport`](crate::Transport) must not use those when a byte may have been
/// sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection could be made: DNS, TCP, TLS handshake or a proxy's `CONNECT`. Proves that no
    /// byte of the request left this machine. Any operation may be repeated.
    Connect,
    /// A connection existed, and the request was provably not written to it, for instance because
    /// an idle connection had been closed before the first byte.
    /// Proves that no byte of the request left. Any operation may be repeated.
    NotSent,
    /// No answer came in time, and bytes may have left.
    /// Proves nothing: IDCloud may have run the request. A create is not repeated.
    Timeout,
    /// The connection broke once a byte may have left, and before the answer's head was read.
    /// Proves nothing: IDCloud may have run the request. A create is not repeated.
    Interrupted,
    /// The answer's head arrived and its body did not arrive whole.
    /// Proves that the request arrived. With a 2xx status a create probably ran; hand over
    /// [what arrived](TransportError::with_part), or its id is lost.
    TruncatedAnswer,
    /// The answer's body is larger than the caller accepts; the rest was not read.
    /// Proves that the request arrived. With a 2xx status a create probably ran; hand over
    /// [what arrived](TransportError::with_part).
    AnswerTooLarge,
    /// The request cannot be written as HTTP, or breaks a rule of the transport (plain http to a
    /// host that is not this machine).
    /// Proves that nothing was sent. Repeating it would fail in the same way.
    InvalidRequest,
}

impl TransportErrorKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Connect,
        Self::NotSent,
        Self::Timeout,
        Self::Interrupted,
        Self::TruncatedAnswer,
        Self::AnswerTooLarge,
        Self::InvalidRequest,
    ];

    /// The kind's stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::NotSent => "not-sent",
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
            Self::TruncatedAnswer => "truncated-answer",
            Self::AnswerTooLarge => "answer-too-large",
            Self::InvalidRequest => "invalid-request",
        }
    }

    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Connect => "could not connect; nothing was sent",
            Self::NotSent => "the connection was closed before the request was sent",
            Self::Timeout => "no answer in time; the request may have arrived",
            Self::Interrupted => "the connection broke; the request may have arrived",
            Self::TruncatedAnswer => "the answer broke off",
            Self::AnswerTooLarge => "the answer is larger than accepted",
            Self::InvalidRequest => "the request cannot be sent as it is",
        }
    }
}

/// Why a transport brought no answer.
///
/// `Display` is one line and never prints the cause, which [`source`](std::error::Error::source)
/// gives.
pub struct TransportError {
    kind: TransportErrorKind,
    status: Option<http::StatusCode>,
    headers: Option<Box<HeaderMap>>,
    part: Bytes,
    obstacle: Option<Obstacle>,
    source: Option<BoxError>,
}

impl TransportError {
    /// An error of this kind, without a cause.
    #[must_use]
    pub const fn new(kind: TransportErrorKind) -> Self {
        Self {
            kind,
            status: None,
            headers: None,
            part: Bytes::new(),
            obstacle: None,
            source: None,
        }
    }

    /// The same error with its cause. The cause's text must not hold a URL, a header or a body.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error with the status of an answer whose body did not arrive whole.
    #[must_use]
    pub const fn with_status(mut self, status: http::StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// The same error with the headers of an answer whose body did not arrive whole: `Retry-After`,
    /// `Date` and a simulator's mark count as in any answer. They are shown nowhere.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = Some(Box::new(headers));
        self
    }

    /// The same error with the part of the answer's body that arrived. The process's id may be in
    /// it. It is shown nowhere.
    #[must_use]
    pub fn with_part(mut self, part: Bytes) -> Self {
        self.part = part;
        self
    }

    /// The same error with the obstacle that prevented the connection.
    #[must_use]
    pub fn with_obstacle(mut self, obstacle: Option<Obstacle>) -> Self {
        self.obstacle = obstacle;
        self
    }

    /// The headers of the answer whose body did not arrive whole.
    pub(crate) fn take_headers(&mut self) -> HeaderMap {
        self.headers
            .take()
            .map_or_else(HeaderMap::new, |headers| *headers)
    }

    /// The received part of the answer's body, for a transport that wraps another one.
    #[must_use]
    pub const fn part(&self) -> &Bytes {
        &self.part
    }

    /// The received part of the answer's body.
    pub(crate) fn take_part(&mut self) -> Bytes {
        std::mem::take(&mut self.part)
    }

    /// The obstacle that prevented the connection, if it is known.
    #[must_use]
    pub const fn obstacle(&self) -> Option<Obstacle> {
        self.obstacle
    }

    /// The failure, and what it proves.
    #[must_use]
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// The answer's status, if its head had arrived.
    #[must_use]
    pub const fn status(&self) -> Option<http::StatusCode> {
        self.status
    }
}

impl From<TransportErrorKind> for TransportError {
    fn from(kind: TransportErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.message())
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("kind", &self.kind)
            .field("status", &self.status.map(|status| status.as_u16()))
            .finish_non_exhaustive()
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

//! The interface between this crate and an HTTP client: one request in, one answer out.
//!
//! Must not repeat a request, follow a redirect, or log a header or a body.

pub(crate) mod before_dispatch;
pub(crate) mod departure;
pub(crate) mod error;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest;
pub(crate) mod wipe;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::transport::departure::Departure;
use crate::{Operation, TransportError};

/// What a transport may know about its call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallContext {
    /// The operation, for metrics and for choosing limits.
    pub operation: Operation,
    /// Which attempt of the call this is, counted from 1.
    pub attempt: u32,
    /// How long the caller will wait. The caller drops the future afterwards, so a transport need
    /// not enforce it.
    pub timeout: Duration,
    /// The most bytes of answer body the caller accepts. A transport stops reading beyond it and
    /// reports [`AnswerTooLarge`](crate::TransportErrorKind::AnswerTooLarge).
    pub max_answer_bytes: usize,
    departure: Departure,
}

impl CallContext {
    /// 1 MiB: an answer about a process is a few hundred bytes.
    pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;
    /// 16 MiB: the content of a document can be long.
    pub const MAX_DOCUMENT_ANSWER_BYTES: usize = 16 * 1024 * 1024;

    /// The context of one attempt, with the operation's usual limit on the answer's size.
    #[must_use]
    pub const fn new(operation: Operation, attempt: u32, timeout: Duration) -> Self {
        let max_answer_bytes = match operation {
            Operation::ReusableDocuments => Self::MAX_DOCUMENT_ANSWER_BYTES,
            _ => Self::MAX_ANSWER_BYTES,
        };
        Self {
            operation,
            attempt,
            timeout,
            max_answer_bytes,
            departure: Departure::unheard(),
        }
    }

    /// The same context with another limit, in bytes, on the answer's body.
    #[must_use]
    pub const fn with_max_answer_bytes(mut self, limit: usize) -> Self {
        self.max_answer_bytes = limit;
        self
    }

    /// Adds the caller's hook for when the request is sent.
    pub(crate) fn with_departure(self, departure: Departure) -> Self {
        Self { departure, ..self }
    }

    /// Takes over reporting when the request is sent. For a transport that knows when a connection
    /// takes the request: a caller that drops the call before then leaves no doubt.
    ///
    /// Take it before the first await, call [`now`](Departure::now) before the first byte can be
    /// sent, and always call it: a request that was sent unreported may be paid for twice. Without
    /// it, a request counts as sent once [`send`](Transport::send) was first polled.
    pub fn take_departure(&self) -> Departure {
        self.departure.taken()
    }
}

/// Carries one request and returns one answer.
///
/// Any HTTP status is `Ok`: the retry policy decides what a status means. An implementation sends
/// the request at most once, follows no redirect, adds no retry, and reports a failure with the
/// kind that it can *prove* (see [`TransportErrorKind`](crate::TransportErrorKind)): in doubt it
/// says that bytes may have been sent, because the opposite claim makes the caller send a billable
/// request again.
///
/// The future may be dropped at any time. Dropping it does not prove that nothing was sent, unless
/// the transport took the [departure](CallContext::take_departure) and did not report it.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request` once and returns the whole answer.
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for std::sync::Arc<T> {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        (**self).send(request, context).await
    }
}

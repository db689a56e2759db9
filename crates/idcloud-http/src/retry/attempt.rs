//! One request: sent, timed, and its answer read for the retry policy.
//!
//! Must not decide what happens next.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use idcloud_model::{ErrorAnswer, ErrorCode, ProcessId};

use crate::BoxError;
use crate::Obstacle;
use crate::operation::OperationKind;
use crate::retry::policy::{Answered, Outcome};
use crate::time::clock::{Clock, later};
use crate::time::timeout::within;
use crate::transport::departure::Departure;
use crate::transport::error::{TransportError, TransportErrorKind};
use crate::transport::wipe::wipe;
use crate::transport::{CallContext, Transport};

/// `Accept-Encoding` of every request. Without the header a server may compress its answers (RFC
/// 9110, 12.5.3).
pub(crate) const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// How one request ended.
pub(crate) enum SendResult {
    Answer(Response<Bytes>),
    Failed(TransportError),
    TimedOut,
}

/// Sends one request and waits for its answer, for at most the context's timeout.
pub(crate) async fn send(
    transport: &dyn Transport,
    clock: &dyn Clock,
    request: http::Request<Bytes>,
    context: CallContext,
    departure: &Departure,
) -> SendResult {
    let deadline = later(clock.instant(), context.timeout);
    let mut work = transport.send(request, context.with_departure(departure.clone()));
    let work = pin!(departure.around(work.as_mut()));
    match within(clock, deadline, work).await {
        Some(Ok(answer)) => SendResult::Answer(answer),
        Some(Err(error)) => SendResult::Failed(error),
        None => SendResult::TimedOut,
    }
}

/// The result of one request, in the retry policy's terms and with the details that errors carry.
pub(crate) struct AttemptResult<T> {
    pub(crate) value: Option<T>,
    pub(crate) headers: HeaderMap,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) process_id: Option<ProcessId>,
    pub(crate) source: Option<BoxError>,
    /// Why the answer is unusable, or why none came, as a clause.
    pub(crate) detail: Option<&'static str>,
    /// The obstacle that answered in IDCloud's place, or prevented the connection.
    pub(crate) obstacle: Option<Obstacle>,
    failed: Option<TransportErrorKind>,
}

impl<T> AttemptResult<T> {
    /// Interprets `sent`; `decode` reads the body of an answer that may be usable.
    pub(crate) fn of(
        kind: OperationKind,
        sent: SendResult,
        decode: impl FnOnce(StatusCode, &Bytes) -> Result<T, &'static str>,
    ) -> Self {
        let mut reading = Self {
            value: None,
            headers: HeaderMap::new(),
            status: None,
            code: None,
            process_id: None,
            source: None,
            detail: None,
            obstacle: None,
            failed: None,
        };
        match sent {
            SendResult::TimedOut => reading.detail = Some("no answer came in time"),
            SendResult::Failed(mut error) => {
                reading.status = error.status().map(|status| status.as_u16());
                reading.failed = Some(error.kind());
                reading.detail = Some(error.kind().message());
                reading.obstacle = error.obstacle();
                reading.headers = error.take_headers();
                let part = error.take_part();
                if let Some(status) = error.status() {
                    let _ = reading.search(status, &part);
                }
                wipe(part);
                reading.source = Some(error.into());
            }
            SendResult::Answer(answer) => reading.read(kind, answer, decode),
        }
        reading
    }

    fn read(
        &mut self,
        kind: OperationKind,
        answer: Response<Bytes>,
        decode: impl FnOnce(StatusCode, &Bytes) -> Result<T, &'static str>,
    ) {
        let (head, body) = answer.into_parts();
        self.status = Some(head.status.as_u16());
        self.headers = head.headers;
        if head.status.is_success() || head.status == StatusCode::GONE {
            match decode(head.status, &body) {
                Ok(value) => {
                    if head.status == StatusCode::GONE {
                        // For a create this is no usable answer, and the error names the process.
                        let _ = self.search(head.status, &body);
                    }
                    self.value = Some(value);
                    wipe(body);
                    return;
                }
                Err(wrong) => self.detail = Some(wrong),
            }
        }
        let answer = self.search(head.status, &body);
        self.obstacle = Obstacle::that_answered(head.status, self.code.is_some(), &body);
        if kind == OperationKind::Token && self.obstacle.is_none() {
            self.obstacle = Obstacle::that_refused_a_token(head.status, &body, &answer);
            if self.obstacle.is_some() {
                self.code = None;
            }
        }
        wipe(body);
    }

    /// Looks for a code and a process in an answer that is not usable, or in the received part of
    /// one.
    fn search(&mut self, status: StatusCode, body: &[u8]) -> ErrorAnswer {
        let answer = ErrorAnswer::from_body(body);
        self.code = answer.code().cloned();
        self.process_id = if status.is_success() {
            ProcessId::in_part(body)
        } else {
            ProcessId::named_by(body)
        };
        answer
    }

    /// The outcome, in the retry policy's terms.
    pub(crate) fn outcome(&self) -> Outcome<'_> {
        match (self.failed, self.status) {
            // A status that refuses is valid even if the rest of the answer did not arrive.
            (
                Some(TransportErrorKind::TruncatedAnswer | TransportErrorKind::AnswerTooLarge)
                | None,
                Some(status),
            ) => Outcome::Answered(Answered {
                status,
                code: self.code.as_ref().map(ErrorCode::as_str),
                usable: self.value.is_some(),
                names_process: self.process_id.is_some(),
                foreign: self.obstacle.is_some(),
            }),
            (Some(kind), _) => Outcome::Failed(kind),
            (None, None) => Outcome::TimedOut,
        }
    }
}

/// The wait that an answer asks for.
pub(crate) fn asked_wait<T>(reading: &AttemptResult<T>, clock: &dyn Clock) -> Option<Duration> {
    crate::retry::backoff::retry_after(&reading.headers, clock.now())
}

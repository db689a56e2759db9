//! One request on its way: sent, timed, and its answer read for what the replay table needs.
//! It must never decide what happens next.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use idcloud_model::{ErrorAnswer, ErrorCode, Process, ProcessId};

use crate::BoxError;
use crate::clock::{Clock, later};
use crate::replay::{Answered, Outcome};
use crate::timeout::within;
use crate::transport::{CallContext, Transport};
use crate::transport_error::{TransportError, TransportErrorKind};

/// How one request ended.
pub(crate) enum Sent {
    Answer(Response<Bytes>),
    Failed(TransportError),
    TimedOut,
}

/// Sends one request and waits for its answer, no longer than the context's time.
pub(crate) async fn send(
    transport: &dyn Transport,
    clock: &dyn Clock,
    request: http::Request<Bytes>,
    context: CallContext,
) -> Sent {
    let deadline = later(clock.instant(), context.timeout);
    match within(clock, deadline, transport.send(request, context).as_mut()).await {
        Some(Ok(answer)) => Sent::Answer(answer),
        Some(Err(error)) => Sent::Failed(error),
        None => Sent::TimedOut,
    }
}

/// What came of one request, in the replay table's terms and with the details that errors carry.
pub(crate) struct Reading<T> {
    pub(crate) value: Option<T>,
    pub(crate) headers: HeaderMap,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) process_id: Option<ProcessId>,
    pub(crate) source: Option<BoxError>,
    /// What is wrong with the answer, or why none came, as a clause.
    pub(crate) detail: Option<&'static str>,
    failed: Option<TransportErrorKind>,
}

impl<T> Reading<T> {
    /// Reads what `sent` amounts to; `decode` reads the body of an answer that may be usable.
    pub(crate) fn of(
        sent: Sent,
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
            failed: None,
        };
        match sent {
            Sent::TimedOut => reading.detail = Some("no answer came in time"),
            Sent::Failed(error) => {
                reading.status = error.status().map(|status| status.as_u16());
                reading.failed = Some(error.kind());
                reading.detail = Some(error.kind().message());
                reading.source = Some(error.into());
            }
            Sent::Answer(answer) => reading.read(answer, decode),
        }
        reading
    }

    fn read(
        &mut self,
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
                        // For a create this is no answer, and the error names the process.
                        self.process_id = process_id(&body);
                    }
                    self.value = Some(value);
                    wipe(body);
                    return;
                }
                Err(wrong) => self.detail = Some(wrong),
            }
        }
        self.code = ErrorAnswer::from_body(&body).code().cloned();
        self.process_id = process_id(&body);
        wipe(body);
    }

    /// The outcome, in the replay table's terms.
    pub(crate) fn outcome(&self) -> Outcome<'_> {
        match (self.failed, self.status) {
            // A status that refuses stands, even when the rest of the answer did not arrive.
            (
                Some(TransportErrorKind::TruncatedAnswer | TransportErrorKind::AnswerTooLarge)
                | None,
                Some(status),
            ) => Outcome::Answered(Answered {
                status,
                code: self.code.as_ref().map(ErrorCode::as_str),
                usable: self.value.is_some(),
            }),
            (Some(kind), _) => Outcome::Failed(kind),
            (None, None) => Outcome::TimedOut,
        }
    }
}

fn process_id(body: &[u8]) -> Option<ProcessId> {
    let process = Process::from_json(body).ok()?;
    Some(process.id().clone())
}

/// Wipes an answer's body, which may hold a token or a person's data, where nobody shares it.
fn wipe(body: Bytes) {
    if let Ok(mut body) = body.try_into_mut() {
        body.fill(0);
        black_box(&*body);
    }
}

/// The wait that an answer asks for.
pub(crate) fn asked_wait<T>(reading: &Reading<T>, clock: &dyn Clock) -> Option<Duration> {
    crate::backoff::retry_after(&reading.headers, clock.now())
}

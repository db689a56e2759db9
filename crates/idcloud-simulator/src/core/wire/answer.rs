//! An answer before it becomes HTTP.
//!
//! Must not be sent without the mark that it is simulated.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Dialect;
use crate::core::fault::reaction::{Effect, Reaction, ScheduledEvent};
use crate::core::wire::error_catalogue::Refusal;
use crate::core::wire::rejection::Refused;
use crate::encoding::time_format::http_date;

/// Marks every answer of a simulator, so that a simulated verdict is not mistaken for a real one.
pub const SIMULATED_HEADER: HeaderName = HeaderName::from_static("idcloud-simulated");

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const TRUE: HeaderValue = HeaderValue::from_static("true");

/// Status, body and the few headers that differ between answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    body: Vec<u8>,
    header: Option<(HeaderName, HeaderValue)>,
    events: Vec<ScheduledEvent>,
}

impl Answer {
    /// An answer with `value` as its JSON body.
    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self {
                status,
                body,
                header: None,
                events: Vec::new(),
            },
            // Only a value that cannot be JSON fails, and the simulator has none.
            Err(_) => Self::refused(Refused::ByRule(Refusal::INTERNAL), Dialect::default()),
        }
    }

    /// Adds the events that follow this answer.
    pub(crate) fn with_events(mut self, events: Vec<ScheduledEvent>) -> Self {
        self.events = events;
        self
    }

    /// The answer as HTTP, given at `now`.
    pub(crate) fn into_reaction(self, now: SystemTime) -> Reaction {
        let mut response = Response::new(Bytes::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(SIMULATED_HEADER, TRUE);
        // Clients measure the difference between the clocks by it.
        if let Ok(date) = HeaderValue::try_from(http_date(now)) {
            headers.insert(DATE, date);
        }
        headers.extend(self.header);
        Reaction {
            response,
            delay: Duration::ZERO,
            effect: Effect::Answer,
            events: self.events,
        }
    }

    /// A refusal, in the envelope of `dialect`.
    pub(crate) fn refused(refused: Refused, dialect: Dialect) -> Self {
        let (status, body) = match refused {
            Refused::ByRule(refusal) => {
                let error = json!({ "code": refusal.code, "description": refusal.description });
                let body = match dialect {
                    Dialect::V2023 => json!({ "Error": error }),
                    _ => json!({ "error": error }),
                };
                (refusal.status, body)
            }
            Refused::ByIdentity(fault) => {
                let code = fault.code();
                let description = match dialect {
                    Dialect::V2026 => format!("Authentication failed ({code})"),
                    _ => format!("Falha na autenticação {code}"),
                };
                (
                    StatusCode::UNAUTHORIZED,
                    json!({ "error": "server_error", "error_description": description }),
                )
            }
            Refused::Conflict(why) => (StatusCode::CONFLICT, message(why)),
            Refused::BadForm(error) => (StatusCode::BAD_REQUEST, json!({ "error": error })),
            // A gateway's answer has no code, and its body is not published.
            Refused::TooManyRequests(_) => {
                (StatusCode::TOO_MANY_REQUESTS, message("Too many requests"))
            }
            Refused::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                message("Unsupported media type"),
            ),
            Refused::MethodNotAllowed(_) => (
                StatusCode::METHOD_NOT_ALLOWED,
                message("Method not allowed"),
            ),
            Refused::NoSuchPath => (StatusCode::NOT_FOUND, message("Not found")),
        };
        Self {
            status,
            body: body.to_string().into_bytes(),
            header: header_of(refused),
            events: Vec::new(),
        }
    }
}

fn header_of(refused: Refused) -> Option<(HeaderName, HeaderValue)> {
    match refused {
        Refused::TooManyRequests(wait) => {
            // Whole seconds, rounded up: a client that waits this long is admitted.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Some((RETRY_AFTER, seconds.max(1).into()))
        }
        Refused::MethodNotAllowed(allowed) => Some((ALLOW, HeaderValue::from_static(allowed))),
        _ => None,
    }
}

fn message(text: &'static str) -> Value {
    json!({ "message": text })
}

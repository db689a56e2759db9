//! An answer before it becomes HTTP.
//! Never leaves without saying that it is simulated.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::assertion::OAuthFault;
use super::reaction::{Reaction, ScheduledEvent};
use super::refusal::Refusal;

/// Marks every answer of a simulator, so that no simulated verdict passes for a real one.
pub const SIMULATED_HEADER: HeaderName = HeaderName::from_static("idcloud-simulated");

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const TRUE: HeaderValue = HeaderValue::from_static("true");

/// Status, body and the few headers that differ from answer to answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// IDCloud's code, where there is one: for the log.
    pub(crate) code: Option<&'static str>,
    body: Vec<u8>,
    header: Option<(HeaderName, HeaderValue)>,
    events: Vec<ScheduledEvent>,
}

impl Answer {
    /// `value` as JSON.
    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self {
                status,
                code: None,
                body,
                header: None,
                events: Vec::new(),
            },
            // Only a value that cannot be JSON at all comes here, and the simulator has none.
            Err(_) => Refusal::INTERNAL.into(),
        }
    }

    /// What will happen after this answer.
    pub(crate) fn with_events(mut self, events: Vec<ScheduledEvent>) -> Self {
        self.events = events;
        self
    }

    /// HTTP 429 with `Retry-After` in whole seconds, at least one. Its body is not published; the header is what counts.
    pub(crate) fn too_many_requests(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Self {
            header: Some((RETRY_AFTER, HeaderValue::from(seconds.max(1)))),
            ..Self::message(StatusCode::TOO_MANY_REQUESTS, "Too many requests")
        }
    }

    /// A path that exists, with a method that it does not take.
    pub(crate) fn method_not_allowed(allowed: &'static str) -> Self {
        Self {
            header: Some((ALLOW, HeaderValue::from_static(allowed))),
            ..Self::message(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
        }
    }

    /// An answer of the gateway, which knows no codes.
    pub(crate) fn message(status: StatusCode, message: &'static str) -> Self {
        Self::json(status, &json!({ "message": message }))
    }

    /// A form that is no token request, in the words of RFC 6749: the Authentication page lists no code for it.
    pub(crate) fn bad_form(error: &'static str) -> Self {
        Self::json(StatusCode::BAD_REQUEST, &json!({ "error": error }))
    }

    /// The answer as HTTP.
    pub(crate) fn into_reaction(self) -> Reaction {
        let mut response = Response::new(Bytes::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(SIMULATED_HEADER, TRUE);
        headers.extend(self.header);
        Reaction {
            response,
            events: self.events,
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let body = json!({
            "error": { "code": refusal.code, "description": refusal.description }
        });
        Self {
            status: refusal.status,
            code: Some(refusal.code),
            body: body.to_string().into_bytes(),
            header: None,
            events: Vec::new(),
        }
    }
}

impl From<OAuthFault> for Answer {
    fn from(fault: OAuthFault) -> Self {
        let body = json!({
            "error": "server_error",
            "error_description": format!("Falha na autenticação {}", fault.code()),
        });
        Self {
            code: Some(fault.code()),
            ..Self::json(StatusCode::UNAUTHORIZED, &body)
        }
    }
}

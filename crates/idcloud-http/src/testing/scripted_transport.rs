//! A transport that plays a script and records what it was given.
//!
//! Must not reach a network.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use tokio::time::Instant;

use crate::operation::{Operation, OperationKind};
use crate::transport::error::{TransportError, TransportErrorKind};
use crate::transport::{CallContext, Transport};

/// What the transport does with one request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step {
    /// Answers.
    Answer(http::Response<Bytes>),
    /// Fails.
    Fail(TransportErrorKind),
    /// Waits, then does something else.
    After(Duration, Box<Self>),
    /// Never ends.
    Hang,
    /// Panics, as the caller's code may.
    Panic,
}

impl Step {
    /// Whether the request reaches a connection.
    fn departs(&self) -> bool {
        match self {
            Self::Fail(kind) => !matches!(
                kind,
                TransportErrorKind::Connect
                    | TransportErrorKind::NotSent
                    | TransportErrorKind::InvalidRequest
            ),
            Self::After(_, next) => next.departs(),
            _ => true,
        }
    }

    /// Answers with a status and a JSON body.
    #[must_use]
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        let mut answer = http::Response::new(Bytes::from(body.into()));
        *answer.status_mut() =
            http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::IM_A_TEAPOT);
        Self::Answer(answer)
    }

    /// Answers with an access token that lives for `seconds`.
    #[must_use]
    pub fn token(secret: &str, seconds: u64) -> Self {
        let body = format!(
            r#"{{"access_token":"{secret}","expires_in":{seconds},"token_type":"Bearer"}}"#
        );
        Self::json(200, body)
    }

    /// Adds a header to the answer. Does nothing to other steps.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let (Self::Answer(answer), Ok(value)) = (&mut self, value.parse()) {
            answer.headers_mut().insert(name, value);
        }
        self
    }

    /// Waits before this step.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self::After(wait, Box::new(self))
    }
}

/// A request that was given to the transport.
#[derive(Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// What the request was for, and which attempt.
    pub context: CallContext,
    /// The method.
    pub method: Method,
    /// The address.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// A copy of the body.
    pub body: Vec<u8>,
    /// When it came.
    pub at: Instant,
}

impl Recorded {
    /// A header's value as text; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded")
            .field("context", &self.context)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// Plays a script: one list of steps for token exchanges, one for everything else.
///
/// At the end of a list its last *every* step is repeated. Without one, a token exchange is
/// answered with a token of its own, and any other call fails as an invalid request.
#[derive(Default)]
pub struct ScriptedTransport {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Script,
    tokens: Script,
    recorded: Vec<Recorded>,
    tokens_given: u64,
}

#[derive(Default)]
struct Script {
    steps: VecDeque<Step>,
    every: Option<Step>,
}

impl Script {
    fn next(&mut self) -> Option<Step> {
        self.steps.pop_front().or_else(|| self.every.clone())
    }
}

impl ScriptedTransport {
    /// An empty script.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a step for the next call.
    #[must_use]
    pub fn call(self, step: Step) -> Self {
        self.push_call(step);
        self
    }

    /// Plays `step` for every call that the script does not name.
    #[must_use]
    pub fn every_call(self, step: Step) -> Self {
        self.lock().calls.every = Some(step);
        self
    }

    /// Adds a step for the next token exchange.
    #[must_use]
    pub fn token(self, step: Step) -> Self {
        self.push_token(step);
        self
    }

    /// Plays `step` for every token exchange that the script does not name.
    #[must_use]
    pub fn every_token(self, step: Step) -> Self {
        self.lock().tokens.every = Some(step);
        self
    }

    /// Adds a step for the next call, while the script is played.
    pub fn push_call(&self, step: Step) {
        self.lock().calls.steps.push_back(step);
    }

    /// Adds a step for the next token exchange, while the script is played.
    pub fn push_token(&self, step: Step) {
        self.lock().tokens.steps.push_back(step);
    }

    /// Every request so far, token exchanges included.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.lock().recorded.clone()
    }

    /// Every request so far that was no token exchange.
    #[must_use]
    pub fn calls(&self) -> Vec<Recorded> {
        let mut recorded = self.requests();
        recorded.retain(|request| request.context.operation != Operation::Token);
        recorded
    }

    /// How many token exchanges there were.
    #[must_use]
    pub fn exchanges(&self) -> usize {
        self.lock()
            .recorded
            .iter()
            .filter(|request| request.context.operation == Operation::Token)
            .count()
    }

    fn record(&self, request: http::Request<Bytes>, context: CallContext) -> Step {
        let (head, body) = request.into_parts();
        let kind = context.operation.kind();
        let mut state = self.lock();
        state.recorded.push(Recorded {
            context,
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body: body.to_vec(),
            at: now(),
        });
        if kind == OperationKind::Token {
            let given = state.tokens_given;
            state.tokens_given += 1;
            return state
                .tokens
                .next()
                .unwrap_or_else(|| Step::token(&format!("token-{given}"), 3600));
        }
        state
            .calls
            .next()
            .unwrap_or(Step::Fail(TransportErrorKind::InvalidRequest))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a script runs on tokio's paused time"
)]
fn now() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a script runs on tokio's paused time"
)]
async fn pass(wait: Duration) {
    tokio::time::sleep(wait).await;
}

#[async_trait]
impl Transport for ScriptedTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let departure = context.take_departure();
        let mut step = self.record(request, context);
        if step.departs() {
            departure.now();
        }
        loop {
            step = match step {
                Step::Answer(answer) => return Ok(answer),
                Step::Fail(kind) => return Err(TransportError::new(kind)),
                Step::Hang => std::future::pending().await,
                Step::After(wait, next) => {
                    pass(wait).await;
                    *next
                }
                #[expect(clippy::panic, reason = "the script asks for it")]
                Step::Panic => panic!("the script panics"),
            };
        }
    }
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("ScriptedTransport")
            .field("requests", &state.recorded.len())
            .finish_non_exhaustive()
    }
}

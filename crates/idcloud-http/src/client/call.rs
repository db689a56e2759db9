//! One call from its admission to its answer: the fixed order of steps, and the retry loop.
//!
//! Must not decide by itself what may be repeated: `retry::policy` does.

use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use idcloud_model::ErrorCode;
use idcloud_model::request::CreateRequest;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::auth::access_token::AccessToken;
use crate::auth::active_account::ActiveAccount;
use crate::auth::exchange::ExchangeFailure;
use crate::auth::in_transit::InTransit;
use crate::auth::token_cache::NoToken;
use crate::budget::limiter::NoTurn;
use crate::budget::permit::Permit;
use crate::client::call_error;
use crate::client::options::CallOptions;
use crate::client::response::Answer;
use crate::client::shared::Shared;
use crate::client::span::CallSpan;
use crate::error::{Delivery, Error};
use crate::operation::{Operation, OperationKind};
use crate::retry::attempt::{AttemptResult, IDENTITY, SendResult, asked_wait, send};
use crate::retry::backoff;
use crate::retry::policy::{Action, Failure, RetryContext, classify, spoils_token};
use crate::time::clock::later;
use crate::time::timeout::within;
use crate::transport::CallContext;
use crate::transport::departure::Departure;
use crate::{ApiKey, BoxError};

/// The most requests that one call makes (IDCloud documentation, error codes page).
const MAX_ATTEMPTS: u32 = 5;
/// A token at most this old is not refreshed after error 30017: another one would be no better.
const JUST_FETCHED: Duration = Duration::from_secs(60);
/// How long after its create IDCloud may not know a process yet.
const JUST_CREATED: Duration = Duration::from_secs(30);

const API_KEY: HeaderName = HeaderName::from_static("apikey");
const SIMULATED: HeaderName = HeaderName::from_static("idcloud-simulated");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a call sends.
pub(crate) enum Payload<'a> {
    Create(&'a CreateRequest),
    Get,
}

/// One call.
pub(crate) struct Call<'a> {
    pub(crate) client: &'a Shared,
    pub(crate) operation: Operation,
    pub(crate) key: &'a ApiKey,
    pub(crate) target: &'a Uri,
    pub(crate) payload: Payload<'a>,
    pub(crate) options: &'a CallOptions,
    pub(crate) span: &'a CallSpan,
}

/// The state of a call across its attempts.
pub(crate) struct CallState {
    pub(crate) attempts: u32,
    pub(crate) deadline: Instant,
    /// The latest time to send an attempt: a later one would probably be cut off.
    send_by: Instant,
    /// The permit for a body in memory, until the body is assembled and holds it.
    room: Option<OwnedSemaphorePermit>,
    body: Option<Bytes>,
    refreshed: bool,
    /// An earlier answer had a code, which the span must not show beside a later status.
    coded: bool,
    /// An attempt may have run, and the caller's options allow another.
    pub(crate) ambiguous: bool,
    pub(crate) delivery: Delivery,
}

/// How the attempt before ended, and the wait that followed.
pub(crate) struct PreviousAttempt<T> {
    pub(crate) failure: Failure,
    pub(crate) reading: AttemptResult<T>,
    pub(crate) wait: Duration,
}

/// Why an attempt ended before its request was sent.
pub(crate) enum NotSent {
    Deadline,
    /// A create would be sent with too little time left for its answer.
    TooLate,
    NoToken(NoToken<ExchangeFailure>),
    Hook(BoxError),
    CannotBeSent,
    CaptureTokenExpired,
}

impl Call<'_> {
    /// Makes the call; `decode` reads the body of an answer that may be usable.
    pub(crate) async fn run<T>(
        &self,
        decode: impl Fn(StatusCode, &Bytes) -> Result<T, &'static str>,
    ) -> Result<Answer<T>, Error> {
        let kind = self.operation.kind();
        let began = self.client.clock.instant();
        // The deadline starts after this wait: the queue has a limit of its own.
        let turn = self.first_turn().await;
        let (mut permit, room) = turn.map_err(|no_turn| self.no_turn(no_turn))?;
        let start = self.client.clock.instant();
        self.span.queued(start - began);
        let mut state = CallState {
            attempts: 0,
            deadline: later(start, self.options.deadline()),
            send_by: later(
                start,
                self.options.deadline().saturating_sub(self.least_time()),
            ),
            room,
            body: None,
            refreshed: false,
            coded: false,
            ambiguous: false,
            delivery: Delivery::NotSent,
        };
        let mut earlier: Option<PreviousAttempt<T>> = None;
        loop {
            state.attempts += 1;
            self.span.attempt(state.attempts);
            // Read for each attempt: credentials may be replaced while the call waits.
            let credentials = self.client.credentials();
            let (token, sent) = match self.attempt(permit, &credentials, &mut state).await {
                Ok(done) => done,
                Err(not_sent) => return Err(self.not_sent(not_sent, earlier, &mut state)),
            };
            let mut reading = AttemptResult::of(kind, sent, &decode);
            state.delivery = call_error::delivery(state.delivery, kind, reading.outcome());
            let action = classify(kind, reading.outcome(), self.retry_context(&state, &token));
            let (status, code) = (reading.status, reading.code.as_ref());
            self.span
                .answered(status, code, state.coded, state.delivery);
            state.coded |= code.is_some();
            if spoils_token(code.map(ErrorCode::as_str))
                && !matches!(action, Action::RefreshToken(_))
            {
                // The answer does not allow a repetition (a create's 10700 is ambiguous), but the
                // next call needs another token.
                let now = self.client.clock.instant();
                let _ = credentials.tokens.reject(&token, code, now);
            }
            let (failure, wait) = match action {
                Action::Accept => match reading.value.take() {
                    Some(value) => return Ok(Self::accepted(value, &reading, &state)),
                    // Unreachable: only a usable answer is accepted, and it has a value.
                    None => return Err(self.failed(Failure::Unreadable, reading, None, &state)),
                },
                Action::Stop(failure) | Action::Reassert(failure) => {
                    return Err(self.failed(failure, reading, None, &state));
                }
                // `reject` refuses when a fresh token would not help: then the credentials are at
                // fault, and more exchanges would only spend the budget.
                Action::RefreshToken(failure) => {
                    let now = self.client.clock.instant();
                    if !credentials
                        .tokens
                        .reject(&token, reading.code.as_ref(), now)
                    {
                        return Err(self.failed(failure, reading, None, &state));
                    }
                    state.refreshed = true;
                    (failure, Duration::ZERO)
                }
                // From here on no later failure can prove that nothing ran.
                Action::Resend => {
                    state.ambiguous = true;
                    (Failure::Ambiguous, self.wait(&reading, state.attempts))
                }
                Action::Again(failure) => (failure, self.wait(&reading, state.attempts)),
            };
            // The budget is the tenant's, so a 429 holds every call, not only this one.
            if failure == Failure::RateLimited {
                self.client.limiter.pause(wait);
            }
            let resume = later(self.client.clock.instant(), wait);
            // Without time for another attempt the call ends now as its last attempt did, instead
            // of waiting first.
            if state.attempts >= MAX_ATTEMPTS || resume > state.send_by || resume >= state.deadline
            {
                return Err(self.failed(failure, reading, Some(wait), &state));
            }
            // Before the wait, so that a crash during it leaves a free reference and not an
            // ambiguous one. If it fails the call ends: a retraction that is recorded late could be
            // taken for one of the next request, which would look free while it is on the wire.
            if !self.retract_dispatch(&state).await {
                return Err(self.failed(failure, reading, Some(wait), &state));
            }
            if wait > Duration::ZERO {
                self.client.clock.sleep_until(resume).await;
            }
            // A repetition counts against the budget like a first attempt.
            let turn = pin!(self.client.limiter.acquire(kind));
            permit = match self.before(state.send_by, turn).await {
                Some(Ok(permit)) => permit,
                _ => return Err(self.failed(failure, reading, Some(wait), &state)),
            };
            earlier = Some(PreviousAttempt {
                failure,
                reading,
                wait,
            });
        }
    }

    /// Waits for admission, and for a create first for a permit for its body.
    async fn first_turn(&self) -> Result<(Permit, Option<OwnedSemaphorePermit>), NoTurn> {
        let limiter = &self.client.limiter;
        match self.operation.kind() {
            OperationKind::Create => {
                let turn = limiter.acquire_with_body(&self.client.in_flight).await;
                turn.map(|(permit, room)| (permit, Some(room)))
            }
            kind => limiter.acquire(kind).await.map(|permit| (permit, None)),
        }
    }

    /// The least time until the deadline at which a request may still be sent. A create that is cut
    /// off is ambiguous, so it needs the attempt timeout, or half of the call's deadline if that is
    /// less.
    fn least_time(&self) -> Duration {
        match self.operation.kind() {
            OperationKind::Create => {
                let half = self.options.deadline() / 2;
                self.options.attempt_timeout().min(half)
            }
            _ => Duration::ZERO,
        }
    }

    /// Whether there is still time to send.
    fn in_time(&self, state: &CallState) -> Result<(), NotSent> {
        let now = self.client.clock.instant();
        if now >= state.deadline {
            Err(NotSent::Deadline)
        } else if now > state.send_by {
            Err(NotSent::TooLate)
        } else {
            Ok(())
        }
    }

    /// One attempt, in its fixed order: token, body, hook, send slot, send.
    async fn attempt(
        &self,
        permit: Permit,
        credentials: &ActiveAccount,
        state: &mut CallState,
    ) -> Result<(AccessToken, SendResult), NotSent> {
        let (deadline, send_by) = (state.deadline, state.send_by);
        let limiter = &self.client.limiter;
        let token = self
            .before(
                deadline,
                pin!(
                    self.client
                        .token(credentials, deadline, self.options.in_transit())
                ),
            )
            .await
            .ok_or(NotSent::Deadline)?
            .map_err(NotSent::NoToken)?;
        // The token exchange may have taken long. Checked before the body is assembled and the hook
        // records a dispatch.
        self.in_time(state)?;
        if self.capture_token_expired() {
            return Err(NotSent::CaptureTokenExpired);
        }
        // Assembled once; repetitions share the buffer.
        let body = if let Some(body) = &state.body {
            body.clone()
        } else {
            let room = state.room.take();
            let body = self.assemble(room).ok_or(NotSent::CannotBeSent)?;
            state.body.insert(body).clone()
        };
        let request = self.request(body, &token);
        // After everything that can fail without it, and before the send slot: a slow hook costs
        // the call's time and none of the tenant's budget.
        if let Some(hook) = self.options.hook() {
            self.before(send_by, hook.before_dispatch(state.attempts).as_mut())
                .await
                .ok_or(NotSent::TooLate)?
                .map_err(NotSent::Hook)?;
        }
        let permit = self
            .before(send_by, pin!(limiter.await_departure(permit)))
            .await
            .ok_or(NotSent::TooLate)?;
        // The last check before the send: the waits above may have ended late.
        self.in_time(state)?;
        let left = deadline.saturating_duration_since(self.client.clock.instant());
        permit.depart();
        let departure = Departure::heard_by(self.options.before_dispatch(), state.attempts);
        let timeout = self.options.attempt_timeout().min(left);
        let context = self.context(state.attempts, timeout);
        let _sending = self.options.in_transit().map(InTransit::begin);
        let sent = send(
            &*self.client.transport,
            &*self.client.clock,
            request,
            context,
            &departure,
        )
        .await;
        Ok((token, sent))
    }

    /// Reports to the hook that no attempt of a create has run so far; returns whether the hook
    /// acknowledged it. Once an attempt may have run (`state.ambiguous`) there is nothing to
    /// report.
    async fn retract_dispatch(&self, state: &CallState) -> bool {
        match self.options.hook() {
            Some(hook) if self.operation.kind() == OperationKind::Create && !state.ambiguous => {
                let report = hook.did_not_run(state.attempts);
                let reported = self.before(state.send_by, pin!(report)).await;
                matches!(reported, Some(Ok(())))
            }
            _ => true,
        }
    }

    async fn before<F: Future + ?Sized>(
        &self,
        deadline: Instant,
        work: Pin<&mut F>,
    ) -> Option<F::Output> {
        within(&*self.client.clock, deadline, work).await
    }

    /// Assembles the body; called once, before a create's first attempt.
    fn assemble(&self, room: Option<OwnedSemaphorePermit>) -> Option<Bytes> {
        let Payload::Create(create) = self.payload else {
            return Some(Bytes::new());
        };
        self.client
            .assembler
            .assemble(&create.body(), &self.client.buffers, room)
    }

    /// Whether the capture token expired in the queue: it is valid for minutes.
    fn capture_token_expired(&self) -> bool {
        let Payload::Create(create) = self.payload else {
            return false;
        };
        create
            .capture_token()
            .is_some_and(|token| token.is_certainly_expired(self.client.clock.now()))
    }

    fn request(&self, body: Bytes, token: &AccessToken) -> Request<Bytes> {
        let length = body.len();
        let mut request = Request::new(body);
        request.uri_mut().clone_from(self.target);
        let headers = request.headers_mut();
        headers.reserve(7);
        headers.insert(AUTHORIZATION, token.header());
        headers.insert(API_KEY, self.key.header());
        headers.insert(ACCEPT, JSON);
        headers.insert(ACCEPT_ENCODING, IDENTITY);
        headers.insert(USER_AGENT, self.client.user_agent.clone());
        if matches!(self.payload, Payload::Create(_)) {
            headers.insert(CONTENT_TYPE, JSON);
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
            *request.method_mut() = Method::POST;
        }
        request
    }

    fn context(&self, attempt: u32, timeout: Duration) -> CallContext {
        let context = CallContext::new(self.operation, attempt, timeout);
        match self.payload {
            Payload::Create(CreateRequest::Document(_)) => {
                context.with_max_answer_bytes(CallContext::MAX_DOCUMENT_ANSWER_BYTES)
            }
            _ => context,
        }
    }

    fn retry_context(&self, state: &CallState, token: &AccessToken) -> RetryContext {
        let clock = &*self.client.clock;
        let just_created = self.options.created_at().is_some_and(|at| {
            // Clocks differ: a create somewhat in the future was a moment ago.
            match clock.now().duration_since(at) {
                Ok(age) => age < JUST_CREATED,
                Err(ahead) => ahead.duration() <= JUST_CREATED,
            }
        });
        RetryContext {
            refreshed: state.refreshed,
            token_just_fetched: token.age(clock.instant()) < JUST_FETCHED,
            just_created,
            may_resend: self.may_resend(state),
            ..RetryContext::default()
        }
    }

    fn may_resend(&self, state: &CallState) -> bool {
        match self.payload {
            // A capture token is documented as single-use, so it has an option of its own, for one
            // repetition.
            Payload::Create(create) if create.capture_token().is_some() => {
                self.options.resend_capture_token() && !state.ambiguous
            }
            Payload::Create(_) => self.options.accept_duplicates(),
            Payload::Get => false,
        }
    }

    fn wait<T>(&self, reading: &AttemptResult<T>, attempt: u32) -> Duration {
        let floor = asked_wait(reading, &*self.client.clock);
        backoff::delay(attempt, (self.client.jitter)(), floor)
    }

    fn accepted<T>(value: T, reading: &AttemptResult<T>, state: &CallState) -> Answer<T> {
        Answer::new(value, is_simulated(&reading.headers), state.attempts)
    }
}

/// Whether an answer carries a simulator's mark: anything but a single `false`. Proxies join and
/// repeat headers, and a simulated answer must not pass for a real one.
pub(crate) fn is_simulated(headers: &HeaderMap) -> bool {
    let mut marks = headers.get_all(SIMULATED).iter();
    match (marks.next(), marks.next()) {
        (None, _) => false,
        (Some(mark), None) => !mark.as_bytes().trim_ascii().eq_ignore_ascii_case(b"false"),
        (Some(_), Some(_)) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A verdict cannot be misread: a simulated answer stays simulated whatever a proxy does to the
    /// mark.
    #[test]
    fn marks_of_a_simulator() {
        for (marks, simulated) in [
            (&[][..], false),
            (&["false"], false),
            (&["FALSE"], false),
            (&["true"], true),
            (&["TRUE"], true),
            (&["true, true"], true),
            (&["false, true"], true),
            (&["false", "true"], true),
            (&["false", "false"], true),
            (&["1"], true),
            (&[""], true),
        ] {
            let mut headers = HeaderMap::new();
            for mark in marks {
                headers.append(SIMULATED, HeaderValue::from_static(mark));
            }
            assert_eq!(is_simulated(&headers), simulated, "{marks:?}");
        }
    }
}

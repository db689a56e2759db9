//! The exchange of an assertion for an access token.
//!
//! Must not repeat a request that locks accounts, nor send one assertion twice.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use idcloud_model::ErrorCode;
use zeroize::Zeroizing;

use crate::BoxError;
use crate::auth::access_token::AccessToken;
use crate::auth::assertion::{UniqueLifetimes, assertion};
use crate::auth::in_transit::InTransit;
use crate::auth::token_cache::{ExchangeError, Purpose};
use crate::auth::token_response::read_token;
use crate::budget::limiter::Limiter;
use crate::environment::service_account::ServiceAccount;
use crate::error::{Delivery, ErrorKind};
use crate::obstacle::Obstacle;
use crate::operation::{Operation, OperationKind};
use crate::retry::attempt::{AttemptResult, IDENTITY, asked_wait, send};
use crate::retry::backoff;
use crate::retry::policy::{Action, Failure, RetryContext, classify};
use crate::time::clock::{Clock, later};
use crate::time::timeout::{ATTEMPT_TIMEOUT, within};
use crate::transport::departure::Departure;
use crate::transport::{CallContext, Transport};

/// The most requests that one exchange makes.
const MAX_ATTEMPTS: u32 = 5;
/// The longest that one exchange takes, however many callers wait for it.
const DEADLINE: Duration = Duration::from_secs(60);
/// A smaller clock difference, in seconds, may be the `Date` header's resolution and the network's
/// delay.
const LEAST_SKEW_SECONDS: u64 = 5;
/// The account is locked: too many attempts.
const LOCKED: &str = "1.2.18";
/// A larger clock difference is reported and not corrected: otherwise a proxy's `Date` could make
/// assertions be signed for a day of its choice.
const MOST_CORRECTED_SECONDS: u64 = 24 * 3600;

/// Why an exchange brought no token. Shared by every caller that waited for it.
pub(crate) struct ExchangeFailure {
    pub(crate) kind: ErrorKind,
    pub(crate) delivery: Delivery,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) clock_skew: Option<i64>,
    /// Why the answer is unusable, or why none came, as a clause.
    pub(crate) detail: Option<&'static str>,
    pub(crate) obstacle: Option<Obstacle>,
    definite: bool,
    source: Option<BoxError>,
}

impl ExchangeFailure {
    fn not_sent(kind: ErrorKind, source: Option<BoxError>) -> Self {
        Self {
            kind,
            delivery: Delivery::NotSent,
            status: None,
            code: None,
            retry_after: None,
            clock_skew: None,
            detail: None,
            obstacle: None,
            definite: false,
            source,
        }
    }

    fn of<T>(
        failure: Failure,
        reading: AttemptResult<T>,
        after: Option<Duration>,
        skew: i64,
    ) -> Self {
        let (kind, delivery) = match failure {
            Failure::Unreachable => (ErrorKind::Unreachable, Delivery::NotSent),
            Failure::InvalidRequest => (ErrorKind::InvalidRequest, Delivery::NotSent),
            Failure::Interrupted | Failure::Ambiguous => {
                (ErrorKind::Interrupted, Delivery::Unknown)
            }
            Failure::Unreadable => (ErrorKind::Unreadable, Delivery::Answered),
            Failure::Server => (ErrorKind::Server, Delivery::Answered),
            Failure::RateLimited => (ErrorKind::RateLimited, Delivery::Answered),
            Failure::Credentials => (ErrorKind::Credentials, Delivery::Answered),
            Failure::Refused | Failure::NotFound | Failure::Gone => {
                (ErrorKind::Refused, Delivery::Answered)
            }
        };
        let expired = reading
            .code
            .as_ref()
            .is_some_and(|code| code.as_str() == "1.2.4");
        Self {
            kind,
            delivery,
            status: reading.status,
            clock_skew: (expired && is_skewed(skew)).then_some(skew),
            code: reading.code,
            retry_after: after,
            detail: reading.detail,
            obstacle: reading.obstacle,
            definite: matches!(kind, ErrorKind::Credentials | ErrorKind::Refused),
            source: reading.source,
        }
    }
}

impl ExchangeError for ExchangeFailure {
    fn is_definite(&self) -> bool {
        self.definite
    }
}

impl fmt::Display for ExchangeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no access token: {}", self.kind)?;
        if let Some(status) = self.status {
            write!(f, ", HTTP {status}")?;
        }
        if let Some(code) = &self.code {
            write!(f, ", code {code}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ExchangeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ExchangeFailure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// The parts of an exchange.
pub(crate) struct Exchange<'a> {
    pub(crate) account: &'a ServiceAccount,
    pub(crate) audience: &'a str,
    pub(crate) target: &'a Uri,
    pub(crate) user_agent: &'a HeaderValue,
    pub(crate) transport: &'a dyn Transport,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) limiter: &'a Arc<Limiter>,
    pub(crate) jitter: &'a (dyn Fn() -> f64 + Send + Sync),
    pub(crate) lives: &'a UniqueLifetimes,
    /// How many seconds IDCloud's clock is ahead, as last measured.
    pub(crate) skew: &'a AtomicI64,
    pub(crate) in_transit: Option<&'a InTransit>,
}

impl Exchange<'_> {
    /// Makes the exchange, and repeats it as the retry policy allows. An early refresh is not
    /// repeated, unless only its assertion was at fault: the cached token is still valid.
    pub(crate) async fn run(&self, purpose: Purpose) -> Result<AccessToken, ExchangeFailure> {
        let deadline = later(self.clock.instant(), DEADLINE);
        let mut facts = RetryContext::default();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let applied = self.skew.load(Ordering::Relaxed);
            let mut reading = self.attempt(attempt, applied).await?;
            let measured = self.measured_skew(&reading.headers);
            let skew = measured.unwrap_or(0);
            // A difference that the assertion already corrected is no reason for another one.
            facts.skew_measured = measured.is_some_and(|measured| {
                is_skewed(measured.saturating_sub(applied)) && is_corrected(measured)
            });
            let mut action = classify(OperationKind::Token, reading.outcome(), facts);
            if Self::is_overcorrected(action, &reading, applied, facts) {
                action = Action::Reassert(Failure::Credentials);
            }
            // The correction follows each measurement: this machine's clock may have been set
            // since.
            if let Some(measured) = measured
                && (applied != 0 || matches!(action, Action::Reassert(_)))
            {
                let needed = if is_skewed(measured) && is_corrected(measured) {
                    measured
                } else {
                    0
                };
                self.skew.store(needed, Ordering::Relaxed);
            }
            let (failure, wait) = match action {
                Action::Accept => match reading.value.take() {
                    Some(token) => return Ok(token),
                    None => (Failure::Unreadable, None),
                },
                Action::Stop(failure) | Action::RefreshToken(failure) => (failure, None),
                Action::Resend => (Failure::Interrupted, None),
                Action::Reassert(failure) => {
                    facts.reasserted = true;
                    (failure, Some(Duration::ZERO))
                }
                Action::Again(failure) => {
                    let floor = asked_wait(&reading, self.clock);
                    (
                        failure,
                        Some(backoff::delay(attempt, (self.jitter)(), floor)),
                    )
                }
            };
            let at_once = matches!(action, Action::Reassert(_));
            let limited = wait.filter(|_| failure == Failure::RateLimited);
            if let Some(wait) = limited {
                self.limiter.pause(wait);
            }
            let resume = wait
                .filter(|_| attempt < MAX_ATTEMPTS && (at_once || purpose == Purpose::Needed))
                .map(|wait| later(self.clock.instant(), wait))
                .filter(|resume| *resume < deadline);
            match resume {
                Some(resume) => self.clock.sleep_until(resume).await,
                None => return Err(ExchangeFailure::of(failure, reading, limited, skew)),
            }
        }
    }

    /// Whether the account refused an assertion whose correction no longer holds. The code depends
    /// on what else is wrong with it; only a locked account is not retried.
    fn is_overcorrected<T>(
        action: Action,
        reading: &AttemptResult<T>,
        applied: i64,
        facts: RetryContext,
    ) -> bool {
        action == Action::Stop(Failure::Credentials)
            && applied != 0
            && facts.skew_measured
            && !facts.reasserted
            && reading
                .code
                .as_ref()
                .is_none_or(|code| code.as_str() != LOCKED)
    }

    async fn attempt(
        &self,
        attempt: u32,
        skew: i64,
    ) -> Result<AttemptResult<AccessToken>, ExchangeFailure> {
        let permit = self
            .limiter
            .acquire(OperationKind::Token)
            .await
            .map_err(|_| ExchangeFailure::not_sent(ErrorKind::QueueTimeout, None))?;
        let limit = later(self.clock.instant(), ATTEMPT_TIMEOUT);
        let signing = assertion(
            self.account,
            self.audience,
            self.clock.now(),
            skew,
            self.lives,
        );
        let signed = match within(self.clock, limit, pin!(signing)).await {
            Some(signed) => signed.map_err(|error| {
                ExchangeFailure::not_sent(ErrorKind::Signing, Some(error.into()))
            })?,
            None => return Err(ExchangeFailure::not_sent(ErrorKind::Signing, None)),
        };
        let request = self.request(&signed);
        self.limiter.await_departure(permit).await.depart();
        let (asked_at, fetched) = (self.clock.now(), self.clock.instant());
        let context = CallContext::new(Operation::Token, attempt, ATTEMPT_TIMEOUT);
        let _sending = self.in_transit.map(InTransit::begin);
        let unheard = Departure::unheard();
        let sent = send(self.transport, self.clock, request, context, &unheard).await;
        Ok(AttemptResult::of(
            OperationKind::Token,
            sent,
            |status, body| {
                if !status.is_success() {
                    return Err("the answer holds no access token");
                }
                read_token(body, fetched, asked_at)
            },
        ))
    }

    fn request(&self, assertion: &str) -> Request<Bytes> {
        const HEAD: &str =
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
        let mut form = Vec::with_capacity(HEAD.len() + assertion.len());
        form.extend_from_slice(HEAD.as_bytes());
        // Base64url and dots need no escape in a form.
        form.extend_from_slice(assertion.as_bytes());
        let length = form.len();
        let mut request = Request::new(Bytes::from_owner(Zeroizing::new(form)));
        *request.method_mut() = Method::POST;
        request.uri_mut().clone_from(self.target);
        let headers = request.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT_ENCODING, IDENTITY);
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        request
    }

    /// How many seconds the answer's `Date` is ahead of this machine's clock; `None` without one.
    fn measured_skew(&self, headers: &HeaderMap) -> Option<i64> {
        let date = headers
            .get(header::DATE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| httpdate::parse_http_date(value).ok())?;
        let now = self.clock.now();
        let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        Some(match date.duration_since(now) {
            Ok(ahead) => seconds(ahead),
            Err(behind) => -seconds(behind.duration()),
        })
    }
}

const fn is_skewed(skew: i64) -> bool {
    skew.unsigned_abs() >= LEAST_SKEW_SECONDS
}

const fn is_corrected(skew: i64) -> bool {
    skew.unsigned_abs() <= MOST_CORRECTED_SECONDS
}

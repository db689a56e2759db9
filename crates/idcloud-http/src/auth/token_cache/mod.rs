//! The access token that all calls share, and which caller fetches the next one.
//!
//! Must not start a second exchange beside a running one, or be blocked by a caller that is gone.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use idcloud_model::ErrorCode;
use tokio::time::Instant;

use crate::auth::access_token::AccessToken;
use crate::auth::refusal_backoff::RefusalBackoff;
use crate::auth::shared_outcome::{Publisher, Waiting, shared_outcome};
use crate::auth::stall_detector::StallDetector;
use crate::time::clock::{Clock, later};
use crate::time::timeout::within;

/// The longest that an early refresh may delay the caller that makes it, and the share of the time
/// until the caller's deadline that it may take at most.
const EARLY_REFRESH: Duration = Duration::from_secs(2);
const EARLY_REFRESH_SHARE: u32 = 4;
/// How long after the start of a failed early refresh the next one may start.
const EARLY_REFRESH_AGAIN: Duration = Duration::from_secs(30);
/// A token that replaced a rejected one is not rejected itself before this age: refusals that
/// arrive earlier may still be of the old token.
const KEPT_AT_LEAST: Duration = Duration::from_secs(5);

/// What the cache needs to know of a failed exchange.
pub(crate) trait ExchangeError {
    /// Whether the account was definitely refused: repeated attempts lock the account.
    fn is_definite(&self) -> bool;
}

/// Why there is no token.
#[derive(Debug)]
pub(crate) struct NoToken<E> {
    /// The exchange's error, shared by every caller that waited for it.
    pub(crate) error: Arc<E>,
    /// How long the refusal still stands, if it is an earlier one and no exchange was made.
    pub(crate) remembered_for: Option<Duration>,
}

/// Why a token is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// There is no valid token.
    Needed,
    /// The token is valid and expires soon.
    Early,
}

/// One account's token, the exchange that is running, and the last refusal.
///
/// Nothing runs in the background: the first caller that needs a token makes the exchange within
/// its own call, and the others wait for its outcome. If that caller's future is dropped, panics in
/// a signer or transport, or is no longer polled, the next waiter takes over.
#[derive(Debug)]
pub(crate) struct TokenCache<E> {
    state: Mutex<State<E>>,
}

type Outcome<E> = Result<AccessToken, Arc<E>>;

#[derive(Debug)]
struct State<E> {
    token: Option<Cached>,
    running: Option<RunningExchange<E>>,
    exchanges: u64,
    refusal: RefusalBackoff<Arc<E>>,
    /// The last token dropped because of a code that is about the token alone.
    rejected_by_code: RefusalBackoff<()>,
    /// The last token dropped without such a code: the refusal may be of the API key.
    rejected_without_code: RefusalBackoff<()>,
    /// The next token replaces a rejected one.
    replacing: bool,
}

#[derive(Debug)]
struct Cached {
    token: AccessToken,
    refresh_at: Instant,
    replaces_rejected: bool,
}

#[derive(Debug)]
struct RunningExchange<E> {
    number: u64,
    outcome: Waiting<Outcome<E>>,
    detector: Arc<StallDetector>,
}

impl<E> Clone for RunningExchange<E> {
    fn clone(&self) -> Self {
        Self {
            number: self.number,
            outcome: self.outcome.clone(),
            detector: Arc::clone(&self.detector),
        }
    }
}

/// What one caller does to get a token.
enum Plan<'a, E: ExchangeError> {
    Use(AccessToken),
    RefreshEarly(AccessToken, Lead<'a, E>),
    Lead(Lead<'a, E>),
    Follow(RunningExchange<E>),
    Refused(NoToken<E>),
}

impl<E: ExchangeError> TokenCache<E> {
    pub(crate) const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                token: None,
                running: None,
                exchanges: 0,
                refusal: RefusalBackoff::new(),
                rejected_by_code: RefusalBackoff::new(),
                rejected_without_code: RefusalBackoff::new(),
                replacing: false,
            }),
        }
    }

    /// The cached token, if it is valid and needs no refresh.
    pub(crate) fn cached(&self, now: Instant) -> Option<AccessToken> {
        let state = self.lock();
        let cached = state.token.as_ref()?;
        (cached.token.is_valid(now) && now < cached.refresh_at).then(|| cached.token.clone())
    }

    /// A valid token: the cached one, or one from an exchange that this or another caller makes.
    /// `deadline` is the caller's own; an early refresh takes at most a quarter of the time until
    /// then.
    pub(crate) async fn token<F, X>(
        &self,
        clock: &dyn Clock,
        deadline: Instant,
        exchange: X,
    ) -> Result<AccessToken, NoToken<E>>
    where
        X: Fn(Purpose) -> F,
        F: Future<Output = Result<AccessToken, E>>,
    {
        loop {
            match self.plan(clock.instant()) {
                Plan::Use(token) => return Ok(token),
                Plan::Refused(refused) => return Err(refused),
                Plan::RefreshEarly(token, lead) => {
                    // Bounded, because this caller has a valid token and needs no other.
                    let now = clock.instant();
                    let left = deadline.saturating_duration_since(now);
                    let limit = later(now, EARLY_REFRESH.min(left / EARLY_REFRESH_SHARE));
                    let fetch = pin!(exchange(Purpose::Early));
                    let detector = Arc::clone(&lead.detector);
                    let fetched = detector.of(within(clock, limit, fetch)).await;
                    let now = clock.instant();
                    if let Some(fetched) = lead.finish_early(fetched, now) {
                        return Ok(fetched);
                    }
                    // Otherwise it expired during the refresh, and the loop plans again.
                    if token.is_valid(now) {
                        return Ok(token);
                    }
                }
                Plan::Lead(lead) => {
                    let detector = Arc::clone(&lead.detector);
                    let fetched = detector.of(exchange(Purpose::Needed)).await;
                    return lead.finish(fetched, clock.instant());
                }
                Plan::Follow(running) => match follow(&running, clock).await {
                    Followed::Outcome(Ok(token)) => return Ok(token),
                    Followed::Outcome(Err(error)) => {
                        return Err(NoToken {
                            error,
                            remembered_for: None,
                        });
                    }
                    // The leader was dropped without an outcome: plan again.
                    Followed::Left => {}
                    // The leader exists but is not polled, and would block everyone: forget its
                    // exchange, so that the next plan starts another.
                    Followed::Stalled => self.forget_exchange(running.number),
                },
            }
        }
    }

    /// Drops `token`, which IDCloud refused, if it is still the cached one: of a thousand callers
    /// that are refused together, only the first has an effect.
    ///
    /// Returns whether another token may help. After one token was dropped the next is not dropped
    /// for 5 seconds, doubling up to 5 minutes: the fault is then elsewhere, and more exchanges
    /// only spend the budget. Other calls that succeed with the token do not end this, because a
    /// refused API key without a code looks like a refused token; nor do they protect the token,
    /// because it may have been revoked since. Refusals whose `code` is about the token alone are
    /// counted apart, so that they still drop it when bare ones do not.
    pub(crate) fn reject(
        &self,
        token: &AccessToken,
        code: Option<&ErrorCode>,
        now: Instant,
    ) -> bool {
        let mut state = self.lock();
        // Another caller has dropped it already, so the next token may help.
        let Some(cached) = state.token.as_ref().filter(|cached| cached.token.is(token)) else {
            return true;
        };
        if cached.replaces_rejected && token.age(now) < KEPT_AT_LEAST {
            return false;
        }
        let memory = if code.is_some_and(|code| is_about_the_token(code.as_str())) {
            &mut state.rejected_by_code
        } else {
            &mut state.rejected_without_code
        };
        if memory.standing(now).is_some() {
            return false;
        }
        memory.forget_the_distant(now);
        memory.remember((), now);
        state.token = None;
        state.replacing = true;
        true
    }

    fn plan(&self, now: Instant) -> Plan<'_, E> {
        let mut state = self.lock();
        let refused = state.refusal.standing(now);
        let is_running = state.running.is_some();
        if let Some(cached) = state
            .token
            .as_mut()
            .filter(|cached| cached.token.is_valid(now))
        {
            let token = cached.token.clone();
            // A valid token is used as it is while another caller refreshes it, and while a refusal
            // stands: more attempts lock the account.
            if now < cached.refresh_at || is_running || refused.is_some() {
                return Plan::Use(token);
            }
            // Set at the start, because a caller that is dropped during the refresh sets nothing
            // later.
            cached.refresh_at = later(now, EARLY_REFRESH_AGAIN);
            return Plan::RefreshEarly(token, self.lead(&mut state));
        }
        if let Some(running) = &state.running {
            return Plan::Follow(running.clone());
        }
        if let Some((error, left)) = refused {
            return Plan::Refused(NoToken {
                error,
                remembered_for: Some(left),
            });
        }
        Plan::Lead(self.lead(&mut state))
    }

    fn lead(&self, state: &mut State<E>) -> Lead<'_, E> {
        let (publish, outcome) = shared_outcome();
        let number = state.exchanges;
        state.exchanges += 1;
        let detector = Arc::<StallDetector>::default();
        state.running = Some(RunningExchange {
            number,
            outcome,
            detector: Arc::clone(&detector),
        });
        Lead {
            cache: self,
            number,
            publish: Some(publish),
            detector,
        }
    }

    /// Forgets this exchange: no further caller waits for it.
    fn forget_exchange(&self, number: u64) {
        let mut state = self.lock();
        if state
            .running
            .as_ref()
            .is_some_and(|running| running.number == number)
        {
            state.running = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<E>> {
        // No foreign code runs under this lock, so a poisoned state is still consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The caller that makes the exchange. Dropping it ends the exchange without an outcome.
struct Lead<'a, E: ExchangeError> {
    cache: &'a TokenCache<E>,
    number: u64,
    publish: Option<Publisher<Outcome<E>>>,
    detector: Arc<StallDetector>,
}

/// How an exchange ended for a caller that waited for it.
enum Followed<E> {
    Outcome(Outcome<E>),
    /// Its leader was dropped.
    Left,
    /// Its leader exists, and its owner no longer polls it.
    Stalled,
}

async fn follow<E>(running: &RunningExchange<E>, clock: &dyn Clock) -> Followed<E> {
    let mut outcome = pin!(running.outcome.wait());
    let mut stalled = pin!(running.detector.stalled(clock));
    poll_fn(|cx| match outcome.as_mut().poll(cx) {
        Poll::Ready(Some(outcome)) => Poll::Ready(Followed::Outcome(outcome)),
        Poll::Ready(None) => Poll::Ready(Followed::Left),
        Poll::Pending => stalled.as_mut().poll(cx).map(|()| Followed::Stalled),
    })
    .await
}

impl<E: ExchangeError> Lead<'_, E> {
    fn finish(
        mut self,
        fetched: Result<AccessToken, E>,
        now: Instant,
    ) -> Result<AccessToken, NoToken<E>> {
        let outcome = fetched.map_err(Arc::new);
        self.record(&outcome, now);
        self.publish(outcome.clone());
        outcome.map_err(|error| NoToken {
            error,
            remembered_for: None,
        })
    }

    /// A failed early refresh publishes nothing: the cached token is still valid. A caller whose
    /// token was rejected meanwhile, and that waits for this exchange, makes its own unless the
    /// refusal is definite.
    fn finish_early(
        mut self,
        fetched: Option<Result<AccessToken, E>>,
        now: Instant,
    ) -> Option<AccessToken> {
        match fetched? {
            Ok(token) => {
                let outcome = Ok(token.clone());
                self.record(&outcome, now);
                self.publish(outcome);
                Some(token)
            }
            Err(error) => {
                self.record(&Err(Arc::new(error)), now);
                None
            }
        }
    }

    fn publish(&mut self, outcome: Outcome<E>) {
        if let Some(publish) = self.publish.take() {
            publish.publish(outcome);
        }
    }

    fn record(&self, outcome: &Outcome<E>, now: Instant) {
        let mut state = self.cache.lock();
        match outcome {
            Ok(token) => {
                state.refusal.forget();
                let replaces_rejected = std::mem::take(&mut state.replacing);
                state.token = Some(Cached {
                    replaces_rejected,
                    refresh_at: token.refresh_at(fastrand::f64()),
                    token: token.clone(),
                });
            }
            Err(error) if error.is_definite() => state.refusal.remember(Arc::clone(error), now),
            Err(_) => {}
        }
    }
}

impl<E: ExchangeError> Drop for Lead<'_, E> {
    fn drop(&mut self) {
        self.cache.forget_exchange(self.number);
        self.detector.end();
    }
}

/// Whether a code is about the access token alone (IDCloud documentation, error codes page): it is
/// missing, expired, or unreadable.
fn is_about_the_token(code: &str) -> bool {
    matches!(code, "10501" | "10502" | "10700")
}

#[cfg(test)]
mod tests;

//! The access token that all calls share, and who fetches the next one.
//!
//! Must not start a second exchange beside a running one, or be blocked by a caller who left.

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

/// The longest that the one caller who refreshes early is held up by it; and never longer than
/// this share of the time that the caller has left.
const EARLY_REFRESH: Duration = Duration::from_secs(2);
const EARLY_REFRESH_SHARE: u32 = 4;
/// How long after the start of an early refresh that brought nothing the next is tried.
const EARLY_REFRESH_AGAIN: Duration = Duration::from_secs(30);
/// A token that was fetched for a rejected one is not rejected itself before this age: refusals
/// that cross its arrival tell nothing of it.
const UNTOUCHABLE: Duration = Duration::from_secs(5);

/// What a failed exchange tells the cache.
pub(crate) trait ExchangeError {
    /// Whether the account was definitely refused, so that trying again soon would only harm.
    fn is_definite(&self) -> bool;
}

/// Why there is no token.
#[derive(Debug)]
pub(crate) struct NoToken<E> {
    /// What the exchange ended in, shared by everyone who waited for it.
    pub(crate) error: Arc<E>,
    /// How long the refusal is still remembered, where no exchange was made.
    pub(crate) remembered_for: Option<Duration>,
}

/// Why a token is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// There is no valid token.
    Needed,
    /// The token is valid and nears its end.
    Early,
}

/// One account's token, the exchange that is running, and the last refusal.
///
/// Nothing runs in the background: the caller that finds a token needed makes the exchange within
/// the own call, and everyone else waits for that one's outcome. If that one's future is dropped,
/// or panics in a signer or transport, or is set aside and not polled any more, the next waiter takes over.
#[derive(Debug)]
pub(crate) struct TokenCache<E> {
    state: Mutex<State<E>>,
}

type Outcome<E> = Result<AccessToken, Arc<E>>;

#[derive(Debug)]
struct State<E> {
    token: Option<Cached>,
    flight: Option<Flight<E>>,
    flights: u64,
    refusal: RefusalBackoff<Arc<E>>,
    /// The last token that was dropped by a code which says that the token is bad.
    convicted: RefusalBackoff<()>,
    /// The last token that was dropped on suspicion.
    suspected: RefusalBackoff<()>,
    /// The next token takes the place of a rejected one.
    replacing: bool,
}

#[derive(Debug)]
struct Cached {
    token: AccessToken,
    refresh_at: Instant,
    replaces_rejected: bool,
}

#[derive(Debug)]
struct Flight<E> {
    number: u64,
    outcome: Waiting<Outcome<E>>,
    detector: Arc<StallDetector>,
}

impl<E> Clone for Flight<E> {
    fn clone(&self) -> Self {
        Self {
            number: self.number,
            outcome: self.outcome.clone(),
            detector: Arc::clone(&self.detector),
        }
    }
}

/// What one caller does about a token.
enum Plan<'a, E: ExchangeError> {
    Use(AccessToken),
    RefreshEarly(AccessToken, Lead<'a, E>),
    Lead(Lead<'a, E>),
    Follow(Flight<E>),
    Refused(NoToken<E>),
}

impl<E: ExchangeError> TokenCache<E> {
    pub(crate) const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                token: None,
                flight: None,
                flights: 0,
                refusal: RefusalBackoff::new(),
                convicted: RefusalBackoff::new(),
                suspected: RefusalBackoff::new(),
                replacing: false,
            }),
        }
    }

    /// The cached token, where it is valid and needs no refresh.
    pub(crate) fn cached(&self, now: Instant) -> Option<AccessToken> {
        let state = self.lock();
        let cached = state.token.as_ref()?;
        (cached.token.is_valid(now) && now < cached.refresh_at).then(|| cached.token.clone())
    }

    /// A valid token: the cached one, or that of an exchange which this or another caller makes.
    /// `deadline` is the caller's own; an early refresh leaves most of the time until then alone.
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
                    // Its last seconds may have passed meanwhile.
                    if token.is_valid(now) {
                        return Ok(token);
                    }
                }
                Plan::Lead(lead) => {
                    let detector = Arc::clone(&lead.detector);
                    let fetched = detector.of(exchange(Purpose::Needed)).await;
                    return lead.finish(fetched, clock.instant());
                }
                Plan::Follow(flight) => match followed(&flight, clock).await {
                    Followed::Outcome(Ok(token)) => return Ok(token),
                    Followed::Outcome(Err(error)) => {
                        return Err(NoToken {
                            error,
                            remembered_for: None,
                        });
                    }
                    // The leader left without an outcome: look again.
                    Followed::Left => {}
                    Followed::SetAside => self.follow_no_more(flight.number),
                },
            }
        }
    }

    /// Drops `token`, which IDCloud did not accept, if it is still the cached one: of a thousand
    /// callers who were refused together, only the first has an effect.
    ///
    /// Says whether another token may help. After one was dropped the next is not for a while, 5
    /// seconds and each time twice as long: then the fault is elsewhere, and fetching more only
    /// spends the budget. That a token is accepted from others does not end this, because an API
    /// key that is refused without a code looks just like a token that is; and one that was
    /// accepted may have been revoked since. What `code` says of the token is believed first.
    pub(crate) fn reject(
        &self,
        token: &AccessToken,
        code: Option<&ErrorCode>,
        now: Instant,
    ) -> bool {
        let mut state = self.lock();
        let Some(cached) = state.token.as_ref().filter(|cached| cached.token.is(token)) else {
            return true;
        };
        if cached.replaces_rejected && token.age(now) < UNTOUCHABLE {
            return false;
        }
        let memory = if code.is_some_and(|code| is_about_the_token(code.as_str())) {
            &mut state.convicted
        } else {
            &mut state.suspected
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
        let in_flight = state.flight.is_some();
        if let Some(cached) = state
            .token
            .as_mut()
            .filter(|cached| cached.token.is_valid(now))
        {
            let token = cached.token.clone();
            if now < cached.refresh_at || in_flight || refused.is_some() {
                return Plan::Use(token);
            }
            // Set at the start: a caller that is dropped within the refresh cannot set it at the end.
            cached.refresh_at = later(now, EARLY_REFRESH_AGAIN);
            return Plan::RefreshEarly(token, self.lead(&mut state));
        }
        if let Some(flight) = &state.flight {
            return Plan::Follow(flight.clone());
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
        let number = state.flights;
        state.flights += 1;
        let detector = Arc::<StallDetector>::default();
        state.flight = Some(Flight {
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

    /// From now on no caller waits for this flight.
    fn follow_no_more(&self, number: u64) {
        let mut state = self.lock();
        if state
            .flight
            .as_ref()
            .is_some_and(|flight| flight.number == number)
        {
            state.flight = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<E>> {
        // No code of others runs under this lock, so a poisoned state is a whole state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one caller who makes the exchange. Dropping it ends the flight without an outcome.
struct Lead<'a, E: ExchangeError> {
    cache: &'a TokenCache<E>,
    number: u64,
    publish: Option<Publisher<Outcome<E>>>,
    detector: Arc<StallDetector>,
}

/// What came of a flight for one who follows it.
enum Followed<E> {
    Outcome(Outcome<E>),
    /// Its leader is gone.
    Left,
    /// Its leader exists and is no longer polled.
    SetAside,
}

async fn followed<E>(flight: &Flight<E>, clock: &dyn Clock) -> Followed<E> {
    let mut outcome = pin!(flight.outcome.wait());
    let mut stalled = pin!(flight.detector.stalled(clock));
    poll_fn(|cx| match outcome.as_mut().poll(cx) {
        Poll::Ready(Some(outcome)) => Poll::Ready(Followed::Outcome(outcome)),
        Poll::Ready(None) => Poll::Ready(Followed::Left),
        Poll::Pending => stalled.as_mut().poll(cx).map(|()| Followed::SetAside),
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

    /// An early refresh that failed costs nothing: the token at hand is still valid. Whoever lost
    /// it meanwhile, and waits for this flight, tries again alone unless the refusal is definite.
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
        self.cache.follow_no_more(self.number);
        self.detector.end();
    }
}

/// Whether a code speaks of the access token and of nothing else (IDCloud documentation, error
/// codes page): it is missing, expired, or cannot be read.
fn is_about_the_token(code: &str) -> bool {
    matches!(code, "10501" | "10502" | "10700")
}

#[cfg(test)]
mod tests;

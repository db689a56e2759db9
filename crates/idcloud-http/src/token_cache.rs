//! The access token that all calls share, and who fetches the next one.
//! It must never start a second exchange beside a running one, or be blocked by a caller who left.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::access_token::AccessToken;
use crate::clock::{Clock, later};
use crate::refusal_memory::RefusalMemory;
use crate::timeout::within;

/// The longest that the one caller who refreshes early is held up by it.
const EARLY_REFRESH: Duration = Duration::from_secs(10);
/// How long after a failed early refresh the next is tried.
const EARLY_REFRESH_AGAIN: Duration = Duration::from_secs(30);

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
/// Nothing runs in the background: whoever finds that a token is needed makes the exchange within
/// the own call, and everyone else waits for that one's outcome. If that one's future is dropped,
/// or panics in a signer or transport, the next waiter takes over.
#[derive(Debug)]
pub(crate) struct TokenCache<E> {
    state: Mutex<State<E>>,
    distrusted: AtomicBool,
}

type Outcome<E> = Result<AccessToken, Arc<E>>;

#[derive(Debug)]
struct State<E> {
    token: Option<Cached>,
    flight: Option<Flight<E>>,
    flights: u64,
    refusal: RefusalMemory<Arc<E>>,
    /// A fresh token was refused like the one before it.
    distrust: RefusalMemory<()>,
}

#[derive(Debug)]
struct Cached {
    token: AccessToken,
    refresh_at: Instant,
}

#[derive(Debug)]
struct Flight<E> {
    number: u64,
    outcome: watch::Receiver<Option<Outcome<E>>>,
}

/// What one caller does about a token.
enum Plan<'a, E: ExchangeError> {
    Use(AccessToken),
    RefreshEarly(AccessToken, Lead<'a, E>),
    Lead(Lead<'a, E>),
    Follow(watch::Receiver<Option<Outcome<E>>>),
    Refused(NoToken<E>),
}

impl<E: ExchangeError> TokenCache<E> {
    pub(crate) const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                token: None,
                flight: None,
                flights: 0,
                refusal: RefusalMemory::new(),
                distrust: RefusalMemory::new(),
            }),
            distrusted: AtomicBool::new(false),
        }
    }

    /// The cached token, where it is valid and needs no refresh.
    pub(crate) fn cached(&self, now: Instant) -> Option<AccessToken> {
        let state = self.lock();
        let cached = state.token.as_ref()?;
        (cached.token.is_valid(now) && now < cached.refresh_at).then(|| cached.token.clone())
    }

    /// A valid token: the cached one, or that of an exchange which this or another caller makes.
    pub(crate) async fn token<F, X>(
        &self,
        clock: &dyn Clock,
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
                    let limit = later(clock.instant(), EARLY_REFRESH);
                    let fetched = within(clock, limit, pin!(exchange(Purpose::Early))).await;
                    return Ok(lead.finish_early(token, fetched, clock.instant()));
                }
                Plan::Lead(lead) => {
                    let fetched = exchange(Purpose::Needed).await;
                    return lead.finish(fetched, clock.instant());
                }
                Plan::Follow(mut outcome) => {
                    let outcome = match outcome.wait_for(Option::is_some).await {
                        Ok(outcome) => outcome.clone(),
                        // The leader left without an outcome: look again.
                        Err(_) => None,
                    };
                    match outcome {
                        Some(Ok(token)) => return Ok(token),
                        Some(Err(error)) => {
                            return Err(NoToken {
                                error,
                                remembered_for: None,
                            });
                        }
                        None => {}
                    }
                }
            }
        }
    }

    /// Drops `token`, which IDCloud did not accept, if it is still the cached one: of a thousand
    /// callers who were refused together, only the first has an effect.
    ///
    /// Says whether another token may help. It may not for a while after a new one was refused
    /// like the one before: then the fault is elsewhere, and fetching more only spends the budget.
    pub(crate) fn reject(&self, token: &AccessToken, now: Instant) -> bool {
        let mut state = self.lock();
        let is_cached = state
            .token
            .as_ref()
            .is_some_and(|cached| cached.token.is(token));
        if is_cached && state.distrust.standing(now).is_some() {
            return false;
        }
        if is_cached {
            state.token = None;
        }
        true
    }

    /// Records that a token which was fetched in place of a refused one was refused as well.
    pub(crate) fn refused_again(&self, token: &AccessToken, now: Instant) {
        let mut state = self.lock();
        let is_cached = state
            .token
            .as_ref()
            .is_some_and(|cached| cached.token.is(token));
        // Of many callers who were refused together, one counts.
        if is_cached && state.distrust.standing(now).is_none() {
            state.distrust.remember((), now);
            self.distrusted.store(true, Ordering::Relaxed);
        }
    }

    /// Records that IDCloud accepted a token.
    pub(crate) fn accepted(&self) {
        // The flag keeps the usual case free of the lock.
        if self.distrusted.load(Ordering::Relaxed) {
            let mut state = self.lock();
            state.distrust.forget();
            self.distrusted.store(false, Ordering::Relaxed);
        }
    }

    fn plan(&self, now: Instant) -> Plan<'_, E> {
        let mut state = self.lock();
        let refused = state.refusal.standing(now);
        if let Some(cached) = state
            .token
            .as_ref()
            .filter(|cached| cached.token.is_valid(now))
        {
            let token = cached.token.clone();
            if now < cached.refresh_at || state.flight.is_some() || refused.is_some() {
                return Plan::Use(token);
            }
            return Plan::RefreshEarly(token, self.lead(&mut state));
        }
        if let Some(flight) = &state.flight {
            return Plan::Follow(flight.outcome.clone());
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
        let (publish, outcome) = watch::channel(None);
        let number = state.flights;
        state.flights += 1;
        state.flight = Some(Flight { number, outcome });
        Lead {
            cache: self,
            number,
            publish,
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
    publish: watch::Sender<Option<Outcome<E>>>,
}

impl<E: ExchangeError> Lead<'_, E> {
    fn finish(
        self,
        fetched: Result<AccessToken, E>,
        now: Instant,
    ) -> Result<AccessToken, NoToken<E>> {
        let outcome = fetched.map_err(Arc::new);
        self.record(&outcome, now);
        self.publish.send_replace(Some(outcome.clone()));
        outcome.map_err(|error| NoToken {
            error,
            remembered_for: None,
        })
    }

    /// An early refresh that failed costs nothing: the token at hand is still valid. Whoever lost
    /// it meanwhile, and waits for this flight, tries again alone unless the refusal is definite.
    fn finish_early(
        self,
        current: AccessToken,
        fetched: Option<Result<AccessToken, E>>,
        now: Instant,
    ) -> AccessToken {
        match fetched {
            Some(Ok(token)) => {
                let outcome = Ok(token.clone());
                self.record(&outcome, now);
                self.publish.send_replace(Some(outcome));
                token
            }
            failed => {
                if let Some(Err(error)) = failed
                    && error.is_definite()
                {
                    self.record(&Err(Arc::new(error)), now);
                }
                let mut state = self.cache.lock();
                if let Some(cached) = &mut state.token {
                    cached.refresh_at = later(now, EARLY_REFRESH_AGAIN);
                }
                current
            }
        }
    }

    fn record(&self, outcome: &Outcome<E>, now: Instant) {
        let mut state = self.cache.lock();
        match outcome {
            Ok(token) => {
                state.refusal.forget();
                state.token = Some(Cached {
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
        let mut state = self.cache.lock();
        if state
            .flight
            .as_ref()
            .is_some_and(|flight| flight.number == self.number)
        {
            state.flight = None;
        }
    }
}

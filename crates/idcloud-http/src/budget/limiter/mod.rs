//! The queue before the tenant's budget: which call may be sent next, and when.
//!
//! Must not let a request be sent over the budget, nor lose a slot to a caller that is gone.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::budget::lanes::{TOKEN, lane};
use crate::budget::permit::{Permit, Waiting};
use crate::budget::state::{LimiterState, READY, Spacing};
use crate::operation::OperationKind;
use crate::time::clock::{Clock, later};
use crate::time::timeout::within;

/// However long IDCloud asks to wait, one 429 holds all calls for at most this long.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How many calls may wait, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueLimits {
    pub(crate) max_queued: usize,
    pub(crate) timeout: Duration,
}

/// Why a call was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// The queue is full.
    Full,
    /// The call was not admitted in time.
    TimedOut,
}

/// The limiter's state, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimiterSnapshot {
    /// Requests a second that the budget allows.
    pub rate: usize,
    /// Requests that count against the budget now.
    pub departed: usize,
    /// Token exchanges that wait.
    pub queued_tokens: usize,
    /// Creates that wait, for their turn or for room for their body.
    pub queued_creates: usize,
    /// Lookups that wait.
    pub queued_reads: usize,
    /// Calls that were admitted and not sent yet: they fetch a token, run a hook, or wait.
    pub leaving: usize,
    /// How long all calls are still held because IDCloud answered 429.
    pub paused_for: Duration,
}

/// Shares one tenant's requests per second out.
///
/// Nothing runs in the background: the first waiter of a queue sleeps for all of them, and wakes
/// the next one, even when its future is dropped.
pub(crate) struct Limiter {
    queue: Mutex<LimiterState>,
    clock: Arc<dyn Clock>,
    limits: QueueLimits,
}

impl Limiter {
    pub(crate) fn new(rate: usize, limits: QueueLimits, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::new(LimiterState::new(rate)),
            clock,
            limits,
        })
    }

    pub(crate) const fn queue_timeout(&self) -> Duration {
        self.limits.timeout
    }

    /// Waits for admission.
    pub(crate) async fn acquire(self: &Arc<Self>, kind: OperationKind) -> Result<Permit, NoTurn> {
        let entry = self.enter(kind, Counted::Not)?;
        let began = self.clock.instant();
        self.turn(entry, began).await
    }

    /// Waits for a create's permit among `bodies`, and then for admission: one wait, one limit. A
    /// create without a permit takes no slot, so creates that are held up cost none.
    pub(crate) async fn acquire_with_body(
        self: &Arc<Self>,
        bodies: &Arc<Semaphore>,
    ) -> Result<(Permit, OwnedSemaphorePermit), NoTurn> {
        let began = self.clock.instant();
        let (body, entry) = if let Ok(body) = Arc::clone(bodies).try_acquire_owned() {
            (body, self.enter(OperationKind::Create, Counted::Not)?)
        } else {
            let place = self.wait_for_body()?;
            let room = Box::pin(Arc::clone(bodies).acquire_owned());
            let deadline = later(began, self.limits.timeout);
            let body = within(&*self.clock, deadline, pin!(room))
                .await
                .and_then(Result::ok)
                .ok_or(NoTurn::TimedOut)?;
            let entry = self.enter(OperationKind::Create, Counted::Already)?;
            drop(place);
            (body, entry)
        };
        Ok((self.turn(entry, began).await?, body))
    }

    async fn turn(&self, entry: Entry, began: Instant) -> Result<Permit, NoTurn> {
        match entry {
            Entry::Turn(permit) => Ok(permit),
            Entry::Queued(waiting) => {
                let deadline = later(began, self.limits.timeout);
                within(&*self.clock, deadline, Box::pin(waiting.turn()).as_mut())
                    .await
                    .ok_or(NoTurn::TimedOut)
            }
        }
    }

    fn wait_for_body(&self) -> Result<WithoutBody<'_>, NoTurn> {
        let mut queue = self.lock();
        if queue.queued() >= self.limits.max_queued {
            return Err(NoTurn::Full);
        }
        queue.without_body += 1;
        Ok(WithoutBody(self))
    }

    fn enter(self: &Arc<Self>, kind: OperationKind, counted: Counted) -> Result<Entry, NoTurn> {
        let lane = lane(kind);
        let now = self.clock.instant();
        let mut queue = self.lock();
        if queue.no_call_waits_for_admission()
            && let Ok(turn) = queue.take_admission(lane, now, Spacing::AtOnce)
        {
            return Ok(Entry::Turn(Permit::new(self, lane, turn)));
        }
        // A token exchange is never refused: all waiting calls need its token.
        let bounded = kind != OperationKind::Token && matches!(counted, Counted::Not);
        if bounded && queue.queued() >= self.limits.max_queued {
            return Err(NoTurn::Full);
        }
        let place = queue.join(lane, false);
        Ok(Entry::Queued(Waiting::new(self, lane, place)))
    }

    /// Waits until the admitted request of `permit` may be sent, and counts it. Delays since the
    /// admission (a token exchange, a journal's write, a 429 to another call) must not make
    /// requests bunch up. Token exchanges first, the others in order.
    pub(crate) async fn await_departure(self: &Arc<Self>, permit: Permit) -> Permit {
        match self.leave(permit) {
            Leaving::Now(permit) => permit,
            Leaving::Later(waiting, permit) => Box::pin(waiting.departure(permit)).await,
        }
    }

    fn leave(self: &Arc<Self>, permit: Permit) -> Leaving {
        let now = self.clock.instant();
        let first = permit.lane == TOKEN;
        let mut queue = self.lock();
        if (first || queue.no_call_waits_to_be_sent())
            && let Ok((departure, wake)) = queue.take_send(now, Spacing::AtOnce)
        {
            drop(queue);
            wake.now();
            return Leaving::Now(permit.with_departure(departure));
        }
        let place = queue.join(READY, first);
        Leaving::Later(Waiting::new(self, READY, place), permit)
    }

    /// Holds every request for `duration`, because IDCloud answered 429.
    pub(crate) fn pause(&self, duration: Duration) {
        let until = later(self.clock.instant(), duration.min(LONGEST_PAUSE));
        let mut queue = self.lock();
        if queue.paused_until.is_none_or(|current| current < until) {
            queue.paused_until = Some(until);
        }
    }

    pub(crate) fn snapshot(&self) -> LimiterSnapshot {
        let now = self.clock.instant();
        let mut queue = self.lock();
        let [queued_tokens, queued_creates, queued_reads, _] = queue.lengths();
        LimiterSnapshot {
            rate: queue.sends.rate(),
            departed: queue.sends.counted(now),
            queued_tokens,
            queued_creates: queued_creates + queue.without_body,
            queued_reads,
            leaving: queue.unsent,
            paused_for: queue
                .paused_until
                .map_or(Duration::ZERO, |until| until.saturating_duration_since(now)),
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, LimiterState> {
        // No foreign code runs under this lock, so a poisoned state is still consistent.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A create that waits for a permit for its body.
struct WithoutBody<'a>(&'a Limiter);

impl Drop for WithoutBody<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.without_body = queue.without_body.saturating_sub(1);
    }
}

/// Whether a caller is already counted in the queue.
#[derive(Clone, Copy)]
enum Counted {
    Not,
    Already,
}

enum Entry {
    Turn(Permit),
    Queued(Waiting),
}

enum Leaving {
    Now(Permit),
    Later(Waiting, Permit),
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Limiter").field(&self.snapshot()).finish()
    }
}

#[cfg(test)]
#[cfg(feature = "test-util")]
mod tests;

//! The queue before the tenant's budget: who may leave next, and when.
//! It must never let a request leave over the budget, and never lose a turn to a caller who left.

use std::collections::VecDeque;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::clock::{Clock, later};
use crate::departures::{Departures, Stamp};
use crate::lanes::{LANES, Turns, lane};
use crate::operation::OperationKind;
use crate::timeout::within;

/// A turn that is older than this when its request is ready is taken anew.
const STALE: Duration = Duration::from_millis(25);
/// However long IDCloud asks to wait, all other calls are held no longer than this at a time.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How many may wait, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueLimits {
    pub(crate) max_queued: usize,
    pub(crate) timeout: Duration,
}

/// Why there was no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// As many wait as may.
    Full,
    /// The turn did not come in time.
    TimedOut,
}

/// How a limiter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimiterSnapshot {
    /// Departures a second that the budget allows.
    pub rate: usize,
    /// Departures that count against the budget now.
    pub departed: usize,
    /// Token exchanges that wait.
    pub queued_tokens: usize,
    /// Creates that wait, for their turn or for room for their body.
    pub queued_creates: usize,
    /// Lookups that wait.
    pub queued_reads: usize,
    /// How long everything is still held because IDCloud answered 429.
    pub paused_for: Duration,
}

/// Shares one tenant's departures out.
///
/// Nothing runs in the background: the waiter whose turn is next sleeps for all of them, and wakes
/// the one after it, also when its future is dropped.
pub(crate) struct Limiter {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    limits: QueueLimits,
}

struct State {
    departures: Departures,
    turns: Turns,
    queues: [VecDeque<Waiter>; LANES],
    /// Creates that wait for room for their body.
    without_body: usize,
    paused_until: Option<Instant>,
    numbered: u64,
}

struct Waiter {
    number: u64,
    wake: Arc<Notify>,
}

impl Limiter {
    pub(crate) fn new(rate: usize, limits: QueueLimits, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                departures: Departures::new(rate),
                turns: Turns::default(),
                queues: Default::default(),
                without_body: 0,
                paused_until: None,
                numbered: 0,
            }),
            clock,
            limits,
        })
    }

    /// Waits for a turn.
    pub(crate) async fn acquire(self: &Arc<Self>, kind: OperationKind) -> Result<Permit, NoTurn> {
        let entry = self.enter(kind, Counted::Not)?;
        let began = self.clock.instant();
        self.turn(entry, began).await
    }

    /// Waits for a create's room among `bodies`, and then for its turn: one wait, one limit. Who has
    /// no room takes no turn, so that creates which are held up cost nobody a departure.
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
            Entry::Queue(waiting) => {
                let deadline = later(began, self.limits.timeout);
                within(&*self.clock, deadline, Box::pin(waiting.turn()).as_mut())
                    .await
                    .ok_or(NoTurn::TimedOut)
            }
        }
    }

    fn wait_for_body(&self) -> Result<WithoutBody<'_>, NoTurn> {
        let mut state = self.lock();
        if state.queued() >= self.limits.max_queued {
            return Err(NoTurn::Full);
        }
        state.without_body += 1;
        Ok(WithoutBody(self))
    }

    fn enter(self: &Arc<Self>, kind: OperationKind, counted: Counted) -> Result<Entry, NoTurn> {
        let lane = lane(kind);
        let now = self.clock.instant();
        let mut state = self.lock();
        if state.nobody_waits()
            && let Ok(stamp) = state.take(lane, now, Pace::AtOnce)
        {
            return Ok(Entry::Turn(self.permit(lane, stamp)));
        }
        // A token exchange is not refused: everything that waits would wait in vain.
        let bounded = kind != OperationKind::Token && matches!(counted, Counted::Not);
        if bounded && state.queued() >= self.limits.max_queued {
            return Err(NoTurn::Full);
        }
        Ok(Entry::Queue(self.join(&mut state, lane, Place::Back)))
    }

    /// Takes a turn anew, before everyone else of the lane, when `permit` has grown old: what
    /// happened since (a token exchange, a journal's write) must not make departures bunch up.
    pub(crate) async fn renew(self: &Arc<Self>, permit: Permit) -> Permit {
        match self.enter_again(permit) {
            Entry::Turn(permit) => permit,
            Entry::Queue(waiting) => Box::pin(waiting.turn()).await,
        }
    }

    fn enter_again(self: &Arc<Self>, permit: Permit) -> Entry {
        let now = self.clock.instant();
        if now.duration_since(permit.stamp.at()) <= STALE {
            return Entry::Turn(permit);
        }
        let lane = permit.lane;
        let mut state = self.lock();
        state.departures.give_back(permit.defuse());
        match state.take(lane, now, Pace::AtOnce) {
            Ok(stamp) => Entry::Turn(self.permit(lane, stamp)),
            Err(_) => Entry::Queue(self.join(&mut state, lane, Place::Front)),
        }
    }

    /// Holds every departure for `duration`, because IDCloud answered 429.
    pub(crate) fn pause(&self, duration: Duration) {
        let until = later(self.clock.instant(), duration.min(LONGEST_PAUSE));
        let mut state = self.lock();
        if state.paused_until.is_none_or(|current| current < until) {
            state.paused_until = Some(until);
        }
    }

    pub(crate) fn snapshot(&self) -> LimiterSnapshot {
        let now = self.clock.instant();
        let mut state = self.lock();
        let [queued_tokens, queued_creates, queued_reads] =
            state.queues.each_ref().map(VecDeque::len);
        LimiterSnapshot {
            rate: state.departures.rate(),
            departed: state.departures.counted(now),
            queued_tokens,
            queued_creates: queued_creates + state.without_body,
            queued_reads,
            paused_for: state
                .paused_until
                .map_or(Duration::ZERO, |until| until.saturating_duration_since(now)),
        }
    }

    fn join(self: &Arc<Self>, state: &mut State, lane: usize, place: Place) -> Waiting {
        let number = state.numbered;
        state.numbered += 1;
        let wake = Arc::new(Notify::new());
        let waiter = Waiter {
            number,
            wake: Arc::clone(&wake),
        };
        if let Some(queue) = state.queues.get_mut(lane) {
            match place {
                Place::Back => queue.push_back(waiter),
                Place::Front => queue.push_front(waiter),
            }
        }
        Waiting {
            limiter: Arc::clone(self),
            lane,
            number,
            wake,
        }
    }

    fn permit(self: &Arc<Self>, lane: usize, stamp: Stamp) -> Permit {
        Permit {
            limiter: Arc::clone(self),
            lane,
            stamp,
            held: true,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of others runs under this lock, so a poisoned state is a whole state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A create that waits for room for its body.
struct WithoutBody<'a>(&'a Limiter);

impl Drop for WithoutBody<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.without_body = state.without_body.saturating_sub(1);
    }
}

/// Whether a caller counts among those who wait already.
#[derive(Clone, Copy)]
enum Counted {
    Not,
    Already,
}

enum Entry {
    Turn(Permit),
    Queue(Waiting),
}

/// Whether a request has waited for its turn, or found a free slot on arrival.
#[derive(Clone, Copy)]
enum Pace {
    AtOnce,
    Apart,
}

#[derive(Clone, Copy)]
enum Place {
    Back,
    Front,
}

impl State {
    fn queued(&self) -> usize {
        self.without_body + self.queues.iter().map(VecDeque::len).sum::<usize>()
    }

    fn nobody_waits(&self) -> bool {
        self.queues.iter().all(VecDeque::is_empty)
    }

    /// A departure now, or when one is possible.
    fn take(&mut self, lane: usize, now: Instant, pace: Pace) -> Result<Stamp, Instant> {
        if let Some(until) = self.paused_until {
            if now < until {
                return Err(until);
            }
            self.paused_until = None;
        }
        let stamp = match pace {
            Pace::AtOnce => self.departures.take(now),
            Pace::Apart => self.departures.take_paced(now),
        }?;
        self.turns.took(lane);
        Ok(stamp)
    }

    /// The waiter whose turn is next.
    fn next(&self) -> Option<&Waiter> {
        let waiting = self.queues.each_ref().map(|queue| !queue.is_empty());
        self.queues.get(self.turns.next(waiting)?)?.front()
    }

    fn wake_next(&self) {
        if let Some(next) = self.next() {
            next.wake.notify_one();
        }
    }

    fn leave(&mut self, lane: usize, number: u64) {
        if let Some(queue) = self.queues.get_mut(lane)
            && let Some(index) = queue.iter().position(|waiter| waiter.number == number)
        {
            queue.remove(index);
        }
    }
}

/// A place in the queue. Leaving it, also by being dropped, wakes the next.
struct Waiting {
    limiter: Arc<Limiter>,
    lane: usize,
    number: u64,
    wake: Arc<Notify>,
}

enum Step {
    Turn(Permit),
    SleepUntil(Instant),
    Wait,
}

impl Waiting {
    async fn turn(self) -> Permit {
        loop {
            match self.step() {
                Step::Turn(permit) => return permit,
                Step::Wait => self.wake.notified().await,
                Step::SleepUntil(at) => {
                    // A wake-up in between means that the state has changed: look again.
                    let woken = pin!(self.wake.notified());
                    let _ = within(&*self.limiter.clock, at, woken).await;
                }
            }
        }
    }

    fn step(&self) -> Step {
        let now = self.limiter.clock.instant();
        let mut state = self.limiter.lock();
        if state.next().is_none_or(|next| next.number != self.number) {
            return Step::Wait;
        }
        match state.take(self.lane, now, Pace::Apart) {
            Err(at) => Step::SleepUntil(at),
            Ok(stamp) => {
                state.leave(self.lane, self.number);
                Step::Turn(self.limiter.permit(self.lane, stamp))
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.limiter.lock();
        state.leave(self.lane, self.number);
        state.wake_next();
    }
}

/// A turn. Dropping it before [`depart`](Self::depart) gives the departure back.
#[must_use = "dropping a turn gives it back"]
pub(crate) struct Permit {
    limiter: Arc<Limiter>,
    lane: usize,
    stamp: Stamp,
    held: bool,
}

impl Permit {
    /// The request leaves now.
    pub(crate) fn depart(self) {
        let _ = self.defuse();
    }

    fn defuse(mut self) -> Stamp {
        self.held = false;
        self.stamp
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.held {
            let mut state = self.limiter.lock();
            state.departures.give_back(self.stamp);
            state.wake_next();
        }
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Limiter").field(&self.snapshot()).finish()
    }
}

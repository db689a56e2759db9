//! An admitted call's slots, and a place in a queue.
//!
//! Must not be lost: dropping either gives it back, and wakes the next waiter.

use std::pin::pin;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::budget::limiter::Limiter;
use crate::budget::sliding_window::Slot;
use crate::budget::state::{NotYet, Spacing};
use crate::time::timeout::before;

/// An admission slot, and later its send slot. Dropping it before [`depart`](Self::depart) gives
/// both back.
#[must_use = "dropping a turn gives it back"]
pub(crate) struct Permit {
    limiter: Arc<Limiter>,
    pub(crate) lane: usize,
    turn: Slot,
    departure: Option<Slot>,
    held: bool,
}

impl Permit {
    pub(crate) fn new(limiter: &Arc<Limiter>, lane: usize, turn: Slot) -> Self {
        Self {
            limiter: Arc::clone(limiter),
            lane,
            turn,
            departure: None,
            held: true,
        }
    }

    pub(crate) fn with_departure(mut self, departure: Slot) -> Self {
        self.departure = Some(departure);
        self
    }

    /// The request is sent now.
    pub(crate) fn depart(mut self) {
        self.held = false;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.held {
            let wake = self.limiter.lock().give_back(self.turn, self.departure);
            wake.now();
        }
    }
}

/// A place in a queue. Leaving it, also by a drop, wakes the next waiter.
pub(crate) struct Waiting {
    limiter: Arc<Limiter>,
    line: usize,
    number: u64,
    wake: Arc<Notify>,
}

enum Step<T> {
    Ready(T),
    SleepUntil(Instant),
    Wait,
}

impl Waiting {
    pub(crate) fn new(
        limiter: &Arc<Limiter>,
        line: usize,
        (number, wake): (u64, Arc<Notify>),
    ) -> Self {
        Self {
            limiter: Arc::clone(limiter),
            line,
            number,
            wake,
        }
    }

    /// Waits in a lane for admission.
    pub(crate) async fn turn(self) -> Permit {
        self.until(Self::try_turn).await
    }

    /// Waits to be sent.
    pub(crate) async fn departure(self, permit: Permit) -> Permit {
        let departure = self.until(Self::try_departure).await;
        permit.with_departure(departure)
    }

    async fn until<T>(&self, step: impl Fn(&Self) -> Step<T>) -> T {
        loop {
            match step(self) {
                Step::Ready(ready) => return ready,
                Step::Wait => self.wake.notified().await,
                Step::SleepUntil(at) => {
                    // A wake-up in between means that the state changed: check again.
                    let woken = pin!(self.wake.notified());
                    let _ = before(self.limiter.clock(), at, woken).await;
                }
            }
        }
    }

    fn try_turn(&self) -> Step<Permit> {
        let now = self.limiter.clock().instant();
        let mut queue = self.limiter.lock();
        if !queue.is_next(self.line, self.number) {
            return Step::Wait;
        }
        match queue.take_admission(self.line, now, Spacing::Apart) {
            Ok(turn) => Step::Ready(Permit::new(&self.limiter, self.line, turn)),
            Err(NotYet::Until(at)) => Step::SleepUntil(at),
            Err(NotYet::Closed) => Step::Wait,
        }
    }

    fn try_departure(&self) -> Step<Slot> {
        let now = self.limiter.clock().instant();
        let mut queue = self.limiter.lock();
        if !queue.is_next(self.line, self.number) {
            return Step::Wait;
        }
        match queue.take_send(now, Spacing::Apart) {
            // Leaving the queue wakes every waiter that this concerns.
            Ok((departure, _)) => Step::Ready(departure),
            Err(at) => Step::SleepUntil(at),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let wake = self.limiter.lock().leave(self.line, self.number);
        wake.now();
    }
}

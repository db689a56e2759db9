//! The limiter's state: the admission window, the send window and one FIFO per lane. Every method
//! runs under the limiter's mutex.
//!
//! Must not wake a waiter by itself: it returns the waiters to wake after the lock is released.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::budget::lanes::{LANES, LanePriority, TOKEN};
use crate::budget::sliding_window::{SlidingWindow, Slot};

/// The queue of admitted calls that wait to be sent; the other queues are the lanes.
pub(crate) const READY: usize = LANES;
/// How many seconds' worth of calls may be admitted and unsent. Tokens and hooks may take this long
/// without costing throughput, and a slow token exchange cannot gather a larger crowd that would be
/// late when it is sent.
const SECONDS_UNSENT: usize = 5;

/// The waiters to wake once the lock is released.
#[derive(Default)]
pub(crate) struct Wake([Option<Arc<Notify>>; 2]);

impl Wake {
    pub(crate) fn now(self) {
        for waiter in self.0.into_iter().flatten() {
            waiter.notify_one();
        }
    }
}

/// Why a call is not admitted yet.
pub(crate) enum NotYet {
    /// It may be admitted then.
    Until(Instant),
    /// Admitted calls must be sent first; they wake the next waiter.
    Closed,
}

/// Whether a request found a free slot on arrival, or has waited and follows at a distance: so
/// bursts of lookups do not delay creates beyond a second.
#[derive(Clone, Copy)]
pub(crate) enum Spacing {
    AtOnce,
    Apart,
}

struct Waiter {
    number: u64,
    wake: Arc<Notify>,
}

/// The limiter's state.
///
/// A call takes a slot of two windows. The admission lets it fetch a token and run its hook, and
/// spaces calls out. The send counts against the budget, so a slow hook costs the call's time and
/// none of the tenant's budget.
pub(crate) struct LimiterState {
    admissions: SlidingWindow,
    pub(crate) sends: SlidingWindow,
    order: LanePriority,
    queues: [VecDeque<Waiter>; LANES + 1],
    /// Admissions whose calls have not been sent yet.
    pub(crate) unsent: usize,
    /// Creates that wait for a permit for their body.
    pub(crate) without_body: usize,
    pub(crate) paused_until: Option<Instant>,
    numbered: u64,
}

impl LimiterState {
    pub(crate) fn new(rate: usize) -> Self {
        Self {
            admissions: SlidingWindow::new(rate),
            sends: SlidingWindow::new(rate),
            order: LanePriority::default(),
            queues: Default::default(),
            unsent: 0,
            without_body: 0,
            paused_until: None,
            numbered: 0,
        }
    }

    /// The length of each queue.
    pub(crate) fn lengths(&self) -> [usize; LANES + 1] {
        self.queues.each_ref().map(VecDeque::len)
    }

    /// How many calls wait for admission, or for a permit for their body before it.
    pub(crate) fn queued(&self) -> usize {
        let lanes = self.queues.iter().take(LANES);
        self.without_body + lanes.map(VecDeque::len).sum::<usize>()
    }

    pub(crate) fn no_call_waits_for_admission(&self) -> bool {
        self.queues.iter().take(LANES).all(VecDeque::is_empty)
    }

    pub(crate) fn no_call_waits_to_be_sent(&self) -> bool {
        self.queues.last().is_none_or(VecDeque::is_empty)
    }

    /// Whether calls are admitted: not while too many admitted calls are unsent.
    fn is_open(&self) -> bool {
        let rate = self.sends.rate();
        let ready = self.queues.last().map_or(0, VecDeque::len);
        self.unsent < rate.saturating_mul(SECONDS_UNSENT) && ready < rate
    }

    /// Admits a call now, or says why not.
    pub(crate) fn take_admission(
        &mut self,
        lane: usize,
        now: Instant,
        spacing: Spacing,
    ) -> Result<Slot, NotYet> {
        self.paused(now).map_err(NotYet::Until)?;
        // A token exchange is admitted all the same: the admitted calls wait for its token.
        if lane != TOKEN && !self.is_open() {
            return Err(NotYet::Closed);
        }
        let slot = take(&mut self.admissions, now, spacing).map_err(NotYet::Until)?;
        self.order.took(lane);
        self.unsent += 1;
        Ok(slot)
    }

    /// Takes a send slot now, or says when one is free; returns the waiter to wake if that reopens
    /// admission.
    pub(crate) fn take_send(
        &mut self,
        now: Instant,
        spacing: Spacing,
    ) -> Result<(Slot, Wake), Instant> {
        self.paused(now)?;
        let slot = take(&mut self.sends, now, spacing)?;
        let was_open = self.is_open();
        self.unsent = self.unsent.saturating_sub(1);
        let opened = !was_open && self.is_open();
        let next = opened.then(|| self.next_to_admit()).flatten().map(waker);
        Ok((slot, Wake([next, None])))
    }

    /// Takes back the slots of a call that will not be sent.
    pub(crate) fn give_back(&mut self, admission: Slot, send: Option<Slot>) -> Wake {
        self.admissions.give_back(admission);
        // A call that had a send slot was no longer counted as unsent.
        match send {
            Some(send) => self.sends.give_back(send),
            None => self.unsent = self.unsent.saturating_sub(1),
        }
        self.next_of_both()
    }

    fn paused(&mut self, now: Instant) -> Result<(), Instant> {
        match self.paused_until {
            Some(until) if now < until => Err(until),
            _ => {
                self.paused_until = None;
                Ok(())
            }
        }
    }

    /// Joins a queue at its end, or at its front.
    pub(crate) fn join(&mut self, index: usize, first: bool) -> (u64, Arc<Notify>) {
        let number = self.numbered;
        self.numbered += 1;
        let wake = Arc::new(Notify::new());
        let waiter = Waiter {
            number,
            wake: Arc::clone(&wake),
        };
        if let Some(queue) = self.queues.get_mut(index) {
            if first {
                queue.push_front(waiter);
            } else {
                queue.push_back(waiter);
            }
        }
        (number, wake)
    }

    /// Leaves a queue from any position, and returns the waiters to wake.
    pub(crate) fn leave(&mut self, index: usize, number: u64) -> Wake {
        if let Some(queue) = self.queues.get_mut(index)
            && let Some(place) = queue.iter().position(|waiter| waiter.number == number)
        {
            queue.remove(place);
        }
        // One less ready call may also reopen admission.
        if index == READY {
            self.next_of_both()
        } else {
            Wake([self.next_to_admit().map(waker), None])
        }
    }

    /// Whether this waiter is the next one of its kind.
    pub(crate) fn is_next(&self, index: usize, number: u64) -> bool {
        let next = if index == READY {
            self.next_to_send()
        } else {
            self.next_to_admit()
        };
        next.is_some_and(|next| next.number == number)
    }

    fn next_to_admit(&self) -> Option<&Waiter> {
        let [token, create, read, _] = self.queues.each_ref().map(|queue| !queue.is_empty());
        self.queues
            .get(self.order.next([token, create, read])?)?
            .front()
    }

    fn next_to_send(&self) -> Option<&Waiter> {
        self.queues.last()?.front()
    }

    fn next_of_both(&self) -> Wake {
        Wake([
            self.next_to_admit().map(waker),
            self.next_to_send().map(waker),
        ])
    }
}

fn waker(waiter: &Waiter) -> Arc<Notify> {
    Arc::clone(&waiter.wake)
}

fn take(window: &mut SlidingWindow, now: Instant, spacing: Spacing) -> Result<Slot, Instant> {
    match spacing {
        Spacing::AtOnce => window.take(now),
        Spacing::Apart => window.take_paced(now),
    }
}

#[cfg(test)]
mod tests;

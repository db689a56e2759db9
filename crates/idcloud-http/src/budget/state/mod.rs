//! The limiter's state: the admission window, the send window and one FIFO a lane. Every method runs under its mutex.
//!
//! Must not wake a waiter by itself: the waiters to wake are returned, and woken past the lock.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::budget::lanes::{LANES, LanePriority, TOKEN};
use crate::budget::sliding_window::{SlidingWindow, Slot};

/// The line of those who had their turn and wait to leave; the others are the lanes.
pub(crate) const READY: usize = LANES;
/// How many seconds' worth of turns may be out before the next is given: what happens between turn
/// and departure may take this long without costing throughput, and no more calls than that can
/// come to stand before the departures when a token exchange drags on.
const SECONDS_OUT: usize = 5;

/// Who should be woken, once the lock is let go.
#[derive(Default)]
pub(crate) struct Wake([Option<Arc<Notify>>; 2]);

impl Wake {
    pub(crate) fn now(self) {
        for waiter in self.0.into_iter().flatten() {
            waiter.notify_one();
        }
    }
}

/// Why there is no turn yet.
pub(crate) enum NotYet {
    /// There may be one then.
    Until(Instant),
    /// Others must leave first, and wake who is next.
    Closed,
}

/// Whether a request has waited, or found a free slot on arrival.
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
/// A call passes two rings. A turn lets it begin, and spaces calls out; the departure, which comes
/// when its token is there and its hook is done, is what the budget counts. Where nothing takes
/// time in between, both are one moment.
pub(crate) struct LimiterState {
    turns: SlidingWindow,
    pub(crate) departures: SlidingWindow,
    order: LanePriority,
    lines: [VecDeque<Waiter>; LANES + 1],
    /// Admissions whose calls have not been sent yet.
    pub(crate) out: usize,
    /// Creates that wait for room for their body.
    pub(crate) without_body: usize,
    pub(crate) paused_until: Option<Instant>,
    numbered: u64,
}

impl LimiterState {
    pub(crate) fn new(rate: usize) -> Self {
        Self {
            turns: SlidingWindow::new(rate),
            departures: SlidingWindow::new(rate),
            order: LanePriority::default(),
            lines: Default::default(),
            out: 0,
            without_body: 0,
            paused_until: None,
            numbered: 0,
        }
    }

    /// How many wait in each line.
    pub(crate) fn lengths(&self) -> [usize; LANES + 1] {
        self.lines.each_ref().map(VecDeque::len)
    }

    /// How many wait for a turn, or for room before it.
    pub(crate) fn queued(&self) -> usize {
        let lanes = self.lines.iter().take(LANES);
        self.without_body + lanes.map(VecDeque::len).sum::<usize>()
    }

    pub(crate) fn no_call_waits_for_admission(&self) -> bool {
        self.lines.iter().take(LANES).all(VecDeque::is_empty)
    }

    pub(crate) fn no_call_waits_to_be_sent(&self) -> bool {
        self.lines.last().is_none_or(VecDeque::is_empty)
    }

    /// Whether calls get turns: not while those who had one pile up behind them.
    fn is_open(&self) -> bool {
        let rate = self.departures.rate();
        let leaving = self.lines.last().map_or(0, VecDeque::len);
        self.out < rate.saturating_mul(SECONDS_OUT) && leaving < rate
    }

    /// A turn now, or why not.
    pub(crate) fn take_turn(
        &mut self,
        lane: usize,
        now: Instant,
        pace: Spacing,
    ) -> Result<Slot, NotYet> {
        self.paused(now).map_err(NotYet::Until)?;
        // A token exchange has its turn all the same: it is what those who are out wait for.
        if lane != TOKEN && !self.is_open() {
            return Err(NotYet::Closed);
        }
        let slot = take(&mut self.turns, now, pace).map_err(NotYet::Until)?;
        self.order.took(lane);
        self.out += 1;
        Ok(slot)
    }

    /// A departure now, or when one is possible; and who may go on because there is one less out.
    pub(crate) fn take_departure(
        &mut self,
        now: Instant,
        pace: Spacing,
    ) -> Result<(Slot, Wake), Instant> {
        self.paused(now)?;
        let slot = take(&mut self.departures, now, pace)?;
        let was_open = self.is_open();
        self.out = self.out.saturating_sub(1);
        let opened = !was_open && self.is_open();
        let next = opened.then(|| self.next_turn()).flatten().map(waker);
        Ok((slot, Wake([next, None])))
    }

    /// Takes back a turn whose call will not leave.
    pub(crate) fn give_back(&mut self, turn: Slot, departure: Option<Slot>) -> Wake {
        self.turns.give_back(turn);
        match departure {
            Some(departure) => self.departures.give_back(departure),
            None => self.out = self.out.saturating_sub(1),
        }
        self.wake_all_lines()
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

    /// Joins a line at its end, or at its front.
    pub(crate) fn join(&mut self, line: usize, first: bool) -> (u64, Arc<Notify>) {
        let number = self.numbered;
        self.numbered += 1;
        let wake = Arc::new(Notify::new());
        let waiter = Waiter {
            number,
            wake: Arc::clone(&wake),
        };
        if let Some(queue) = self.lines.get_mut(line) {
            if first {
                queue.push_front(waiter);
            } else {
                queue.push_back(waiter);
            }
        }
        (number, wake)
    }

    /// Leaves a line, wherever it stood, and says who is next.
    pub(crate) fn leave(&mut self, line: usize, number: u64) -> Wake {
        if let Some(queue) = self.lines.get_mut(line)
            && let Some(index) = queue.iter().position(|waiter| waiter.number == number)
        {
            queue.remove(index);
        }
        if line == READY {
            self.wake_all_lines()
        } else {
            Wake([self.next_turn().map(waker), None])
        }
    }

    /// Whether this is the waiter of its line whose time has come.
    pub(crate) fn is_next(&self, line: usize, number: u64) -> bool {
        let next = if line == READY {
            self.next_to_leave()
        } else {
            self.next_turn()
        };
        next.is_some_and(|next| next.number == number)
    }

    fn next_turn(&self) -> Option<&Waiter> {
        let [token, create, read, _] = self.lines.each_ref().map(|line| !line.is_empty());
        self.lines
            .get(self.order.next([token, create, read])?)?
            .front()
    }

    fn next_to_leave(&self) -> Option<&Waiter> {
        self.lines.last()?.front()
    }

    fn wake_all_lines(&self) -> Wake {
        Wake([self.next_turn().map(waker), self.next_to_leave().map(waker)])
    }
}

fn waker(waiter: &Waiter) -> Arc<Notify> {
    Arc::clone(&waiter.wake)
}

fn take(ring: &mut SlidingWindow, now: Instant, pace: Spacing) -> Result<Slot, Instant> {
    match pace {
        Spacing::AtOnce => ring.take(now),
        Spacing::Apart => ring.take_paced(now),
    }
}

#[cfg(test)]
mod tests;

//! Waiting for many processes at once, driven by whoever wants their answers.
//!
//! Must not start a task, nor hold a place in the client's queue while nobody drives it, nor lose a process.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use idcloud_http::{ApiKey, Sleep, was_stopped};
use tokio::time::Instant;

use crate::wait::error::{WaitError, WaitErrorKind};
use crate::wait::hints::{Subscription, Ticket};
use crate::wait::poll::{LAST_LOOK, PollResult, Poller, Progress};
use crate::wait::watch::{PollPlan, Trigger};
use crate::{Pending, Report};

/// Looks of each sort that one waiter has under way at most.
const LOOKS_AT_ONCE: usize = 16;

/// Processes that are waited for together, by notifications and polls.
///
/// Made by [`IdCloud::waiter`](crate::IdCloud::waiter). Add what is pending, and take the answers as they come with [`next`](Self::next). Nothing
/// runs in the background: while nobody awaits `next`, nothing is asked for; what was asked already is not lost.
///
/// Ten thousand wait as well as one: a process that is not being looked at is a few numbers beside its [`Pending`]. Where more is
/// due than the budget allows, the longest due goes first, and notifications before polls.
///
/// ```
/// # async fn example(idcloud: idcloud_flows::IdCloud, key: idcloud_flows::http::ApiKey, unfinished: Vec<idcloud_flows::Pending>) {
/// use std::time::Duration;
///
/// let mut waiter = idcloud.waiter();
/// for pending in unfinished {
///     if let Err(error) = waiter.add(pending, &key, Duration::from_secs(600)) {
///         println!("{error}");
///     }
/// }
/// while let Some(result) = waiter.next().await {
///     match result {
///         Ok(report) => println!("{:?}", report.verdict().decision()),
///         Err(error) => println!("{error}"),
///     }
/// }
/// # }
/// ```
#[must_use = "a waiter asks for nothing until `next` is awaited"]
pub struct Waiter {
    looker: Poller,
    subscription: Subscription,
    keys: Vec<ApiKey>,
    entries: BTreeMap<Ticket, Box<Entry>>,
    /// Those that are not being looked at, by when to look next; by hints and by polls.
    hinted: BTreeSet<(Instant, Ticket)>,
    polled: BTreeSet<(Instant, Ticket)>,
    /// The same ones, by their end.
    ending: BTreeSet<(Instant, Ticket)>,
    flights: Vec<Flight>,
    /// Until when no wait is over whose end came while the program was stopped.
    grace: Option<Instant>,
}

struct Entry {
    pending: Pending,
    watch: PollPlan,
    key: usize,
    looked_at: bool,
}

/// When a wait with this end is over: the last look has a moment of its own behind it, of running time.
fn cut_off(end: Instant, grace: Option<Instant>) -> Instant {
    let cut_off = end + LAST_LOOK;
    grace.map_or(cut_off, |grace| cut_off.max(grace))
}

/// A look under way.
struct Flight {
    ticket: Ticket,
    why: Trigger,
    before: PollPlan,
    cut_off: Instant,
    progress: Progress,
    look: Pin<Box<dyn Future<Output = (Pending, PollResult)> + Send>>,
}

impl Waiter {
    pub(crate) fn new(looker: Poller) -> Self {
        Self {
            subscription: Subscription::new(&looker.waits().hints),
            looker,
            keys: Vec::new(),
            entries: BTreeMap::new(),
            hinted: BTreeSet::new(),
            polled: BTreeSet::new(),
            ending: BTreeSet::new(),
            flights: Vec::new(),
            grace: None,
        }
    }

    /// Waits for one more process, at most for `limit` from now, and looks at it with `key`.
    ///
    /// # Errors
    /// The process belongs to another environment or tenant; it is handed back.
    pub fn add(
        &mut self,
        pending: Pending,
        key: &ApiKey,
        limit: Duration,
    ) -> Result<(), WaitError> {
        if !self.looker.owns(&pending) {
            return Err(WaitError::new(WaitErrorKind::OtherTenant, pending, None));
        }
        let clock = self.looker.clock();
        let age = clock.now().duration_since(pending.submitted_at());
        let (now, polling) = (clock.instant(), self.looker.waits().polling);
        let age = age.unwrap_or_default();
        let watch = PollPlan::new(now, age, limit, polling, fastrand::f64());
        let ticket = self.subscription.add(pending.process_id());
        let key = self.place_of(key);
        let entry = Entry {
            pending,
            watch,
            key,
            looked_at: false,
        };
        self.entries.insert(ticket, Box::new(entry));
        self.enqueue(ticket);
        Ok(())
    }

    /// How many processes are waited for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is waited for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The next process whose wait ends: with its report, or with an error that hands it back. Nothing once none is left.
    ///
    /// The future can be dropped at any time, for instance by `select!`: no answer and no process is lost. Looks that have left are taken up
    /// again by the next call; those that have not give up their places, so that they are in nobody's way, and begin anew.
    pub async fn next(&mut self) -> Option<Result<Report, WaitError>> {
        let driven = Driven(self);
        let clock = Arc::clone(driven.0.looker.clock());
        let mut timer: Option<(Instant, Sleep<'_>)> = None;
        poll_fn(|cx| {
            loop {
                let now = clock.instant();
                if timer.as_ref().is_some_and(|(at, _)| was_stopped(*at, now)) {
                    // Waits whose end came meanwhile still have their last look.
                    driven.0.grace = Some(now + LAST_LOOK);
                    timer = None;
                }
                if let Poll::Ready(ended) = driven.0.advance(cx, now) {
                    return Poll::Ready(ended);
                }
                let Some(at) = driven.0.next_wakeup() else {
                    // One that was not needed any more would seem late later.
                    timer = None;
                    return Poll::Pending;
                };
                let (set_for, sleep) = match &mut timer {
                    Some(timer) if timer.0 == at => timer,
                    _ => timer.insert((at, clock.sleep_until(at))),
                };
                debug_assert_eq!(*set_for, at);
                if sleep.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                timer = None;
            }
        })
        .await
    }

    /// Ends all waits, and hands the processes back.
    #[must_use = "pending processes were paid for"]
    pub fn into_pendings(mut self) -> Vec<Pending> {
        let entries = std::mem::take(&mut self.entries);
        self.forget(&entries);
        entries.into_values().map(|entry| entry.pending).collect()
    }

    fn place_of(&mut self, key: &ApiKey) -> usize {
        let known = self.keys.iter().position(|known| known.is_same(key));
        known.unwrap_or_else(|| {
            self.keys.push(key.clone());
            self.keys.len() - 1
        })
    }

    /// Does whatever can be done now.
    fn advance(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
    ) -> Poll<Option<Result<Report, WaitError>>> {
        self.take_hints(cx);
        loop {
            self.start_due(now);
            match self.drive_running(cx) {
                // What has landed makes room for others.
                Poll::Ready((flight, pending, seen)) => {
                    if let Some(ended) = self.finish(&flight, pending, seen, now) {
                        return Poll::Ready(Some(ended));
                    }
                }
                Poll::Pending => break,
            }
        }
        if let Some(ended) = self.overdue(now) {
            return Poll::Ready(Some(Err(ended)));
        }
        if self.entries.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Pending
    }

    fn take_hints(&mut self, cx: &Context<'_>) {
        loop {
            let hinted = self.subscription.take(cx.waker());
            if hinted.is_empty() {
                return;
            }
            for ticket in hinted {
                self.dequeue(ticket);
                if let Some(entry) = self.entries.get_mut(&ticket) {
                    entry.watch.hint();
                    self.enqueue(ticket);
                }
            }
        }
    }

    /// Begins the looks that are due, as far as there is room.
    fn start_due(&mut self, now: Instant) {
        for why in [Trigger::Hint, Trigger::Poll] {
            while self.under_way(why) < LOOKS_AT_ONCE {
                match self.line(why).first().copied() {
                    Some((at, ticket)) if at <= now => self.begin(ticket, why, now),
                    _ => break,
                }
            }
        }
    }

    fn begin(&mut self, ticket: Ticket, why: Trigger, now: Instant) {
        self.dequeue(ticket);
        let Some(entry) = self.entries.get_mut(&ticket) else {
            return;
        };
        let Some(key) = self.keys.get(entry.key).cloned() else {
            return;
        };
        let before = entry.watch;
        entry.watch.begin(now);
        entry.looked_at = true;
        let (looker, pending) = (self.looker.clone(), entry.pending.clone());
        let progress = Progress::default();
        let cut_off = cut_off(entry.watch.end(), self.grace);
        let look = looker.look(key, pending, why, cut_off, progress.clone());
        self.flights.push(Flight {
            ticket,
            why,
            before,
            cut_off,
            progress,
            look: Box::pin(look),
        });
    }

    /// Polls the looks under way until one ends.
    fn drive_running(&mut self, cx: &mut Context<'_>) -> Poll<(Flight, Pending, PollResult)> {
        let mut number = 0;
        while number < self.flights.len() {
            // Out of the list while it is polled: code of others runs in there, and may panic.
            let mut flight = self.flights.swap_remove(number);
            match catch_unwind(AssertUnwindSafe(|| flight.look.as_mut().poll(cx))) {
                Ok(Poll::Ready((pending, seen))) => {
                    return Poll::Ready((flight, pending, seen));
                }
                Ok(Poll::Pending) => {
                    self.flights.push(flight);
                    let last = self.flights.len() - 1;
                    self.flights.swap(number, last);
                    number += 1;
                }
                Err(panic) => {
                    self.cancel(&flight);
                    resume_unwind(panic);
                }
            }
        }
        Poll::Pending
    }

    /// What a look comes to; something if its wait ends with it.
    fn finish(
        &mut self,
        flight: &Flight,
        seen_pending: Pending,
        seen: PollResult,
        now: Instant,
    ) -> Option<Result<Report, WaitError>> {
        let ticket = flight.ticket;
        if was_stopped(flight.cut_off, now) {
            self.grace = Some(now + LAST_LOOK);
        }
        let entry = self.entries.get_mut(&ticket)?;
        entry.pending = seen_pending;
        entry.looked_at = false;
        let (kind, error) = match seen {
            PollResult::Final(report) => {
                self.remove(ticket);
                return Some(Ok(*report));
            }
            PollResult::Refused(error) => (WaitErrorKind::Refused, Some(error)),
            PollResult::Doubtful(error) => (WaitErrorKind::Ambiguous, Some(error)),
            PollResult::NotYet | PollResult::Nothing(_) => {
                let polling = self.looker.waits().polling;
                // One that began before the program was stopped was not the last.
                let is_last = flight.cut_off >= cut_off(entry.watch.end(), self.grace);
                if entry.watch.look_again(now, polling, fastrand::f64()) || !is_last {
                    self.enqueue(ticket);
                    return None;
                }
                let error = match seen {
                    PollResult::Nothing(error) => error,
                    _ => None,
                };
                (WaitErrorKind::DeadlineReached, error)
            }
        };
        let pending = self.remove(ticket)?.pending;
        Some(Err(WaitError::new(kind, pending, error)))
    }

    /// One whose end has passed without room for its last look.
    fn overdue(&mut self, now: Instant) -> Option<WaitError> {
        let (end, ticket) = self.ending.first().copied()?;
        if now < cut_off(end, self.grace) {
            return None;
        }
        let pending = self.remove(ticket)?.pending;
        Some(WaitError::new(
            WaitErrorKind::DeadlineReached,
            pending,
            None,
        ))
    }

    /// When there is something to do although nothing else happens.
    fn next_wakeup(&self) -> Option<Instant> {
        let due = [Trigger::Hint, Trigger::Poll]
            .into_iter()
            .filter(|why| self.under_way(*why) < LOOKS_AT_ONCE)
            .filter_map(|why| self.line(why).first())
            .map(|(at, _)| *at);
        let ending = self.ending.first();
        let ending = ending.map(|(end, _)| cut_off(*end, self.grace));
        due.chain(ending).min()
    }

    fn under_way(&self, why: Trigger) -> usize {
        self.flights
            .iter()
            .filter(|flight| flight.why == why)
            .count()
    }

    const fn line(&self, why: Trigger) -> &BTreeSet<(Instant, Ticket)> {
        match why {
            Trigger::Hint => &self.hinted,
            Trigger::Poll => &self.polled,
        }
    }

    /// Stands in line for its next look, unless it is being looked at.
    fn enqueue(&mut self, ticket: Ticket) {
        let Some(entry) = self.entries.get(&ticket) else {
            return;
        };
        if entry.looked_at {
            return;
        }
        let (at, why) = entry.watch.due();
        self.ending.insert((entry.watch.end(), ticket));
        match why {
            Trigger::Hint => self.hinted.insert((at, ticket)),
            Trigger::Poll => self.polled.insert((at, ticket)),
        };
    }

    fn dequeue(&mut self, ticket: Ticket) {
        let Some(entry) = self.entries.get(&ticket) else {
            return;
        };
        let (at, why) = entry.watch.due();
        self.ending.remove(&(entry.watch.end(), ticket));
        match why {
            Trigger::Hint => self.hinted.remove(&(at, ticket)),
            Trigger::Poll => self.polled.remove(&(at, ticket)),
        };
    }

    fn remove(&mut self, ticket: Ticket) -> Option<Box<Entry>> {
        self.dequeue(ticket);
        let entry = self.entries.remove(&ticket)?;
        self.subscription.remove(entry.pending.process_id(), ticket);
        Some(entry)
    }

    /// The look of a flight that is given up is due again.
    fn cancel(&mut self, flight: &Flight) {
        if let Some(entry) = self.entries.get_mut(&flight.ticket) {
            entry.watch.undo(flight.before);
            entry.looked_at = false;
            self.enqueue(flight.ticket);
        }
    }

    fn forget(&self, entries: &BTreeMap<Ticket, Box<Entry>>) {
        for (ticket, entry) in entries {
            self.subscription
                .remove(entry.pending.process_id(), *ticket);
        }
    }
}

/// A waiter while `next` is awaited. Afterwards nothing of it may stand in anybody's way.
struct Driven<'a>(&'a mut Waiter);

impl Drop for Driven<'_> {
    fn drop(&mut self) {
        let (kept, given_up) = std::mem::take(&mut self.0.flights)
            .into_iter()
            .partition(|flight| flight.progress.has_left());
        self.0.flights = kept;
        let given_up: Vec<Flight> = given_up;
        for flight in &given_up {
            self.0.cancel(flight);
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.forget(&self.entries);
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter")
            .field("waiting", &self.entries.len())
            .field("under_way", &self.flights.len())
            .finish_non_exhaustive()
    }
}

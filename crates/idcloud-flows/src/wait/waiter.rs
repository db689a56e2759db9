//! Waits for many processes at once, driven by the caller that awaits their results.
//!
//! Must not start a task, hold a place in the client's queue while it is not driven, or lose a
//! process.

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
use crate::wait::poll::{LAST_POLL, PollResult, Poller, Progress};
use crate::wait::poll_plan::{PollPlan, Trigger};
use crate::{Pending, Report};

/// Polls of each kind that one waiter runs at once, at most.
const POLLS_AT_ONCE: usize = 16;

/// Processes that are waited for together, by notifications and polls.
///
/// Made by [`IdCloud::waiter`](crate::IdCloud::waiter). Add pending processes, and take the results
/// as they come with [`next`](Self::next). Nothing runs in the background: while `next` is not
/// awaited, nothing is polled; answers to requests already sent are not lost.
///
/// It scales to ten thousand processes: one that is not being polled is a few numbers beside its
/// [`Pending`]. If more polls are due than the budget allows, those after notifications go first,
/// then the longest overdue.
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
    poller: Poller,
    subscription: Subscription,
    keys: Vec<ApiKey>,
    entries: BTreeMap<Ticket, Box<Entry>>,
    /// The processes that are not being polled, by their next poll: those with a hint, and the
    /// others.
    hinted: BTreeSet<(Instant, Ticket)>,
    polled: BTreeSet<(Instant, Ticket)>,
    /// The same processes, by the end of their wait.
    ending: BTreeSet<(Instant, Ticket)>,
    running: Vec<RunningPoll>,
    /// Until when no wait ends: set after the program was suspended past the ends of some.
    grace: Option<Instant>,
}

struct Entry {
    pending: Pending,
    plan: PollPlan,
    key: usize,
    is_polled: bool,
}

/// When a wait with this end is over: the last poll has a few seconds more, and after a suspension
/// a few seconds of running time.
fn cut_off(end: Instant, grace: Option<Instant>) -> Instant {
    let cut_off = end + LAST_POLL;
    grace.map_or(cut_off, |grace| cut_off.max(grace))
}

/// A running poll.
struct RunningPoll {
    ticket: Ticket,
    why: Trigger,
    before: PollPlan,
    cut_off: Instant,
    progress: Progress,
    future: Pin<Box<dyn Future<Output = (Pending, PollResult)> + Send>>,
}

impl Waiter {
    pub(crate) fn new(poller: Poller) -> Self {
        Self {
            subscription: Subscription::new(&poller.waits().hints),
            poller,
            keys: Vec::new(),
            entries: BTreeMap::new(),
            hinted: BTreeSet::new(),
            polled: BTreeSet::new(),
            ending: BTreeSet::new(),
            running: Vec::new(),
            grace: None,
        }
    }

    /// Waits for one more process, for at most `limit` from now, and polls it with `key`.
    ///
    /// # Errors
    /// The process belongs to another environment or tenant; it is handed back.
    pub fn add(
        &mut self,
        pending: Pending,
        key: &ApiKey,
        limit: Duration,
    ) -> Result<(), WaitError> {
        if !self.poller.owns(&pending) {
            return Err(WaitError::new(WaitErrorKind::OtherTenant, pending, None));
        }
        let clock = self.poller.clock();
        let age = clock.now().duration_since(pending.submitted_at());
        let (now, polling) = (clock.instant(), self.poller.waits().polling);
        // A create in the future comes from a clock that is ahead: the process is new.
        let age = age.unwrap_or_default();
        let plan = PollPlan::new(now, age, limit, polling, fastrand::f64());
        let ticket = self.subscription.add(pending.process_id());
        let key = self.place_of(key);
        let entry = Entry {
            pending,
            plan,
            key,
            is_polled: false,
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

    /// The next process whose wait ends: its report, or an error that hands it back. `None` once no
    /// process is left.
    ///
    /// The future can be dropped at any time, for instance by `select!`: no answer and no process
    /// is lost. The next call resumes the polls whose requests were sent. The others give up their
    /// places in the client's queue, so that they do not block creates, and start again.
    pub async fn next(&mut self) -> Option<Result<Report, WaitError>> {
        let driven = Driven(self);
        let clock = Arc::clone(driven.0.poller.clock());
        let mut timer: Option<(Instant, Sleep<'_>)> = None;
        poll_fn(|cx| {
            loop {
                let now = clock.instant();
                if timer.as_ref().is_some_and(|(at, _)| was_stopped(*at, now)) {
                    // The timer fired more than a second late: the program was suspended. Waits
                    // that ended meanwhile still get their last poll.
                    driven.0.grace = Some(now + LAST_POLL);
                    timer = None;
                }
                if let Poll::Ready(ended) = driven.0.advance(cx, now) {
                    return Poll::Ready(ended);
                }
                let Some(at) = driven.0.next_wakeup() else {
                    // A timer that is no longer needed would look late when it is polled later.
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

    /// Does everything that can be done now.
    fn advance(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
    ) -> Poll<Option<Result<Report, WaitError>>> {
        // First, so that a poll that starts now follows them.
        self.take_hints(cx);
        loop {
            self.start_due(now);
            match self.drive_running(cx) {
                // A finished poll makes room for another.
                Poll::Ready((poll, pending, seen)) => {
                    if let Some(ended) = self.finish(&poll, pending, seen, now) {
                        return Poll::Ready(Some(ended));
                    }
                }
                Poll::Pending => break,
            }
        }
        // One at a time: the other overdue waits end with the next calls.
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
            // Registers the waker only when it returns nothing, hence the loop.
            let hinted = self.subscription.take(cx.waker());
            if hinted.is_empty() {
                return;
            }
            for ticket in hinted {
                self.dequeue(ticket);
                if let Some(entry) = self.entries.get_mut(&ticket) {
                    entry.plan.hint();
                    self.enqueue(ticket);
                }
            }
        }
    }

    /// Starts the polls that are due, as many as there is room for.
    fn start_due(&mut self, now: Instant) {
        // Each kind has slots of its own, so that a crowd of scheduled polls cannot delay a hint.
        for why in [Trigger::Hint, Trigger::Poll] {
            while self.under_way(why) < POLLS_AT_ONCE {
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
        // Restored if the poll is given up before its request was sent.
        let before = entry.plan;
        entry.plan.begin(now);
        entry.is_polled = true;
        let (poller, pending) = (self.poller.clone(), entry.pending.clone());
        let progress = Progress::default();
        let cut_off = cut_off(entry.plan.end(), self.grace);
        let future = poller.poll_once(key, pending, why, cut_off, progress.clone());
        self.running.push(RunningPoll {
            ticket,
            why,
            before,
            cut_off,
            progress,
            future: Box::pin(future),
        });
    }

    /// Drives the running polls until one finishes.
    fn drive_running(&mut self, cx: &mut Context<'_>) -> Poll<(RunningPoll, Pending, PollResult)> {
        let mut number = 0;
        while number < self.running.len() {
            // Taken out of the list while it is polled: foreign code runs in there, and may panic.
            let mut poll = self.running.swap_remove(number);
            match catch_unwind(AssertUnwindSafe(|| poll.future.as_mut().poll(cx))) {
                Ok(Poll::Ready((pending, seen))) => {
                    return Poll::Ready((poll, pending, seen));
                }
                Ok(Poll::Pending) => {
                    self.running.push(poll);
                    let last = self.running.len() - 1;
                    self.running.swap(number, last);
                    number += 1;
                }
                Err(panic) => {
                    self.cancel(&poll);
                    resume_unwind(panic);
                }
            }
        }
        Poll::Pending
    }

    /// Applies the result of a poll; returns the wait's result if the wait ends with it.
    fn finish(
        &mut self,
        poll: &RunningPoll,
        seen_pending: Pending,
        seen: PollResult,
        now: Instant,
    ) -> Option<Result<Report, WaitError>> {
        let ticket = poll.ticket;
        // It ended more than a second after its own timeout: the program was suspended.
        if was_stopped(poll.cut_off, now) {
            self.grace = Some(now + LAST_POLL);
        }
        let entry = self.entries.get_mut(&ticket)?;
        entry.pending = seen_pending;
        entry.is_polled = false;
        let (kind, error) = match seen {
            PollResult::Final(report) => {
                self.remove(ticket);
                return Some(Ok(*report));
            }
            // Further polls would only repeat these two answers.
            PollResult::Refused(error) => (WaitErrorKind::Refused, Some(error)),
            PollResult::Doubtful(error) => (WaitErrorKind::Ambiguous, Some(error)),
            PollResult::NotYet | PollResult::Failed(_) => {
                let polling = self.poller.waits().polling;
                // A poll that began before the program was suspended was not the last one.
                let is_last = poll.cut_off >= cut_off(entry.plan.end(), self.grace);
                if entry.plan.poll_again(now, polling, fastrand::f64()) || !is_last {
                    self.enqueue(ticket);
                    return None;
                }
                // The process is still pending: the error only says why the last poll saw nothing.
                let error = match seen {
                    PollResult::Failed(error) => error,
                    _ => None,
                };
                (WaitErrorKind::DeadlineReached, error)
            }
        };
        let pending = self.remove(ticket)?.pending;
        Some(Err(WaitError::new(kind, pending, error)))
    }

    /// A wait that is over and whose last poll found no room.
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

    /// The next time at which something is due.
    fn next_wakeup(&self) -> Option<Instant> {
        let due = [Trigger::Hint, Trigger::Poll]
            .into_iter()
            .filter(|why| self.under_way(*why) < POLLS_AT_ONCE)
            .filter_map(|why| self.line(why).first())
            .map(|(at, _)| *at);
        let ending = self.ending.first();
        let ending = ending.map(|(end, _)| cut_off(*end, self.grace));
        due.chain(ending).min()
    }

    fn under_way(&self, why: Trigger) -> usize {
        self.running.iter().filter(|poll| poll.why == why).count()
    }

    const fn line(&self, why: Trigger) -> &BTreeSet<(Instant, Ticket)> {
        match why {
            Trigger::Hint => &self.hinted,
            Trigger::Poll => &self.polled,
        }
    }

    /// Schedules the next poll of a process, unless one is running.
    fn enqueue(&mut self, ticket: Ticket) {
        let Some(entry) = self.entries.get(&ticket) else {
            return;
        };
        if entry.is_polled {
            return;
        }
        let (at, why) = entry.plan.due();
        self.ending.insert((entry.plan.end(), ticket));
        match why {
            Trigger::Hint => self.hinted.insert((at, ticket)),
            Trigger::Poll => self.polled.insert((at, ticket)),
        };
    }

    fn dequeue(&mut self, ticket: Ticket) {
        let Some(entry) = self.entries.get(&ticket) else {
            return;
        };
        let (at, why) = entry.plan.due();
        self.ending.remove(&(entry.plan.end(), ticket));
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

    /// Gives a running poll up; it is due again.
    fn cancel(&mut self, poll: &RunningPoll) {
        if let Some(entry) = self.entries.get_mut(&poll.ticket) {
            entry.plan.undo(poll.before);
            entry.is_polled = false;
            self.enqueue(poll.ticket);
        }
    }

    fn forget(&self, entries: &BTreeMap<Ticket, Box<Entry>>) {
        for (ticket, entry) in entries {
            self.subscription
                .remove(entry.pending.process_id(), *ticket);
        }
    }
}

/// A waiter while `next` is awaited. When that future is dropped, no poll may keep a place in the
/// client's queue.
///
/// A call that stands unpolled in the client's queue would hold up every create behind it, so
/// lookups that were not sent are cancelled and due again. Token exchanges that were sent are kept:
/// a loop that drops `next` more often than an exchange takes would never get a token.
struct Driven<'a>(&'a mut Waiter);

impl Drop for Driven<'_> {
    fn drop(&mut self) {
        // A call that stands in the client's queue and is not polled would block every create
        // behind it, so polls that were not sent are given up. Those that were sent are kept, token
        // exchanges included: a loop that drops `next` more often than an exchange takes would
        // otherwise never get a token.
        let (kept, given_up) = std::mem::take(&mut self.0.running)
            .into_iter()
            .partition(|poll| poll.progress.has_left());
        self.0.running = kept;
        let given_up: Vec<RunningPoll> = given_up;
        for poll in &given_up {
            self.0.cancel(poll);
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        // Otherwise hints would collect for waits that are gone.
        self.forget(&self.entries);
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter")
            .field("waiting", &self.entries.len())
            .field("under_way", &self.running.len())
            .finish_non_exhaustive()
    }
}

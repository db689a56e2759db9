//! One poll of a process that is waited for: one GET, and its result.
//!
//! Must not take a failed poll for a failed process.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use idcloud_http::{ApiKey, CallOptions, Clock, Error, ErrorKind, InTransit, within};
use idcloud_model::{ErrorCode, FinalProcess, Process};
use tokio::time::Instant;

use crate::journal::{Command, JournalError, JournalErrorKind, JournalKey};
use crate::observer::Observer;
use crate::shared::{Shared, Waits};
use crate::wait::poll_plan::Trigger;
use crate::{Pending, Report};

/// How long the last poll of a wait may take, and so how long a wait may outlast its limit.
pub(crate) const LAST_POLL: Duration = Duration::from_secs(5);

/// The longest that any poll may take. A slow one must not hold up the others.
const LONGEST_POLL: Duration = Duration::from_secs(20);

/// How long after its create IDCloud may not know a process yet (IDCloud error codes page, 50001).
const NOT_VISIBLE_YET: Duration = Duration::from_secs(30);

/// Polls processes, and records their ends.
#[derive(Debug, Clone)]
pub(crate) struct Poller {
    shared: Arc<Shared>,
    observer: Observer,
}

/// How far a poll is, for a waiter that may stop polling its future.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    in_transit: InTransit,
    answered: Arc<AtomicBool>,
}

impl Progress {
    /// Whether the request was sent, so that it blocks no place in the client's queue.
    pub(crate) fn has_left(&self) -> bool {
        self.in_transit.now() || self.answered.load(Ordering::Acquire)
    }
}

/// The result of a poll.
#[derive(Debug)]
pub(crate) enum PollResult {
    /// The final answer.
    Final(Box<Report>),
    /// Not final yet.
    NotYet,
    /// The poll failed and says nothing about the process; with the error, if there is one.
    Failed(Option<Error>),
    /// IDCloud refuses to show the process, and asking again would not help.
    Refused(Error),
    /// IDCloud does not know the process, and only an answer named it.
    Doubtful(Error),
}

impl Poller {
    pub(crate) const fn new(shared: Arc<Shared>, observer: Observer) -> Self {
        Self { shared, observer }
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        self.shared.client.clock()
    }

    pub(crate) fn waits(&self) -> &Waits {
        &self.shared.waits
    }

    pub(crate) fn owns(&self, pending: &Pending) -> bool {
        pending.belongs_to(&self.shared.tenant())
    }

    /// Polls once, until `cut_off`, and returns the updated process with the result.
    pub(crate) async fn poll_once(
        self,
        key: ApiKey,
        mut pending: Pending,
        why: Trigger,
        cut_off: Instant,
        progress: Progress,
    ) -> (Pending, PollResult) {
        let clock = Arc::clone(self.clock());
        let answer = {
            let get = pin!(self.get(&key, &pending, why, cut_off, &progress.in_transit));
            within(&*clock, cut_off, get).await
        };
        let seen = match answer {
            None => PollResult::Failed(None),
            Some(Err(error)) if self.is_temporary(&error, &pending) => {
                PollResult::Failed(Some(error))
            }
            Some(Err(error)) if pending.is_unconfirmed() && does_not_exist(&error) => {
                self.doubt(&pending, cut_off).await;
                PollResult::Doubtful(error)
            }
            Some(Err(error)) => PollResult::Refused(error),
            Some(Ok((process, simulated))) => {
                let simulated = simulated || pending.simulated();
                self.observer.observe(&process);
                match process {
                    Process::Final(process) => {
                        progress.answered.store(true, Ordering::Release);
                        let report = self.conclude(&pending, process, simulated, cut_off);
                        PollResult::Final(Box::new(report.await))
                    }
                    Process::Pending(process) => {
                        pending.update(process.status(), simulated);
                        PollResult::NotYet
                    }
                }
            }
        };
        (pending, seen)
    }

    /// Every final answer of a waited-for process passes through here.
    ///
    /// The record gets the verdict on the question that the process was created for, so that it is
    /// the same whichever submission waited.
    async fn conclude(
        &self,
        pending: &Pending,
        process: FinalProcess,
        simulated: bool,
        cut_off: Instant,
    ) -> Report {
        let first = pending.first();
        let report = Report::new(
            process,
            first.asked,
            first.policy,
            self.shared.client.environment().name(),
            simulated,
        );
        let journal_error = self.record_end(pending, &report, cut_off).await;
        let report = report.with_journal_error(journal_error.err());
        if pending.is_asked_again() {
            report.judged_for(pending.asked().capabilities(), *pending.policy())
        } else {
            report
        }
    }

    /// Records the end of a process that was submitted under a reference. If the journal does not
    /// acknowledge it in time, it is sent to it once more.
    async fn record_end(
        &self,
        pending: &Pending,
        report: &Report,
        cut_off: Instant,
    ) -> Result<(), JournalError> {
        let (Some(journal_handle), Some(reference)) =
            (&self.shared.journal_handle, pending.reference())
        else {
            return Ok(());
        };
        // The key has the tenant, not the account: the submitting account may have been replaced
        // meanwhile.
        let environment = self.shared.client.environment();
        let key = JournalKey::new(&environment, pending.flow(), reference.clone());
        let written = {
            let written = pin!(journal_handle.finish(&**self.clock(), &key, report));
            within(&**self.clock(), cut_off, written).await
        };
        // A journal that does not answer in time must not withhold the verdict.
        let written = written.unwrap_or_else(|| Err(JournalErrorKind::Storage.into()));
        if written.is_err() {
            let finished = Box::new(report.to_finished());
            journal_handle.repeat_detached(&**self.clock(), Command::Finish { key, finished });
        }
        written
    }

    /// Records that a process does not exist. If the journal does not take it, a later wait finds
    /// out again.
    async fn doubt(&self, pending: &Pending, cut_off: Instant) {
        let (Some(journal_handle), Some(reference)) =
            (&self.shared.journal_handle, pending.reference())
        else {
            return;
        };
        let environment = self.shared.client.environment();
        let key = JournalKey::new(&environment, pending.flow(), reference.clone());
        let now = self.clock().now();
        let written = pin!(
            journal_handle
                .journal
                .doubt(&key, pending.process_id(), now)
        );
        let _ = within(&**self.clock(), cut_off, written).await;
    }

    /// One GET. It holds a permit until it is sent, so that no crowd stands in the client's queue.
    async fn get(
        &self,
        key: &ApiKey,
        pending: &Pending,
        why: Trigger,
        cut_off: Instant,
        in_transit: &InTransit,
    ) -> Result<(Process, bool), Error> {
        let mut room = self.waits().room(why).acquire().await.ok();
        let left = cut_off.saturating_duration_since(self.clock().instant());
        let options = CallOptions::default()
            .with_deadline(left.min(LONGEST_POLL))
            .with_created_at(pending.submitted_at())
            .with_in_transit(in_transit.clone());
        let mut call = pin!(
            self.shared
                .client
                .process(key, pending.process_id(), &options)
        );
        let answer = poll_fn(|cx| {
            let answer = call.as_mut().poll(cx);
            if in_transit.now() {
                room.take();
            }
            answer
        })
        .await?;
        let simulated = answer.simulated();
        Ok((answer.into_value(), simulated))
    }

    /// Whether the error is temporary, so that the next poll may succeed.
    fn is_temporary(&self, error: &Error, pending: &Pending) -> bool {
        match error.kind() {
            ErrorKind::NotFound => {
                let unknown = error.code().is_some_and(|code| code.as_str() == "50001");
                let age = self.clock().now().duration_since(pending.submitted_at());
                // Clocks differ: a create somewhat in the future was a moment ago.
                let is_new = match age {
                    Ok(age) => age < NOT_VISIBLE_YET,
                    Err(ahead) => ahead.duration() <= NOT_VISIBLE_YET,
                };
                unknown && is_new
            }
            ErrorKind::Refused | ErrorKind::Credentials | ErrorKind::Gone => false,
            _ => true,
        }
    }
}

/// Whether IDCloud says that it knows no process of this id, or that the id is malformed.
fn does_not_exist(error: &Error) -> bool {
    let code = error.code().map(ErrorCode::as_str);
    match code {
        Some("50001") => error.kind() == ErrorKind::NotFound,
        code => code == Some("20023"),
    }
}

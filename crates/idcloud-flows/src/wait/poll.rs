//! One look at a process that is waited for: one GET, and what it says.
//!
//! Must not take a failed look for a failed process.

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
use crate::wait::watch::Trigger;
use crate::{Pending, Report};

/// How long a look may take that is the last one, and how long a wait may outlast its limit for it.
pub(crate) const LAST_LOOK: Duration = Duration::from_secs(5);

/// How long any look may take. A slow one must not hold up the others.
const LONGEST_LOOK: Duration = Duration::from_secs(20);

/// How long after its create a process may be unknown because it is on its way (IDCloud error codes page, 50001).
const ON_ITS_WAY: Duration = Duration::from_secs(30);

/// Who looks.
#[derive(Debug, Clone)]
pub(crate) struct Poller {
    shared: Arc<Shared>,
    observer: Observer,
}

/// How far a look is, for whoever may have to leave it unpolled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    in_transit: InTransit,
    answered: Arc<AtomicBool>,
}

impl Progress {
    /// Whether the look has left, and stands in nobody's way.
    pub(crate) fn has_left(&self) -> bool {
        self.in_transit.now() || self.answered.load(Ordering::Acquire)
    }
}

/// What a look says.
#[derive(Debug)]
pub(crate) enum PollResult {
    /// The final answer.
    Final(Box<Report>),
    /// Not final yet.
    NotYet,
    /// Nothing about the process; the error says why, if there is one.
    Nothing(Option<Error>),
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

    /// Looks once, until `cut_off`; the process with what is new about it.
    pub(crate) async fn look(
        self,
        key: ApiKey,
        mut pending: Pending,
        why: Trigger,
        cut_off: Instant,
        progress: Progress,
    ) -> (Pending, PollResult) {
        let clock = Arc::clone(self.clock());
        let answer = {
            let asked = pin!(self.ask(&key, &pending, why, cut_off, &progress.in_transit));
            within(&*clock, cut_off, asked).await
        };
        let seen = match answer {
            None => PollResult::Nothing(None),
            Some(Err(error)) if self.may_pass(&error, &pending) => PollResult::Nothing(Some(error)),
            Some(Err(error)) if pending.is_unconfirmed() && is_not_there(&error) => {
                self.doubt(&pending, cut_off).await;
                PollResult::Doubtful(error)
            }
            Some(Err(error)) => PollResult::Refused(error),
            Some(Ok((process, simulated))) => {
                let simulated = simulated || pending.simulated();
                self.observer.see(&process);
                match process {
                    Process::Final(process) => {
                        progress.answered.store(true, Ordering::Release);
                        let report = self.conclude(&pending, process, simulated, cut_off);
                        PollResult::Final(Box::new(report.await))
                    }
                    Process::Pending(process) => {
                        pending.look(process.status(), simulated);
                        PollResult::NotYet
                    }
                }
            }
        };
        (pending, seen)
    }

    /// The one place where the final answer of a process that was waited for passes through.
    ///
    /// What is written down is what the process was created to answer, so that the record is the same whoever waited.
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
        let unwritten = self.write_down(pending, &report, cut_off).await;
        let report = report.with_journal_error(unwritten.err());
        if pending.is_asked_again() {
            report.judged_for(pending.asked().capabilities(), *pending.policy())
        } else {
            report
        }
    }

    /// Writes the end of a process down, where it was submitted under a reference. What the journal does not take is said
    /// to it once more.
    async fn write_down(
        &self,
        pending: &Pending,
        report: &Report,
        cut_off: Instant,
    ) -> Result<(), JournalError> {
        let (Some(books), Some(reference)) = (&self.shared.books, pending.reference()) else {
            return Ok(());
        };
        // In the tenant's name: the account that submitted it may have been replaced meanwhile.
        let environment = self.shared.client.environment();
        let key = JournalKey::new(&environment, pending.flow(), reference.clone());
        let written = {
            let written = pin!(books.finish(&**self.clock(), &key, report));
            within(&**self.clock(), cut_off, written).await
        };
        // A journal that does not answer keeps nobody from the verdict.
        let written = written.unwrap_or_else(|| Err(JournalErrorKind::Storage.into()));
        if written.is_err() {
            let finished = Box::new(report.to_finished());
            books.say_again(&**self.clock(), Command::Finish { key, finished });
        }
        written
    }

    /// Writes down that a process is not there. A journal that does not take it asks for the process again.
    async fn doubt(&self, pending: &Pending, cut_off: Instant) {
        let (Some(books), Some(reference)) = (&self.shared.books, pending.reference()) else {
            return;
        };
        let environment = self.shared.client.environment();
        let key = JournalKey::new(&environment, pending.flow(), reference.clone());
        let now = self.clock().now();
        let written = pin!(books.journal.doubt(&key, pending.process_id(), now));
        let _ = within(&**self.clock(), cut_off, written).await;
    }

    /// One GET. It has room until it has left, so that no crowd stands in the client's queue.
    async fn ask(
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
            .with_deadline(left.min(LONGEST_LOOK))
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

    /// Whether a failed look says nothing about the next.
    fn may_pass(&self, error: &Error, pending: &Pending) -> bool {
        match error.kind() {
            ErrorKind::NotFound => {
                let unknown = error.code().is_some_and(|code| code.as_str() == "50001");
                let age = self.clock().now().duration_since(pending.submitted_at());
                // Clocks differ: a create somewhat in the future is one of a moment ago.
                let is_new = match age {
                    Ok(age) => age < ON_ITS_WAY,
                    Err(ahead) => ahead.duration() <= ON_ITS_WAY,
                };
                unknown && is_new
            }
            ErrorKind::Refused | ErrorKind::Credentials | ErrorKind::Gone => false,
            _ => true,
        }
    }
}

/// Whether IDCloud says of an id that it knows no such process, or that it is none.
fn is_not_there(error: &Error) -> bool {
    let code = error.code().map(ErrorCode::as_str);
    match code {
        Some("50001") => error.kind() == ErrorKind::NotFound,
        code => code == Some("20023"),
    }
}

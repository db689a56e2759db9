//! Runs one row, from its reference to its outcome.
//!
//! Must not give a row the answer of another request, nor submit a row that must not be repeated.

use std::sync::Arc;

use idcloud_flows::journal::{Entry, Journal, JournalKey, Reference, State};
use idcloud_flows::{Flow, IdentityVerification, Pending, Submission, SubmitOptions};
use idcloud_http::{CallOptions, Clock, Environment};
use idcloud_model::Process;
use idcloud_model::request::IdentityRequest;

use crate::batch::input::row::{self, Row};
use crate::batch::run::departed::Departed;
use crate::batch::run::outcome::Outcome;
use crate::batch::run::standing::{Comparison, Made, Standing, is_failed, is_known};
use crate::batch::run::unwritten::Unwritten;

use crate::failure::exit::Exit;
use crate::failure::submit::{self, Memory};
use crate::failure::{Failure, Refusal};
use crate::input::selfie;
use crate::verify::interrupts::Interrupts;

/// The parts that every row of a run shares.
pub(crate) struct Job {
    pub(crate) handle: IdentityVerification,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) environment: Arc<Environment>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) comparison: Arc<Comparison>,
    /// Whether a row is submitted again after its process failed or was canceled.
    pub(crate) begin_again: bool,
    /// Whether each reference is sent as `subject.clientReference`.
    pub(crate) send_references: bool,
}

/// The result of a row.
pub(crate) enum RowEnd {
    /// It is final, and the journal has its end.
    Ended(Outcome),
    /// Its process is created and not final.
    Pending(Box<Pending>),
    /// It failed.
    Failed(Box<Failure>),
}

/// The result of a row in this run.
pub(crate) struct Ran {
    pub(crate) came: RowEnd,
    /// Whether this run sent the row, so that the journal's record is of this run.
    pub(crate) sent: bool,
    /// The end that the journal could not record.
    pub(crate) unwritten: Option<Unwritten>,
}

impl From<RowEnd> for Ran {
    fn from(came: RowEnd) -> Self {
        Self {
            came,
            sent: false,
            unwritten: None,
        }
    }
}

impl Job {
    /// The row's key in the journal.
    pub(crate) fn key(&self, reference: Reference) -> JournalKey {
        JournalKey::new(&self.environment, Flow::Identity, reference)
    }

    /// Runs the row. If the program is asked to end before the create is sent, releases the row and
    /// returns `None`. A create that has been sent runs to its end.
    pub(crate) async fn run_unless_interrupted(
        &self,
        reference: Reference,
        row: Row,
        interrupts: &Interrupts,
    ) -> Option<Ran> {
        let departed = Arc::new(Departed::new());
        let mut run = Box::pin(self.run(reference, row, &departed));
        tokio::select! {
            biased;
            ran = &mut run => return Some(ran),
            () = interrupts.reached(1) => {}
        }
        // A row can wait for long: for a token, a place in the rate limit, a connection or a retry.
        // After the wait it would be sent, so it is dropped now.
        tokio::select! {
            biased;
            () = departed.here() => None,
            ran = run => Some(ran),
        }
    }

    /// Submits the row. If the journal has a record under its reference, the row gets the record,
    /// provided that it is of the same request.
    async fn run(&self, reference: Reference, row: Row, departed: &Arc<Departed>) -> Ran {
        let key = self.key(reference);
        match self.journal.entry(&key, self.clock.now()).await {
            Ok(Some(entry)) if is_known(&entry) => self.known(&entry, row, departed).await,
            Ok(_) => match self.request(row).await {
                Ok(request) => self.submitted(&key, request, true, departed).await,
                Err(failure) => RowEnd::Failed(Box::new(failure)).into(),
            },
            Err(error) => RowEnd::Failed(Box::new(submit::of_record(&error))).into(),
        }
    }

    /// Runs a row whose reference the journal knows.
    async fn known(&self, entry: &Entry, row: Row, departed: &Arc<Departed>) -> Ran {
        let request = match self.compared(entry, row).await {
            Ok(request) => request,
            Err(failure) => return RowEnd::Failed(failure).into(),
        };
        let may_begin_again = self.begin_again && is_failed(entry);
        match request {
            // The journal's rules decide both cases: whether a process that a person found belongs
            // to this request, and whether a failed one may be replaced.
            Some(request) if may_begin_again || entry.record().is_found() => {
                match selfie::verify(request.selfie()) {
                    Ok(()) => {
                        self.submitted(entry.key(), *request, may_begin_again, departed)
                            .await
                    }
                    Err(refusals) => refused(refusals).into(),
                }
            }
            _ => recorded_end(entry).into(),
        }
    }

    /// The row's request, if the record `entry` is of that request; `None` if the selfie is gone
    /// and references are trusted.
    ///
    /// # Errors
    /// The record is of another request or was submitted elsewhere, or the two cannot be compared.
    pub(crate) async fn compared(
        &self,
        entry: &Entry,
        row: Row,
    ) -> Result<Option<Box<IdentityRequest>>, Box<Failure>> {
        entry
            .refuse_elsewhere(&self.environment)
            .map_err(|elsewhere| Box::new(submit::of_record(&elsewhere)))?;
        let (comparison, entry) = (Arc::clone(&self.comparison), entry.clone());
        // Reading a file blocks the thread: not one that drives other futures.
        let compared = tokio::task::spawn_blocking(move || comparison.of(&entry, row)).await;
        match compared {
            Ok(Standing::Own(request)) => Ok(request),
            Ok(Standing::Refused(failure)) => Err(failure),
            Err(_) => Err(Box::new(Failure::fault("a selfie could not be read"))),
        }
    }

    async fn submitted(
        &self,
        key: &JournalKey,
        request: IdentityRequest,
        sent: bool,
        departed: &Arc<Departed>,
    ) -> Ran {
        let call = CallOptions::new().with_before_dispatch(Arc::clone(departed) as Arc<_>);
        let mut options = SubmitOptions::from(call)
            .with_reference(key.reference().clone())
            .with_begin_again(self.begin_again);
        if self.send_references {
            match row::client_reference(key.reference()) {
                Ok(name) => options = options.with_client_reference(name),
                Err(refusal) => return refused(vec![refusal]).into(),
            }
        }
        let watching = Arc::clone(departed);
        let observer = Arc::new(move |process: &Process| watching.see(process));
        let handle = self.handle.clone().with_observer(observer);
        let (came, unwritten) = match handle.submit(request, &options).await {
            Ok(Submission::Finished(report)) => (
                RowEnd::Ended(of_process(report.failure().is_some())),
                Unwritten::of_report(&report),
            ),
            Ok(Submission::Pending(pending)) => {
                let unwritten = Unwritten::of_pending(&pending);
                (RowEnd::Pending(Box::new(pending)), unwritten)
            }
            Err(error) => (
                RowEnd::Failed(Box::new(submit::of(&error, Memory::Journal))),
                Unwritten::of_error(&error),
            ),
        };
        Ran {
            came,
            sent,
            unwritten,
        }
    }

    /// Builds the row's request with its selfie.
    async fn request(&self, row: Row) -> Result<IdentityRequest, Failure> {
        let (comparison, now) = (Arc::clone(&self.comparison), self.clock.now());
        let made = tokio::task::spawn_blocking(move || comparison.made(row, now)).await;
        match made {
            Ok(Made::Request(request)) => Ok(*request),
            Ok(Made::Gone(refusals) | Made::Refused(refusals)) => {
                Err(Failure::refused_offline(refusals))
            }
            Err(_) => Err(Failure::fault("a selfie could not be read")),
        }
    }
}

/// The end of a row that may not be sent as it is.
fn refused(refusals: Vec<Refusal>) -> RowEnd {
    RowEnd::Failed(Box::new(Failure::refused_offline(refusals)))
}

/// The end that the record has for the row's own request.
fn recorded_end(entry: &Entry) -> RowEnd {
    match entry.state() {
        State::Finished(finished) => RowEnd::Ended(of_process(finished.is_failed())),
        State::Pending(pending) => RowEnd::Pending(pending.clone()),
        State::Ambiguous => RowEnd::Ended(Outcome::Ambiguous),
        // Another program is submitting it now.
        _ => RowEnd::Failed(Box::new(submit::in_flight())),
    }
}

/// The row's outcome after a final process.
pub(crate) const fn of_process(failed: bool) -> Outcome {
    if failed {
        Outcome::Failed
    } else {
        Outcome::Done
    }
}

/// The row's outcome after a failure.
pub(crate) const fn of_failure(exit: Exit) -> Outcome {
    match exit {
        // A row that was submitted elsewhere is refused like a row that breaks a rule.
        Exit::RefusedHere | Exit::Usage => Outcome::Invalid,
        Exit::Refused => Outcome::Refused,
        Exit::Ambiguous => Outcome::Ambiguous,
        _ => Outcome::Unsent,
    }
}

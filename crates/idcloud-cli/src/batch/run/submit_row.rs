//! One row, from its reference to what came of it.
//!
//! Must not give a row the answer of another request, nor submit one that it may not repeat.

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

/// What every row of a run needs.
pub(crate) struct Job {
    pub(crate) handle: IdentityVerification,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) environment: Arc<Environment>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) comparison: Arc<Comparison>,
    /// Whether a row whose process failed or was canceled is submitted once more.
    pub(crate) begin_again: bool,
    /// Whether each reference is sent as `subject.clientReference`.
    pub(crate) send_references: bool,
}

/// What came of a row.
pub(crate) enum RowEnd {
    /// It has its end, which the journal remembers.
    Ended(Outcome),
    /// It is created, and more will come.
    Pending(Box<Pending>),
    /// It came to nothing.
    Failed(Box<Failure>),
}

/// What became of a row in this run.
pub(crate) struct Ran {
    pub(crate) came: RowEnd,
    /// Whether this run asked IDCloud, so that what the journal has of the row is of this run.
    pub(crate) sent: bool,
    /// What the journal could not write down of it.
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
    /// Under what a row is remembered.
    pub(crate) fn key(&self, reference: Reference) -> JournalKey {
        JournalKey::new(&self.environment, Flow::Identity, reference)
    }

    /// Runs the row, or lets go of it where the program is asked to end before it leaves: nothing of it is on its way then. What has left comes to
    /// its end.
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
        // What waits for a token or its turn, for a connection or for another attempt can wait for long, and then it would leave.
        tokio::select! {
            biased;
            () = departed.here() => None,
            ran = run => Some(ran),
        }
    }

    /// Submits the row, unless the journal knows its reference: then the row is told what is remembered, where it is the same request.
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

    /// A row whose reference the journal knows.
    async fn known(&self, entry: &Entry, row: Row, departed: &Arc<Departed>) -> Ran {
        let request = match self.compared(entry, row).await {
            Ok(request) => request,
            Err(failure) => return RowEnd::Failed(failure).into(),
        };
        let may_begin_again = self.begin_again && is_failed(entry);
        match request {
            // The journal's rules answer both: whose a process is that a person found, and whether a failed one may be replaced.
            Some(request) if may_begin_again || entry.record().is_found() => {
                match selfie::verify(request.selfie()) {
                    Ok(()) => {
                        self.submitted(entry.key(), *request, may_begin_again, departed)
                            .await
                    }
                    Err(refusals) => refused(refusals).into(),
                }
            }
            _ => told(entry).into(),
        }
    }

    /// The row's request, where what is remembered in `entry` is the answer to it; no request where references are trusted and the selfie is
    /// gone.
    ///
    /// # Errors
    /// It is another request's or was submitted elsewhere, or cannot be compared.
    pub(crate) async fn compared(
        &self,
        entry: &Entry,
        row: Row,
    ) -> Result<Option<Box<IdentityRequest>>, Box<Failure>> {
        entry
            .refuse_elsewhere(&self.environment)
            .map_err(|elsewhere| Box::new(submit::of_record(&elsewhere)))?;
        let (comparison, entry) = (Arc::clone(&self.comparison), entry.clone());
        // Reading a file keeps a thread busy: not one that others wait for.
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

    /// The row with its selfie.
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

/// A row that may not be sent as it is.
fn refused(refusals: Vec<Refusal>) -> RowEnd {
    RowEnd::Failed(Box::new(Failure::refused_offline(refusals)))
}

/// What is remembered of the row's own request.
fn told(entry: &Entry) -> RowEnd {
    match entry.state() {
        State::Finished(finished) => RowEnd::Ended(of_process(finished.is_failed())),
        State::Pending(pending) => RowEnd::Pending(pending.clone()),
        State::Ambiguous => RowEnd::Ended(Outcome::Ambiguous),
        // Another program has it at this moment.
        _ => RowEnd::Failed(Box::new(submit::in_flight())),
    }
}

/// What a final process makes of its row.
pub(crate) const fn of_process(failed: bool) -> Outcome {
    if failed {
        Outcome::Failed
    } else {
        Outcome::Done
    }
}

/// What a failure makes of its row.
pub(crate) const fn of_failure(exit: Exit) -> Outcome {
    match exit {
        // What was submitted elsewhere is refused here, as a row that breaks a rule is.
        Exit::RefusedHere | Exit::Usage => Outcome::Invalid,
        Exit::Refused => Outcome::Refused,
        Exit::Ambiguous => Outcome::Ambiguous,
        _ => Outcome::Unsent,
    }
}

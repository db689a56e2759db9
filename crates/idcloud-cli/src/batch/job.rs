//! One row, from its reference to what came of it.
//!
//! Never reads the selfie of a row that the journal has an answer for, and never submits one that it may not repeat.

use std::path::PathBuf;
use std::sync::Arc;

use idcloud_flows::journal::{Journal, JournalKey, Reference, State};
use idcloud_flows::{Flow, IdentityVerification, Pending, Submission, SubmitOptions};
use idcloud_http::{Clock, Environment};

use super::outcome::Outcome;
use super::row::Row;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::submit_failure::{self, Memory};

/// What every row of a run needs.
pub(crate) struct Job {
    pub(crate) handle: IdentityVerification,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) environment: Arc<Environment>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where selfies are looked for.
    pub(crate) directory: PathBuf,
}

/// What came of a row.
pub(crate) enum Came {
    /// It has its end, which the journal remembers.
    Ended(Outcome),
    /// It is created, and more will come.
    Pending(Box<Pending>),
    /// It came to nothing.
    Failed(Box<Failure>),
}

impl Job {
    /// Under what a row is remembered.
    pub(crate) fn key(&self, reference: Reference) -> JournalKey {
        JournalKey::new(&self.environment, Flow::Identity, reference)
    }

    /// Submits the row, unless the journal says that it was. Nothing here was sent before where `known` is true.
    pub(crate) async fn run(&self, reference: Reference, row: Row) -> Came {
        let key = self.key(reference);
        match self.journal.entry(&key, self.clock.now()).await {
            Ok(Some(entry)) => match entry.state() {
                State::NotSent(_) | State::Resend => {}
                State::Finished(finished) => return Came::Ended(of_process(finished.is_failed())),
                State::Pending(pending) => return Came::Pending(pending.clone()),
                State::Ambiguous => return Came::Ended(Outcome::Ambiguous),
                // Another program has it at this moment.
                _ => return Came::Failed(Box::new(submit_failure::in_flight())),
            },
            Ok(None) => {}
            Err(error) => return Came::Failed(Box::new(submit_failure::of_record(&error))),
        }
        match self.request(row).await {
            Ok(request) => {
                let options = SubmitOptions::new().with_reference(key.reference().clone());
                match self.handle.submit(request, &options).await {
                    Ok(Submission::Finished(report)) => {
                        Came::Ended(of_process(report.failure().is_some()))
                    }
                    Ok(Submission::Pending(pending)) => Came::Pending(Box::new(pending)),
                    Err(error) => {
                        Came::Failed(Box::new(submit_failure::of(&error, Memory::Journal)))
                    }
                }
            }
            Err(failure) => Came::Failed(Box::new(failure)),
        }
    }

    /// The row with its selfie. Reading a file keeps a thread busy: not one that others wait for.
    async fn request(&self, row: Row) -> Result<idcloud_model::request::IdentityRequest, Failure> {
        let (directory, now) = (self.directory.clone(), self.clock.now());
        tokio::task::spawn_blocking(move || row.request(&directory, now))
            .await
            .map_err(|_| Failure::fault("a selfie could not be read"))?
            .map_err(Failure::refused_offline)
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
        Exit::RefusedHere => Outcome::Invalid,
        Exit::Refused => Outcome::Refused,
        Exit::Ambiguous => Outcome::Ambiguous,
        _ => Outcome::Unsent,
    }
}

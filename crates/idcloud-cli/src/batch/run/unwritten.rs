//! Answers of this run that the journal could not record: kept until the results are written.
//!
//! Must not lose the id of a paid process because a disk was full when the answer arrived.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use idcloud_flows::journal::{Conclusion, Finished, JournalError, JournalKey, Reference};
use idcloud_flows::{Pending, Report, SubmitError};

use crate::batch::results::row_object::RowResult;
use crate::batch::run::outcome::Outcome;
use crate::batch::run::recover;
use crate::batch::run::submit_row::{Job, of_process};
use crate::failure::exit::Exit;
use crate::failure::submit;
use crate::failure::{Delivery, Failure};
use crate::verify::interrupts::Interrupts;

/// How often a failing journal is tried again for all rows together, and the pause between tries.
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_secs(2);

/// The end of a row that the journal does not have.
#[derive(Clone)]
pub(crate) struct Unwritten {
    conclusion: Conclusion,
    /// The answer, if there is one: a refusal has none.
    answer: Option<Answer>,
    why: String,
}

#[derive(Clone)]
enum Answer {
    Final(Box<Report>),
    Pending(Box<Pending>),
}

impl Unwritten {
    /// The unrecorded end of a final process; `None` if the journal recorded it.
    pub(crate) fn of_report(report: &Report) -> Option<Self> {
        let why = submit::unwritten(report.journal_error()?);
        Some(Self {
            conclusion: Conclusion::Finished(Box::new(Finished::from(report))),
            answer: Some(Answer::Final(Box::new(report.clone()))),
            why,
        })
    }

    /// The unrecorded end of a process that is not final.
    pub(crate) fn of_pending(pending: &Pending) -> Option<Self> {
        let why = submit::unwritten(pending.journal_error()?);
        Some(Self {
            conclusion: Conclusion::Pending(Box::new(pending.clone())),
            answer: Some(Answer::Pending(Box::new(pending.clone()))),
            why,
        })
    }

    /// The unrecorded end of a create that failed.
    pub(crate) fn of_error(error: &SubmitError) -> Option<Self> {
        let why = submit::unwritten(error.journal_error()?);
        Some(Self {
            conclusion: error.conclusion()?,
            answer: None,
            why,
        })
    }

    /// What the journal could not do.
    pub(crate) fn why(&self) -> &str {
        &self.why
    }

    /// The failure to print at once: the disk may have no room for the results either.
    pub(crate) fn failure(&self) -> Failure {
        let (id, verdict) = match &self.answer {
            Some(Answer::Final(report)) => {
                let verdict = report.verdict();
                let (decision, scenario) = (verdict.decision().as_str(), verdict.scenario().id());
                let id = report.process().id();
                (Some(id.as_str()), format!("{decision} ({scenario}); "))
            }
            Some(Answer::Pending(pending)) => {
                (Some(pending.process_id().as_str()), "pending; ".to_owned())
            }
            None => (None, String::new()),
        };
        Failure {
            exit: Exit::Fault,
            kind: "journal",
            delivery: Delivery::Answered,
            process_id: id.map(Into::into),
            ..Failure::fault(format!("{verdict}{}", self.why))
        }
    }

    /// The row's outcome and result, where there is an answer.
    pub(crate) fn result(&self, environment: &'static str) -> Option<(Outcome, RowResult)> {
        Some(match self.answer.as_ref()? {
            Answer::Final(report) => (
                of_process(report.failure().is_some()),
                RowResult::reported(environment, report).answered_now(),
            ),
            Answer::Pending(pending) => (
                Outcome::Pending,
                RowResult::waiting(environment, pending).answered_now(),
            ),
        })
    }

    /// Tries again to record the end, if the attempt is still this run's. Returns whether the
    /// journal has it.
    async fn say_again(&self, job: &Job, key: &JournalKey) -> Result<bool, JournalError> {
        let now = job.clock.now();
        let Some(entry) = job.journal.entry(key, now).await? else {
            return Ok(false);
        };
        match entry.say_again(&recover::owner(), self.conclusion.clone()) {
            Ok(Some(command)) => job.journal.apply(command, now).await.map(|_| true),
            Ok(None) => Ok(true),
            // Another program holds the attempt, or has ended it.
            Err(_) => Ok(false),
        }
    }
}

/// Tries again to record every end before the results are written, and keeps those that the journal
/// still does not have. If the program is asked to end meanwhile, it stops waiting for a journal
/// that does not answer.
pub(crate) async fn say_again(
    job: &Job,
    unwritten: &mut HashMap<Reference, Unwritten>,
    interrupts: &Interrupts,
) {
    let mut left = HashMap::new();
    let mut tries = TRIES;
    for (reference, answer) in unwritten.drain() {
        let key = job.key(reference.clone());
        let mut written = false;
        while tries > 0 {
            match in_time(job, interrupts, answer.say_again(job, &key)).await {
                Some(Ok(done)) => {
                    written = done;
                    break;
                }
                Some(Err(_)) => tries -= 1,
                None => tries = 0,
            }
            if tries > 0 {
                let pause = interrupts.interruptible(job.clock.sleep(PAUSE)).await;
                if pause.is_none() {
                    tries = 0;
                }
            }
        }
        if !written {
            left.insert(reference, answer);
        }
    }
    *unwritten = left;
}

/// The journal's answer; `None` if the program is asked to end and no answer arrives within
/// [`PAUSE`].
async fn in_time<T>(
    job: &Job,
    interrupts: &Interrupts,
    said: impl Future<Output = T>,
) -> Option<T> {
    let mut said = pin!(said);
    if let Some(said) = interrupts.interruptible(said.as_mut()).await {
        return Some(said);
    }
    tokio::select! {
        biased;
        said = said => Some(said),
        () = job.clock.sleep(PAUSE) => None,
    }
}

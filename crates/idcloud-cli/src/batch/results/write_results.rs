//! The last pass of a batch: reads the input and the journal again, and writes the output.
//!
//! Must not take a row's outcome from another source if the journal has one.

use idcloud_flows::journal::{Entry, JournalError, Reference, Refusal, State};

use crate::batch::input::row::Row;
use crate::batch::input::rows::Line;
use crate::batch::results::row_object::RowResult;
use crate::batch::run::outcome::Outcome;
use crate::batch::run::recover;
use crate::batch::run::row_errors::at_line;
use crate::batch::run::row_failures::Mark;
use crate::batch::run::standing::is_known;
use crate::batch::run::submit_row::{Job, of_failure, of_process};
use crate::batch::run::unwritten::Unwritten;
use crate::failure::call;
use crate::failure::exit::Exit;
use crate::failure::journal;
use crate::failure::submit;
use crate::failure::{Delivery, Failure};

/// The final state of one row.
pub(crate) struct Final {
    /// None where it may not be stored: the output has `null`, and the error names the line.
    pub(crate) reference: Option<String>,
    pub(crate) outcome: Outcome,
    pub(crate) result: RowResult,
    pub(crate) failure: Option<Failure>,
}

/// The outcome of a row, with its result or its failure.
enum RowOutcome {
    Result(Outcome, Box<RowResult>),
    Failure(Outcome, Failure),
}

impl RowOutcome {
    fn result(outcome: Outcome, result: RowResult) -> Self {
        Self::Result(outcome, Box::new(result))
    }

    fn failure(failure: Failure) -> Self {
        Self::Failure(of_failure(failure.exit), failure)
    }
}

/// The final state of the row.
///
/// # Errors
/// The journal cannot be read.
pub(crate) async fn of_row(
    job: &Job,
    line: Line,
    mark: Option<Mark>,
    unwritten: Option<Unwritten>,
) -> Result<Final, JournalError> {
    let begins = line.begins;
    let reference = line.reference.as_ref();
    let text = reference.map(|reference| reference.as_str().to_owned());
    let is_sent = mark == Some(Mark::Sent);
    let row_outcome = match (line.reference, line.row) {
        (Some(reference), Ok(row)) => row_outcome(job, reference, row, mark, unwritten).await?,
        (_, row) => {
            let refusals = row.err().unwrap_or_default();
            RowOutcome::failure(Failure::refused_offline(refusals))
        }
    };
    let (outcome, result, failure) = match row_outcome {
        RowOutcome::Result(outcome, result) if is_sent => (outcome, (*result).answered_now(), None),
        RowOutcome::Result(outcome, result) => (outcome, *result, None),
        RowOutcome::Failure(outcome, failure) => (
            outcome,
            match &failure.process_id {
                Some(id) if outcome == Outcome::Ambiguous => RowResult::doubted(id),
                _ => RowResult::default(),
            },
            Some(at_line(begins, failure)),
        ),
    };
    Ok(Final {
        reference: text,
        outcome,
        result,
        failure,
    })
}

async fn row_outcome(
    job: &Job,
    reference: Reference,
    row: Row,
    mark: Option<Mark>,
    unwritten: Option<Unwritten>,
) -> Result<RowOutcome, JournalError> {
    let is_own = matches!(mark, Some(Mark::Own | Mark::Sent));
    let remark = match mark {
        Some(Mark::Failed(failure)) => Some(*failure),
        _ => None,
    };
    // The journal lacks this answer, and may not even be readable.
    if let Some(unwritten) = unwritten
        && (is_own || remark.is_some())
    {
        return Ok(match unwritten.result(job.environment.name().as_str()) {
            Some((outcome, result)) => RowOutcome::result(outcome, result),
            None => RowOutcome::failure(remark.unwrap_or_else(|| unwritten.failure())),
        });
    }
    let key = job.key(reference);
    let entry = match job.journal.entry(&key, job.clock.now()).await {
        Ok(entry) => entry,
        // One unreadable record must not stop the other rows.
        Err(error) => {
            let failure = journal::of_submission(&error).ok_or(error)?;
            return Ok(RowOutcome::Failure(Outcome::Ambiguous, failure));
        }
    };
    let Some(entry) = entry else {
        return Ok(RowOutcome::failure(remark.unwrap_or_else(not_begun)));
    };
    // A record that this run neither sent nor compared may be of another request.
    if !is_own
        && is_known(&entry)
        && let Err(failure) = job.compared(&entry, row).await
    {
        return Ok(RowOutcome::failure(*failure));
    }
    Ok(remembered(job, &entry, remark, is_own))
}

/// The outcome that the journal has for the row's own request.
fn remembered(job: &Job, entry: &Entry, remark: Option<Failure>, is_own: bool) -> RowOutcome {
    let environment = job.environment.name().as_str();
    match entry.state() {
        State::Finished(finished) => {
            let outcome = of_process(finished.is_failed());
            // Judged again with this run's key and policy: an earlier run may have asked for less.
            let report = job.handle.judge((**finished).clone());
            RowOutcome::result(outcome, RowResult::reported(environment, &report))
        }
        State::Pending(pending) => {
            RowOutcome::result(Outcome::Pending, RowResult::waiting(environment, pending))
        }
        State::Ambiguous => {
            let remark = remark.filter(|remark| remark.exit == Exit::Ambiguous);
            let mut failure = remark.unwrap_or_else(submit::ambiguous);
            if failure.process_id.is_none() {
                failure.process_id = entry.record().doubted().map(|id| id.as_str().into());
            }
            RowOutcome::Failure(Outcome::Ambiguous, failure)
        }
        // This run holds the journal's lock, so attempts under its owner name are its own.
        State::Dispatched { owner, .. } if *owner == recover::owner() => {
            let left_open = if is_own {
                submit::left_open
            } else {
                // An earlier run sent it, and this run ended before it could release the attempt.
                submit::ambiguous
            };
            RowOutcome::failure(remark.unwrap_or_else(left_open))
        }
        State::Dispatched { .. } => RowOutcome::Failure(Outcome::Ambiguous, submit::in_flight()),
        State::NotSent(refusal) => RowOutcome::failure(
            remark
                .or_else(|| refusal.as_ref().map(refused))
                .unwrap_or_else(not_begun),
        ),
        _ => RowOutcome::failure(remark.unwrap_or_else(not_begun)),
    }
}

/// The failure of a row that the batch did not reach.
fn not_begun() -> Failure {
    Failure {
        exit: Exit::Unreachable,
        kind: "not-begun",
        help: Some("Run the same command again: it goes on with this row.".into()),
        ..Failure::fault("the batch ended before this row; nothing was sent")
    }
}

/// The failure for a refusal that the journal has.
fn refused(refusal: &Refusal) -> Failure {
    let is_limit = matches!(refusal.status(), Some(425 | 429));
    Failure {
        exit: if is_limit {
            Exit::Unreachable
        } else {
            Exit::Refused
        },
        kind: "refused",
        delivery: Delivery::Answered,
        code: refusal.code().map(|code| code.as_str().into()),
        ..Failure::fault(match refusal.code() {
            Some(code) => format!("IDCloud refused it earlier{}", call::meaning(code)),
            None => "IDCloud refused it earlier".to_owned(),
        })
    }
}

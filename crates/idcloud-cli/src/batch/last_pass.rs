//! The last pass: over input and journal, from which the output is written.
//!
//! Never takes a row's outcome from anywhere but the journal where the journal has one.

use idcloud_flows::journal::{JournalError, Refusal, State};

use super::job::{Job, of_failure, of_process};
use super::outcome::Outcome;
use super::remarks::Remarks;
use super::row_object::RowResult;
use super::rows::Line;
use super::told::at_line;
use crate::call_failure;
use crate::exit::Exit;
use crate::failure::{Delivery, Failure};
use crate::submit_failure;
use crate::unreadable_entry;

/// What one row came to, all told.
pub(crate) struct Final {
    pub(crate) reference: Option<String>,
    pub(crate) outcome: Outcome,
    pub(crate) result: RowResult,
    pub(crate) failure: Option<Failure>,
}

/// What became of the row.
///
/// # Errors
/// The journal cannot be read.
pub(crate) async fn of_row(
    job: &Job,
    line: Line,
    remarks: &Remarks,
) -> Result<Final, JournalError> {
    let text = line
        .reference
        .as_ref()
        .map(|reference| reference.as_str().to_owned());
    let failed = |outcome, failure: Failure| Final {
        reference: text.clone(),
        outcome,
        result: RowResult::default(),
        failure: Some(at_line(line.begins, failure)),
    };
    let reference = match (line.reference.clone(), line.row) {
        (Some(reference), Ok(_)) => reference,
        (_, row) => {
            let refusals = row.err().unwrap_or_default();
            return Ok(failed(Outcome::Invalid, Failure::refused_offline(refusals)));
        }
    };
    let remark = remarks.of(line.index);
    let environment = job.environment.name().as_str();
    let known = |outcome, result| Final {
        reference: text.clone(),
        outcome,
        result,
        failure: None,
    };
    let entry = match job
        .journal
        .entry(&job.key(reference), job.clock.now())
        .await
    {
        Ok(entry) => entry,
        // One record that cannot be read hides no other row.
        Err(error) => {
            let failure = unreadable_entry::of_submission(&error).ok_or(error)?;
            return Ok(failed(Outcome::Ambiguous, failure));
        }
    };
    let Some(entry) = entry else {
        let failure = remark.cloned().unwrap_or_else(not_begun);
        return Ok(failed(of_failure(failure.exit), failure));
    };
    Ok(match entry.state() {
        State::Finished(finished) => {
            let outcome = of_process(finished.is_failed());
            // For this run's key and policy: an earlier run may have asked for less.
            let report = job.handle.judge((**finished).clone());
            known(outcome, RowResult::reported(environment, &report))
        }
        State::Pending(pending) => {
            known(Outcome::Pending, RowResult::waiting(environment, pending))
        }
        State::Ambiguous => {
            let remark = remark
                .filter(|remark| remark.exit == Exit::Ambiguous)
                .cloned();
            failed(
                Outcome::Ambiguous,
                remark.unwrap_or_else(submit_failure::ambiguous),
            )
        }
        State::Dispatched { .. } => failed(Outcome::Ambiguous, submit_failure::in_flight()),
        State::NotSent(refusal) => {
            let failure = remark
                .cloned()
                .or_else(|| refusal.as_ref().map(refused))
                .unwrap_or_else(not_begun);
            failed(of_failure(failure.exit), failure)
        }
        _ => {
            let failure = remark.cloned().unwrap_or_else(not_begun);
            failed(of_failure(failure.exit), failure)
        }
    })
}

/// The batch ended before this row.
fn not_begun() -> Failure {
    Failure {
        exit: Exit::Unreachable,
        kind: "not-begun",
        help: Some("Run the same command again: it goes on with this row.".into()),
        ..Failure::fault("the batch ended before this row; nothing was sent")
    }
}

/// What the journal remembers of a refusal.
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
            Some(code) => format!("IDCloud refused it earlier{}", call_failure::meaning(code)),
            None => "IDCloud refused it earlier".to_owned(),
        })
    }
}

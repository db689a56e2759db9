//! The outcome of a run: a result, a failure, or a process with its failure, and the exit code for
//! it.
//!
//! Must not lose the id of a process, not even if standard output is closed.

use idcloud_flows::Report;
use idcloud_http::Error;
use idcloud_model::{Capability, Decision, Language, Status};

use crate::failure::call;
use crate::failure::exit::Exit;
use crate::failure::{Delivery, Failure};
use crate::output::Output;
use crate::output::render_text;
use crate::output::result_object::ResultObject;

/// The outcome of a run.
pub(crate) struct Outcome {
    pub(crate) result: Option<ResultObject>,
    /// Notes for the user beside the result.
    pub(crate) notes: Vec<String>,
    pub(crate) failure: Option<Failure>,
    pub(crate) exit: Exit,
}

impl Outcome {
    /// Nothing but a failure.
    pub(crate) fn failed(failure: Failure) -> Self {
        Self {
            result: None,
            notes: Vec::new(),
            exit: failure.exit,
            failure: Some(failure),
        }
    }

    /// A final process.
    pub(crate) fn reported(result: ResultObject, report: &Report, by_verdict: bool) -> Self {
        let unlooked = report.look_error().map(|error| unlooked(report, error));
        Self {
            notes: unlooked
                .into_iter()
                .chain(unwritten_down(&result))
                .collect(),
            result: Some(result),
            failure: None,
            exit: exit_of(
                report.process().status(),
                report.verdict().decision(),
                by_verdict,
            ),
        }
    }

    /// A process that is not final, with the last result that was seen.
    pub(crate) fn pending(result: Option<ResultObject>, failure: Option<Failure>) -> Self {
        let exit = failure
            .as_ref()
            .map_or(Exit::Pending, |failure| failure.exit);
        Self {
            notes: result
                .as_ref()
                .and_then(unwritten_down)
                .into_iter()
                .collect(),
            result,
            failure,
            exit,
        }
    }

    /// Writes the result to standard output and everything else to standard error.
    ///
    /// # Errors
    /// The result cannot be written: without it, no exit code may stand for it.
    pub(crate) fn print(&self, output: &mut Output<'_>) -> Result<Exit, Failure> {
        if self.exit == Exit::Interrupted {
            output.after_ctrl_c();
        }
        if let Some(result) = &self.result {
            output
                .result(result, |to, style| {
                    render_text::write(result, Language::English, to, style)
                })
                .map_err(|_| unwritten(result, self.failure.as_ref()))?;
        }
        // If standard error is gone, the exit code remains.
        for note in &self.notes {
            let _ = output.note(note);
        }
        if let Some(failure) = &self.failure {
            let _ = output.failure(failure);
        }
        Ok(self.exit)
    }
}

/// The exit code of a final process. Without `by_verdict` every verdict has the same code.
fn exit_of(status: &Status, decision: Decision, by_verdict: bool) -> Exit {
    match (status, decision) {
        (Status::Failed | Status::Canceled, _) => Exit::Failed,
        _ if !by_verdict => Exit::Answered,
        (_, decision) => by_word(decision.as_str()),
    }
}

/// The exit code for a decision's word in the result object; `wait` counts as pending.
pub(crate) fn by_word(decision: &str) -> Exit {
    match decision {
        "approve" => Exit::Answered,
        "review" => Exit::Review,
        "recapture" => Exit::Recapture,
        "reject" => Exit::Reject,
        _ => Exit::Pending,
    }
}

/// The note that the journal could not record the result.
fn unwritten_down(result: &ResultObject) -> Option<String> {
    let error = result.journal_error.as_ref()?;
    Some(format!("note: {error}"))
}

/// The note that evidence is missing because a lookup failed, so that IDCloud may have it.
fn unlooked(report: &Report, error: &Error) -> String {
    let mut missing: Vec<&str> = report.verdict().missing().map(Capability::as_str).collect();
    if missing.is_empty() {
        missing.push("cpfMatch of the document");
    }
    format!(
        "note: a second lookup for what the answer lacks ({}) failed; the process may have it: {}",
        missing.join(", "),
        call::sentence(error)
    )
}

/// The failure when a result cannot be written: no exit code may stand for it.
fn unwritten(result: &ResultObject, failure: Option<&Failure>) -> Failure {
    const LOST: &str = "the result could not be written to standard output";
    Failure {
        delivery: failure.map_or(Delivery::Answered, |failure| failure.delivery),
        code: failure.and_then(|failure| failure.code.clone()),
        attempts: failure.map_or(0, |failure| failure.attempts),
        process_id: Some(result.process_id.as_str().into()),
        help: Some("The process is there; ask for its result by its id.".into()),
        ..Failure::fault(match failure {
            Some(failure) => format!("{LOST}; before that: {}", failure.message),
            None => LOST.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_becomes_an_exit_code_only_when_asked() {
        for (decision, code) in [
            (Decision::Approve, Exit::Answered),
            (Decision::Review, Exit::Review),
            (Decision::Recapture, Exit::Recapture),
            (Decision::Reject, Exit::Reject),
        ] {
            assert_eq!(exit_of(&Status::Completed, decision, false), Exit::Answered);
            assert_eq!(exit_of(&Status::Completed, decision, true), code);
        }
    }

    /// A failed process is not a verdict about the person.
    #[test]
    fn a_failed_process_is_told_apart_from_a_verdict() {
        for status in [Status::Failed, Status::Canceled] {
            for by_verdict in [false, true] {
                assert_eq!(
                    exit_of(&status, Decision::Recapture, by_verdict),
                    Exit::Failed
                );
            }
        }
    }
}

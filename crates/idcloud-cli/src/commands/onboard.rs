//! `idcloud onboard`: one identity verification, from files to a verdict.
//!
//! Never sends anything before every input is known to be good, and never loses the id of a process.

mod request;

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::{
    IdCloud, IdentityVerification, Pending, Report, Submission, SubmitError, WaitErrorKind,
};
use idcloud_http::{BeforeDispatch, CallOptions, Clock, Error, SystemClock};
use idcloud_model::request::IdentityRequest;
use idcloud_model::{Asked, Capability, Decision, Status};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::args::OnboardArgs;
use crate::call_failure;
use crate::config;
use crate::connection;
use crate::exit::Exit;
use crate::failure::{Delivery, Failure, Refusal};
use crate::input::{self, Stdin};
use crate::interrupt::{self, interruptible};
use crate::output::Output;
use crate::progress::{NewAttempt, Progress};
use crate::result_object::{Context, ResultObject};
use crate::settings::Settings;
use crate::text;

/// What a run comes to: a result, a failure, or a process with its failure.
struct Outcome {
    result: Option<ResultObject>,
    /// What a person should know beside the result.
    note: Option<String>,
    failure: Option<Failure>,
    exit: Exit,
}

/// Runs the command.
pub(crate) fn run(
    mut args: OnboardArgs,
    settings: &Settings,
    stdin: &mut Stdin<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let layers = &settings.layers;
    let config = config::resolve(layers, Capability::Identity).map_err(Failure::usage)?;
    if input::is_stdin(&args.selfie) && args.subject.as_deref().is_some_and(input::is_stdin) {
        let refusal = Refusal::new(
            "--subject and --selfie",
            "cannot both read standard input",
            "name a file for one of the two",
        );
        return Err(Failure::usage(vec![refusal]));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let connection = connection::open(&config, layers, Arc::clone(&clock))?;
    let request = request::request(&mut args, stdin, clock.now())?;
    let asked = Asked::new(config.capabilities, request.selfie().kind());
    let (progress, new_attempts) = Progress::new();
    let handle = IdCloud::new(connection.client.clone()).identity(connection.api_key);
    let verification = Verification {
        handle: progress.watch(handle),
        asked,
        progress,
        environment: connection.client.environment().name().as_str(),
        reveal: args.reveal,
        exit_verdict: settings.exit_verdict,
    };
    let wait = (!args.no_wait).then_some(args.wait);
    let outcome = super::runtime()?.block_on(verification.run(request, wait, new_attempts, output));
    print(&outcome, output)?;
    Ok(outcome.exit)
}

struct Verification {
    handle: IdentityVerification,
    asked: Asked,
    progress: Progress,
    environment: &'static str,
    reveal: bool,
    exit_verdict: bool,
}

impl Verification {
    /// Submits, waits for as long as `wait` says, and reports; ends early when interrupted.
    async fn run(
        &self,
        request: IdentityRequest,
        wait: Option<Duration>,
        new_attempts: UnboundedReceiver<NewAttempt>,
        output: &mut Output<'_>,
    ) -> Outcome {
        let submission = match self.submit(request, new_attempts, output).await {
            Some(Ok(submission)) => submission,
            Some(Err(error)) => return Outcome::failed(call_failure::of_submission(&error)),
            None => {
                let known = self.progress.known();
                return Outcome::failed(interrupt::of_submission(&known, self.asked));
            }
        };
        let pending = match submission {
            Submission::Finished(report) => return self.finished(&report),
            Submission::Pending(pending) => pending,
        };
        let Some(limit) = wait.filter(|limit| !limit.is_zero()) else {
            return self.pending(&pending, None);
        };
        if output.is_watched() {
            let seconds = limit.as_secs();
            // Whoever closed standard error does not want to be told.
            let _ = output.note(&format!(
                "Process {} is pending; waiting up to {seconds} s …",
                pending.process_id()
            ));
        }
        match interruptible(Box::pin(self.handle.wait(pending.clone(), limit))).await {
            Some(Ok(report)) => self.finished(&report),
            Some(Err(error)) => {
                let id = error.pending().process_id().as_str();
                let failure = match (error.error(), error.kind()) {
                    (Some(cause), _) => Some(call_failure::of_lookup(cause, id)),
                    (None, WaitErrorKind::DeadlineReached) => None,
                    (None, _) => Some(Failure {
                        delivery: Delivery::Answered,
                        process_id: Some(id.into()),
                        ..Failure::fault(error.to_string())
                    }),
                };
                self.pending(error.pending(), failure)
            }
            None => {
                let id = pending.process_id().as_str();
                self.pending(&pending, Some(interrupt::of_wait(id)))
            }
        }
    }

    /// Submits, and tells of each new attempt as it leaves; nothing when interrupted.
    async fn submit(
        &self,
        request: IdentityRequest,
        mut new_attempts: UnboundedReceiver<NewAttempt>,
        output: &mut Output<'_>,
    ) -> Option<Result<Submission, SubmitError>> {
        let hook: Arc<dyn BeforeDispatch> = Arc::new(self.progress.clone());
        let options = CallOptions::new().with_before_dispatch(hook).into();
        let mut submission = Box::pin(interruptible(self.handle.submit(request, &options)));
        loop {
            tokio::select! {
                biased;
                Some(NewAttempt { failed, number }) = new_attempts.recv() => {
                    // Whoever closed standard error does not want to be told.
                    let _ = output.note(&format!("Process {failed} failed inside IDCloud; attempt {number} creates another."));
                }
                ended = &mut submission => return ended,
            }
        }
    }

    fn finished(&self, report: &Report) -> Outcome {
        let result = ResultObject::reported(self.environment, self.reveal, report);
        let exit = exit_of(
            report.process().status(),
            report.verdict().decision(),
            self.exit_verdict,
        );
        Outcome {
            result: Some(result),
            note: report.look_error().map(|error| unlooked(report, error)),
            failure: None,
            exit,
        }
    }

    fn pending(&self, pending: &Pending, failure: Option<Failure>) -> Outcome {
        let context = Context {
            environment: self.environment,
            simulated: pending.simulated(),
            reveal: self.reveal,
        };
        let result = self
            .progress
            .pending()
            .map(|seen| ResultObject::waiting(context, &seen, *pending.asked()));
        let exit = failure
            .as_ref()
            .map_or(Exit::Pending, |failure| failure.exit);
        Outcome {
            result,
            note: None,
            failure,
            exit,
        }
    }
}

impl Outcome {
    fn failed(failure: Failure) -> Self {
        Self {
            result: None,
            note: None,
            exit: failure.exit,
            failure: Some(failure),
        }
    }
}

/// The exit code of a final process. Without `by_verdict` an answer is an answer, whatever it says.
fn exit_of(status: &Status, decision: Decision, by_verdict: bool) -> Exit {
    match (status, decision) {
        (Status::Failed | Status::Canceled, _) => Exit::Failed,
        _ if !by_verdict => Exit::Answered,
        (_, Decision::Approve) => Exit::Answered,
        (_, Decision::Review) => Exit::Review,
        (_, Decision::Recapture) => Exit::Recapture,
        (_, Decision::Reject) => Exit::Reject,
    }
}

fn print(outcome: &Outcome, output: &mut Output<'_>) -> Result<(), Failure> {
    if let Some(result) = &outcome.result {
        output
            .result(result, |to, style| text::write(result, to, style))
            .map_err(|_| unwritten(result, outcome.failure.as_ref()))?;
    }
    // Where standard error is gone, the exit code still tells.
    if let Some(note) = &outcome.note {
        let _ = output.note(note);
    }
    if let Some(failure) = &outcome.failure {
        let _ = output.failure(failure);
    }
    Ok(())
}

/// The verdict misses evidence, and whether IDCloud has it is not known.
fn unlooked(report: &Report, error: &Error) -> String {
    let missing: Vec<&str> = report.verdict().missing().map(Capability::as_str).collect();
    format!(
        "note: looking once more for what the answer lacks ({}) failed, so the process may have it all the same: {}",
        missing.join(", "),
        call_failure::told(error)
    )
}

/// A result that nobody can read: no exit code may stand for it.
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

    /// A process that came to nothing is no verdict about the person.
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

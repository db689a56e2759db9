//! Runs one verification, from the request to the printed outcome.
//!
//! Must not lose the id of a process, nor call a request harmless that may have been sent.

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::{Pending, Submission, SubmitError, SubmitOptions, WaitErrorKind};
use idcloud_http::{BeforeDispatch, CallOptions};
use idcloud_model::{Asked, Language, SelfieKind};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::config::connection::Connection;
use crate::config::settings::Settings;
use crate::failure::call;
use crate::failure::exit::Exit;
use crate::failure::submit::{self, Memory};
use crate::failure::{Delivery, Failure};
use crate::output::Output;
use crate::output::result_object::{Context, ResultObject};
use crate::verify::handle::{Awaits, Submits};
use crate::verify::interrupted;
use crate::verify::interrupts::Interrupts;
use crate::verify::journal_file::Remembered;
use crate::verify::outcome::Outcome;
use crate::verify::progress::{Known, NewAttempt, Progress};

/// Display options of a verification.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    /// `local`, `uat`, `production` or `custom`.
    pub(crate) environment: &'static str,
    /// Whether personal data is printed.
    pub(crate) reveal: bool,
    /// Whether the exit code depends on the verdict.
    pub(crate) exit_verdict: bool,
}

impl Shown {
    pub(crate) fn of(connection: &Connection, reveal: bool, settings: &Settings) -> Self {
        Self {
            environment: connection.client.environment().name().as_str(),
            reveal,
            exit_verdict: settings.exit_verdict,
        }
    }
}

/// One verification with one handle.
pub(crate) struct Verification<H> {
    handle: H,
    progress: Progress,
    new_attempts: UnboundedReceiver<NewAttempt>,
    shown: Shown,
    interrupts: Interrupts,
    memory: Option<Remembered>,
}

impl<H: Awaits> Verification<H> {
    pub(crate) fn new(handle: H, shown: Shown, interrupts: &Interrupts) -> Self {
        let (progress, new_attempts) = Progress::new();
        Self {
            handle: handle.watched(progress.observer()),
            progress,
            new_attempts,
            shown,
            interrupts: interrupts.clone(),
            memory: None,
        }
    }

    /// The same verification, submitted once under the reference in `memory`, if there is one.
    pub(crate) fn under(self, memory: Option<Remembered>) -> Self {
        Self { memory, ..self }
    }

    /// The handle with its observer.
    pub(crate) const fn handle(&self) -> &H {
        &self.handle
    }

    /// Waits up to `wait` if the process is not final, and reports. Ends early when interrupted.
    pub(crate) async fn settle(
        &self,
        submission: Submission,
        wait: Option<Duration>,
        output: &mut Output<'_>,
    ) -> Outcome {
        let pending = match submission {
            Submission::Finished(report) => return self.finished(&report),
            Submission::Pending(pending) => pending,
        };
        let Some(limit) = wait.filter(|limit| !limit.is_zero()) else {
            return self.pending(&pending, None);
        };
        if output.is_watched() {
            let seconds = limit.as_secs();
            // A closed standard error is the caller's choice: continue without the note.
            let _ = output.note(&format!(
                "Process {} is pending; waiting up to {seconds} s …",
                pending.process_id()
            ));
        }
        let wait = self.handle.final_report(pending.clone(), limit);
        match self.interrupts.interruptible(wait).await {
            Some(Ok(report)) => self.finished(&report),
            Some(Err(error)) => {
                let id = error.pending().process_id().as_str();
                let failure = match (error.error(), error.kind()) {
                    (Some(cause), WaitErrorKind::Ambiguous) => Some(call::of_doubtful(cause, id)),
                    (Some(cause), _) => Some(call::of_lookup(cause, id)),
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
                self.pending(&pending, Some(interrupted::of_wait(id)))
            }
        }
    }

    fn finished(&self, report: &idcloud_flows::Report) -> Outcome {
        let Shown {
            environment,
            reveal,
            exit_verdict,
        } = self.shown;
        let result = ResultObject::reported(environment, reveal, report);
        Outcome::reported(result, report, exit_verdict)
    }

    fn pending(&self, pending: &Pending, failure: Option<Failure>) -> Outcome {
        let context = Context {
            environment: Some(self.shown.environment),
            simulated: Some(pending.simulated()),
            reveal: self.shown.reveal,
        };
        let result = match self.progress.pending() {
            Some(seen) => ResultObject {
                journal_error: pending.journal_error().map(submit::unwritten),
                ..ResultObject::waiting(context, &seen, *pending.asked(), Language::English)
            },
            // This run has seen no evidence: the process comes from the journal, or only its id
            // arrived.
            None => ResultObject {
                recorded: matches!(self.progress.known(), Known::NothingLeft),
                ..ResultObject::remembered(context, pending)
            },
        };
        Outcome::pending(Some(result), failure)
    }
}

impl<H: Submits> Verification<H> {
    /// Submits, waits up to `wait`, and reports. Ends early when interrupted.
    pub(crate) async fn run(
        mut self,
        request: H::Request,
        selfie: SelfieKind,
        wait: Option<Duration>,
        output: &mut Output<'_>,
    ) -> Outcome {
        match self.submit(request, output).await {
            Some(Ok(submission)) => {
                // A process that failed at once has used the attempts of the policy already.
                let may_go_on =
                    self.memory.is_some() || matches!(submission, Submission::Pending(_));
                let mut outcome = self.settle(submission, wait, output).await;
                if outcome.exit == Exit::Failed && may_go_on {
                    outcome.notes.push(self.once_more().to_owned());
                }
                outcome
            }
            Some(Err(error)) => Outcome::failed(submit::of(&error, self.memory())),
            None => {
                let asked = Asked::new(self.handle.declared(), selfie);
                Outcome::failed(interrupted::of_submission(
                    &self.progress.known(),
                    asked,
                    self.memory(),
                ))
            }
        }
    }

    /// The remedy for a failed process: after a wait, nothing is created again automatically.
    const fn once_more(&self) -> &'static str {
        match self.memory {
            Some(_) => {
                "note: IDCloud advises three attempts where a process fails inside it. Run the command with --begin-again for one more under this reference: a new process, and billed."
            }
            None => {
                "note: IDCloud advises three attempts where a process fails inside it. Run the command again for one more: a new process, and billed."
            }
        }
    }

    const fn memory(&self) -> Memory {
        match self.memory {
            Some(_) => Memory::Journal,
            None => Memory::None,
        }
    }

    /// Submits, and prints each new attempt as it is sent; `None` when interrupted.
    async fn submit(
        &mut self,
        request: H::Request,
        output: &mut Output<'_>,
    ) -> Option<Result<Submission, SubmitError>> {
        let hook: Arc<dyn BeforeDispatch> = Arc::new(self.progress.clone());
        let mut options: SubmitOptions = CallOptions::new().with_before_dispatch(hook).into();
        if let Some(memory) = &self.memory {
            options = options
                .with_reference(memory.reference.clone())
                .with_begin_again(memory.begin_again);
        }
        let create = self.handle.create(request, &options);
        let mut submission = Box::pin(self.interrupts.interruptible(create));
        let ended = loop {
            tokio::select! {
                biased;
                Some(attempt) = self.new_attempts.recv() => announce(&attempt, output),
                ended = &mut submission => break ended,
            }
        };
        // The last attempt may be answered at the moment when it is sent.
        while let Ok(attempt) = self.new_attempts.try_recv() {
            announce(&attempt, output);
        }
        ended
    }
}

fn announce(attempt: &NewAttempt, output: &mut Output<'_>) {
    let NewAttempt { failed, number } = attempt;
    // A closed standard error is the caller's choice: continue without the note.
    let _ = output.note(&format!(
        "Process {failed} failed inside IDCloud; attempt {number} creates another."
    ));
}

#[cfg(test)]
mod tests;

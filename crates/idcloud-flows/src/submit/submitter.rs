//! Submits for all handles: does what a submission's state machine decides, and reports the results
//! to it.
//!
//! Must not decide by itself what is sent, nor create twice for one answer.

use std::sync::Arc;
use std::time::Duration;

use idcloud_http::{
    Answer, ApiKey, CallOptions, Client, Delivery, EnvironmentName, Error, ErrorKind,
};
use idcloud_model::request::CreateRequest;
use idcloud_model::{Asked, Capabilities, FinalProcess, Policy, Process};

use crate::journal::{
    Claim, Claimed, Conclusion, Finished, JournalError, JournalErrorKind, JournalKey, Reference,
};
use crate::observer::Observer;
use crate::report::ownership::{self, Whose};
use crate::report::pending::{Pending, Question};
use crate::shared::Shared;
use crate::submit::journaling::{ClaimResult, Recording, conclusion_of};
use crate::submit::machine::{Machine, Step, apply_lookup};
use crate::wait::error::{WaitError, wait};
use crate::wait::poll::Poller;
use crate::{Flow, Report, Submission, SubmitError, SubmitOptions};

/// How long a lookup may take that only completes a verdict the caller already has.
///
/// No hook runs for it, and its failure is reported as `Report::look_error`.
const LOOKUP_DEADLINE: Duration = Duration::from_secs(10);

/// One flow with one API key, and how its answers are judged.
#[derive(Debug, Clone)]
pub(crate) struct Submitter {
    shared: Arc<Shared>,
    pub(crate) key: ApiKey,
    pub(crate) flow: Flow,
    pub(crate) policy: Policy,
    pub(crate) new_attempts: u32,
    pub(crate) observer: Observer,
}

/// How a create ended that has a process.
#[expect(
    clippy::large_enum_variant,
    reason = "made once a request, and taken apart at once"
)]
enum Sent {
    Answered(Answer<Process>),
    /// Only the process's id is known.
    Named(Box<Pending>),
}

/// A process after the submission's last request for it.
struct CurrentProcess {
    process: Process,
    simulated: bool,
    look_error: Option<Error>,
}

impl CurrentProcess {
    fn of(answer: Answer<Process>) -> Self {
        Self {
            simulated: answer.simulated(),
            process: answer.into_value(),
            look_error: None,
        }
    }
}

impl Submitter {
    pub(crate) fn new(shared: &Arc<Shared>, flow: Flow, key: ApiKey) -> Self {
        let shared = Arc::clone(shared);
        Self {
            key,
            flow,
            policy: shared.policy,
            new_attempts: shared.new_attempts,
            observer: Observer::default(),
            shared,
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.shared.client
    }

    /// The capabilities that the key is assumed to be declared with.
    const fn declared(&self) -> Capabilities {
        self.key.capabilities().union(self.flow.implied())
    }

    /// The capabilities that are asked for, if there is no request to narrow them.
    pub(crate) const fn capabilities(&self) -> Capabilities {
        self.declared().intersection(self.flow.evoked())
    }

    pub(crate) async fn submit(
        &self,
        request: CreateRequest,
        options: &SubmitOptions,
    ) -> Result<Submission, SubmitError> {
        // Held until the submission returns, so that a drain waits for it.
        let guard = self.shared.gate.enter();
        let _guard = guard.ok_or_else(SubmitError::draining)?;
        let capabilities = self.declared().intersection(request.evoked());
        let asked = Asked::new(capabilities, request.selfie_kind());
        let recording = match options.reference() {
            // Without a reference nothing is recorded, and two calls are two processes.
            None => None,
            Some(reference) => match self.claim(reference, &request, asked, options).await? {
                ClaimResult::Fresh(recording) => Some(recording),
                ClaimResult::Known(known) => {
                    let known = self.compared(known, reference, &request).await?;
                    return self.answered(known, capabilities);
                }
            },
        };
        // After the claim, because the name is not part of the request's fingerprint.
        let request = match options.client_reference() {
            Some(name) => request.with_client_reference(name.clone()),
            None => request,
        };
        self.create(&request, asked, options, recording).await
    }

    /// Claims the reference in the journal.
    async fn claim(
        &self,
        reference: &Reference,
        request: &CreateRequest,
        asked: Asked,
        options: &SubmitOptions,
    ) -> Result<ClaimResult, SubmitError> {
        // Sending without a record would break the promise that the reference stands for.
        let Some(journal_handle) = self.shared.journal_handle.clone() else {
            return Err(SubmitError::no_journal());
        };
        let environment = self.client().environment();
        let key = JournalKey::new(&environment, self.flow, reference.clone());
        let claim = Claim::new(
            key,
            request,
            asked,
            self.policy,
            journal_handle.owner.clone(),
        )
        .with_environment(&environment);
        let begun = Recording::begin(journal_handle, self.client(), claim, options).await;
        begun.map_err(SubmitError::journal)
    }

    /// Creates as often as the machine says, looks the process up once if it says so, and records
    /// every end before anything else is sent.
    async fn create(
        &self,
        request: &CreateRequest,
        asked: Asked,
        options: &SubmitOptions,
        mut recording: Option<Recording>,
    ) -> Result<Submission, SubmitError> {
        let reference = options.reference();
        let mut machine = Machine::new(asked, self.policy, self.new_attempts);
        let mut failed: Option<CurrentProcess> = None;
        let mut journal_error = None;
        let mut recorded = None;
        // The end of a new attempt that provably never ran, until the journal has recorded it.
        let mut refused = None;
        // A process is observed only after its end is recorded: the observer is the caller's code,
        // and may panic.
        let mut unobserved = None;
        let current = loop {
            let answer = match (
                self.send(request, asked, options, recording.as_mut()).await,
                failed,
            ) {
                (Ok(Sent::Answered(answer)), _) => answer,
                // Its process may exist, so neither a retry nor a verdict is allowed: the caller
                // waits for it.
                (Ok(Sent::Named(pending)), _) => return Ok(Submission::Pending(*pending)),
                // The new attempt provably never ran, so the failed process before it is still the
                // submission's result.
                (Err(error), Some(before)) if error.delivery() != Delivery::Unknown => {
                    let refusal = error.call_error().map(conclusion_of);
                    refused = Some(refusal.unwrap_or(Conclusion::NotSent(None)));
                    journal_error = error.into_journal_error();
                    break before;
                }
                // A new attempt with an unknown end makes the submission ambiguous: the failed
                // process is no longer its result, and the error only names it.
                (Err(error), before) => {
                    return Err(error.after(before.map(|before| before.process.id().clone())));
                }
            };
            let mut current = CurrentProcess::of(answer);
            match machine.created(&current.process, fastrand::f64()) {
                Step::Done => {
                    unobserved = self.observer.copy_for(&current.process);
                    break current;
                }
                Step::Look => {
                    // Recorded as pending before the lookup, so that a crash during it does not
                    // lose the id.
                    if let Some(recording) = &mut recording {
                        let known = self.pending(&current, asked, reference);
                        journal_error = recording.record_pending(known.clone()).await.err();
                        recorded = Some(known);
                    }
                    self.observer.observe(&current.process);
                    self.look_up(&mut current).await;
                    break current;
                }
                Step::CreateAgain(pause) => {
                    if let Some(recording) = &mut recording
                        && let Process::Final(process) = &current.process
                    {
                        let report = self
                            .report(process.clone(), current.simulated, asked)
                            .with_attempts(machine.creates());
                        // The new attempt can be claimed only once the journal has the failure of
                        // this one.
                        if let Err(error) = recording.conclude(finished(&report)).await {
                            journal_error = Some(error);
                            unobserved = self.observer.copy_for(&current.process);
                            break current;
                        }
                    }
                    self.observer.observe(&current.process);
                    self.client().clock().sleep(pause).await;
                    match begin_again(recording.as_mut()).await {
                        Ok(true) => failed = Some(current),
                        // Another program has claimed the reference meanwhile.
                        Ok(false) => break current,
                        Err(error) => {
                            journal_error = Some(error);
                            break current;
                        }
                    }
                }
            }
        };
        let submission = self.submission(current, machine.creates(), asked, reference);
        if let Some(recording) = &mut recording
            && recording.is_open()
        {
            let conclusion = refused.unwrap_or_else(|| match (&submission, recorded) {
                // The evidence that could not be looked up may exist, so the reference stays
                // pending: a later submission polls it again.
                (Submission::Finished(report), Some(known)) if report.look_error().is_some() => {
                    Conclusion::Pending(Box::new(known))
                }
                (Submission::Finished(report), _) => finished(report),
                (Submission::Pending(pending), _) => Conclusion::Pending(Box::new(pending.clone())),
            });
            // A failure is returned beside the result: an error in its place would lose what was
            // paid for. The attempt then reads as ambiguous, which is the safe side.
            journal_error = recording.conclude(conclusion).await.err();
        }
        if let Some(process) = unobserved {
            self.observer.observe(&process);
        }
        Ok(submission.with_journal_error(journal_error))
    }

    /// Sends one create; if it fails, its end is recorded in the journal.
    async fn send(
        &self,
        request: &CreateRequest,
        asked: Asked,
        options: &SubmitOptions,
        recording: Option<&mut Recording>,
    ) -> Result<Sent, SubmitError> {
        let recorded = recording
            .as_deref()
            .map(|recording| recording.options(options.call()));
        let call = recorded
            .as_ref()
            .map_or(options.call(), |(recorded, _)| recorded);
        let error = match self.client().create(&self.key, request, call).await {
            Ok(answer) => return Ok(Sent::Answered(answer)),
            Err(error) => error,
        };
        let named = self.named(&error, asked, options.reference());
        let journal_error = match recording {
            None => None,
            Some(recording) => {
                let conclusion = match &named {
                    // Pending rather than ambiguous, so that a wait can resolve it without a
                    // person.
                    Some(pending) => Conclusion::Pending(Box::new(pending.clone())),
                    None => conclusion_of(&error),
                };
                recording.conclude(conclusion).await.err()
            }
        };
        if let Some(pending) = named {
            return Ok(Sent::Named(Box::new(
                pending.with_journal_error(journal_error),
            )));
        }
        Err(
            match recorded.and_then(|(_, dispatch)| dispatch.failure()) {
                // The journal could not record a dispatch or its retraction, which ended the call
                // unsent: the journal's error is the cause, the client's only its consequence.
                Some(failure) if error.delivery() == Delivery::NotSent => {
                    SubmitError::journal(failure)
                }
                failure => SubmitError::call(error, journal_error.or(failure)),
            },
        )
    }

    /// The process that the answer to a failed create names. It may exist, and a poll confirms it
    /// or not.
    fn named(&self, error: &Error, asked: Asked, reference: Option<&Reference>) -> Option<Pending> {
        // Only an ambiguous create can have an answer that names a process.
        if error.kind() != ErrorKind::Ambiguous {
            return None;
        }
        let process_id = error.process_id()?.clone();
        let question = self.question(asked, reference);
        let now = self.client().clock().now();
        // A transport inside this program may drop the mark of a simulated answer; the local
        // environment is always simulated.
        let is_local = self.client().environment().name() == EnvironmentName::Local;
        Some(Pending::unconfirmed(
            process_id,
            question,
            self.shared.tenant(),
            now,
            is_local || error.simulated(),
        ))
    }

    fn question(&self, asked: Asked, reference: Option<&Reference>) -> Question {
        Question {
            flow: self.flow,
            reference: reference.cloned(),
            asked,
            policy: self.policy,
        }
    }

    /// Looks a final process up once.
    async fn look_up(&self, current: &mut CurrentProcess) {
        let options = CallOptions::new()
            .with_deadline(LOOKUP_DEADLINE)
            .with_created_at(self.client().clock().now());
        let id = current.process.id();
        match self.client().process(&self.key, id, &options).await {
            Ok(answer) => {
                current.simulated |= answer.simulated();
                let seen = answer.into_value();
                self.observer.observe(&seen);
                apply_lookup(&mut current.process, seen);
            }
            // The create's answer stands. The report carries the error, because the missing
            // evidence may exist.
            Err(error) => current.look_error = Some(error),
        }
    }

    /// One process as an answer shows it, judged if it is final.
    pub(crate) fn shown(&self, answer: Answer<Process>, asked: Asked) -> Submission {
        let current = CurrentProcess::of(answer);
        self.observer.observe(&current.process);
        self.submission(current, 1, asked, None)
    }

    /// The submission to return to the caller.
    fn submission(
        &self,
        current: CurrentProcess,
        creates: u32,
        asked: Asked,
        reference: Option<&Reference>,
    ) -> Submission {
        match current.process {
            Process::Final(process) => {
                let report = self.report(process, current.simulated, asked);
                Submission::Finished(
                    report
                        .with_attempts(creates)
                        .with_look_error(current.look_error.map(Arc::new)),
                )
            }
            Process::Pending(_) => Submission::Pending(self.pending(&current, asked, reference)),
        }
    }

    fn report(&self, process: FinalProcess, simulated: bool, asked: Asked) -> Report {
        let environment = self.client().environment().name();
        Report::new(process, asked, self.policy, environment, simulated)
            .with_declared(self.declared())
    }

    fn pending(
        &self,
        current: &CurrentProcess,
        asked: Asked,
        reference: Option<&Reference>,
    ) -> Pending {
        let question = self.question(asked, reference);
        let now = self.client().clock().now();
        let tenant = self.shared.tenant();
        Pending::new(&current.process, question, tenant, now, current.simulated)
    }

    /// Compares a process that a person found with the person of this request: the person may have
    /// named somebody else's process.
    async fn compared(
        &self,
        known: Claimed,
        reference: &Reference,
        request: &CreateRequest,
    ) -> Result<Claimed, SubmitError> {
        let (id, is_failed) = match &known {
            Claimed::Pending(pending) => (pending.process_id(), false),
            Claimed::Finished(finished) => (finished.process_id(), finished.is_failed()),
            _ => return Ok(known),
        };
        // A failed process has no verdict that another person could get.
        let (Some(journal_handle), Some(person), false) = (
            &self.shared.journal_handle,
            ownership::person(request),
            is_failed,
        ) else {
            return Ok(known);
        };
        let (client, journal) = (self.client(), &journal_handle.journal);
        let key = JournalKey::new(&client.environment(), self.flow, reference.clone());
        let entry = journal.entry(&key, client.clock().now()).await;
        let entry = entry.map_err(SubmitError::journal)?;
        let is_found = entry.is_some_and(|entry| {
            entry.record().is_found() && entry.record().process_id() == Some(id)
        });
        if !is_found {
            return Ok(known);
        }
        let options = CallOptions::new().with_deadline(LOOKUP_DEADLINE);
        // If IDCloud names no number, or cannot be asked, nothing is compared: the verdict stays a
        // review.
        let is_theirs = match ownership::look_up(client, &self.key, id, person, &options).await {
            Ok(Whose::ThisPersons) => true,
            Ok(Whose::AnotherPersons) => false,
            Ok(Whose::NotTold) | Err(_) => return Ok(known),
        };
        let now = client.clock().now();
        let written = journal.compare(&key, id, is_theirs, now).await;
        written.map_err(SubmitError::journal)?;
        // Recorded first: the reference is ambiguous again, and the error must not claim that the
        // request may be sent.
        if !is_theirs {
            return Err(SubmitError::journal(JournalErrorKind::OtherPerson.into()));
        }
        Ok(known.compared())
    }

    /// The journal's record, judged for the current caller: an earlier submission may have used
    /// another key or policy.
    fn answered(&self, known: Claimed, asked: Capabilities) -> Result<Submission, SubmitError> {
        match known {
            Claimed::Finished(finished) => {
                let report = Report::from(*finished).judged_for(asked, self.policy);
                Ok(Submission::Finished(report.with_declared(self.declared())))
            }
            Claimed::Pending(pending) => {
                let pending = pending.judged_for(asked, self.policy);
                Ok(Submission::Pending(pending))
            }
            Claimed::InFlight { until, .. } => Err(SubmitError::in_flight(until)),
            Claimed::Ambiguous { since } => Err(SubmitError::ambiguous(since)),
            // An answer of a newer journal: only a reference that is certainly free may be sent.
            _ => Err(SubmitError::journal(JournalErrorKind::Storage.into())),
        }
    }

    /// A journal's record, judged for the current caller.
    pub(crate) fn judge(&self, finished: Finished) -> Report {
        Report::from(finished)
            .judged_for(self.capabilities(), self.policy)
            .with_declared(self.declared())
    }

    pub(crate) async fn wait(
        &self,
        pending: Pending,
        limit: Duration,
    ) -> Result<Report, WaitError> {
        let poller = Poller::new(Arc::clone(&self.shared), self.observer.clone());
        let report = wait(poller, &self.key, pending, limit).await?;
        Ok(report.with_declared(self.declared()))
    }
}

/// Claims a new attempt, if the submission is recorded.
async fn begin_again(recording: Option<&mut Recording>) -> Result<bool, JournalError> {
    match recording {
        Some(recording) => recording.begin_again().await,
        None => Ok(true),
    }
}

fn finished(report: &Report) -> Conclusion {
    Conclusion::Finished(Box::new(report.to_finished()))
}

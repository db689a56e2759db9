//! The one submitter behind all handles: does what a submission's state machine says, and tells it what came of it.
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
use crate::submit::machine::{Machine, Step, looked};
use crate::wait::error::{WaitError, wait};
use crate::wait::poll::Poller;
use crate::{Flow, Report, Submission, SubmitError, SubmitOptions};

/// How long the one look for missing evidence may take: it is a courtesy, and the caller has a verdict already.
const LOOK_DEADLINE: Duration = Duration::from_secs(10);

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
    /// Only its id is known.
    Named(Box<Pending>),
}

/// A process as it stands after a submission's last request.
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

    /// What the key is taken to be declared with.
    const fn declared(&self) -> Capabilities {
        self.key.capabilities().union(self.flow.implied())
    }

    /// What is asked for where no request is at hand.
    pub(crate) const fn capabilities(&self) -> Capabilities {
        self.declared().intersection(self.flow.evoked())
    }

    pub(crate) async fn submit(
        &self,
        request: CreateRequest,
        options: &SubmitOptions,
    ) -> Result<Submission, SubmitError> {
        let presence = self.shared.gate.enter();
        let _presence = presence.ok_or_else(SubmitError::draining)?;
        let capabilities = self.declared().intersection(request.evoked());
        let asked = Asked::new(capabilities, request.selfie_kind());
        let recording = match options.reference() {
            None => None,
            Some(reference) => match self.claim(reference, &request, asked, options).await? {
                ClaimResult::Fresh(recording) => Some(recording),
                ClaimResult::Known(known) => {
                    let known = self.compared(known, reference, &request).await?;
                    return self.answered(known, capabilities);
                }
            },
        };
        let request = match options.client_reference() {
            Some(name) => request.with_client_reference(name.clone()),
            None => request,
        };
        self.create(&request, asked, options, recording).await
    }

    /// Asks the journal whether the reference may be submitted.
    async fn claim(
        &self,
        reference: &Reference,
        request: &CreateRequest,
        asked: Asked,
        options: &SubmitOptions,
    ) -> Result<ClaimResult, SubmitError> {
        let Some(books) = self.shared.books.clone() else {
            return Err(SubmitError::no_journal());
        };
        let environment = self.client().environment();
        let key = JournalKey::new(&environment, self.flow, reference.clone());
        let claim = Claim::new(key, request, asked, self.policy, books.owner.clone())
            .with_environment(&environment);
        let begun = Recording::begin(books, self.client(), claim, options).await;
        begun.map_err(SubmitError::journal)
    }

    /// Creates, as often as the machine says, looks once where it says so, and writes down every end before anything else leaves.
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
        let mut unwritten = None;
        let mut noted = None;
        // How a new attempt ended that IDCloud never took, as long as the journal has not written it down.
        let mut refused = None;
        // A process is shown once its end is written: the observer is the caller's code, and may panic.
        let mut unseen = None;
        let stand = loop {
            let answer = match (
                self.send(request, asked, options, recording.as_mut()).await,
                failed,
            ) {
                (Ok(Sent::Answered(answer)), _) => answer,
                (Ok(Sent::Named(pending)), _) => return Ok(Submission::Pending(*pending)),
                // A new attempt that IDCloud never took leaves the failed process before it as what came of the submission.
                (Err(error), Some(before)) if error.delivery() != Delivery::Unknown => {
                    let refusal = error.call_error().map(conclusion_of);
                    refused = Some(refusal.unwrap_or(Conclusion::NotSent(None)));
                    unwritten = error.into_journal_error();
                    break before;
                }
                (Err(error), before) => {
                    return Err(error.after(before.map(|before| before.process.id().clone())));
                }
            };
            let mut stand = CurrentProcess::of(answer);
            match machine.created(&stand.process, fastrand::f64()) {
                Step::Done => {
                    unseen = self.observer.kept(&stand.process);
                    break stand;
                }
                Step::Look => {
                    if let Some(recording) = &mut recording {
                        let known = self.pending(&stand, asked, reference);
                        unwritten = recording.note(known.clone()).await.err();
                        noted = Some(known);
                    }
                    self.observer.see(&stand.process);
                    self.look(&mut stand).await;
                    break stand;
                }
                Step::CreateAgain(pause) => {
                    if let Some(recording) = &mut recording
                        && let Process::Final(process) = &stand.process
                    {
                        let report = self
                            .report(process.clone(), stand.simulated, asked)
                            .with_attempts(machine.creates());
                        if let Err(error) = recording.conclude(finished(&report)).await {
                            unwritten = Some(error);
                            unseen = self.observer.kept(&stand.process);
                            break stand;
                        }
                    }
                    self.observer.see(&stand.process);
                    self.client().clock().sleep(pause).await;
                    match begin_again(recording.as_mut()).await {
                        Ok(true) => failed = Some(stand),
                        Ok(false) => break stand,
                        Err(error) => {
                            unwritten = Some(error);
                            break stand;
                        }
                    }
                }
            }
        };
        let submission = self.submission(stand, machine.creates(), asked, reference);
        if let Some(recording) = &mut recording
            && recording.is_open()
        {
            let conclusion = refused.unwrap_or_else(|| match (&submission, noted) {
                // What could not be looked for may be there when it is asked for again.
                (Submission::Finished(report), Some(known)) if report.look_error().is_some() => {
                    Conclusion::Pending(Box::new(known))
                }
                (Submission::Finished(report), _) => finished(report),
                (Submission::Pending(pending), _) => Conclusion::Pending(Box::new(pending.clone())),
            });
            unwritten = recording.conclude(conclusion).await.err();
        }
        if let Some(process) = unseen {
            self.observer.see(&process);
        }
        Ok(submission.with_journal_error(unwritten))
    }

    /// One create, and where it failed, its end in the journal.
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
        let unwritten = match recording {
            None => None,
            Some(recording) => {
                let conclusion = match &named {
                    Some(pending) => Conclusion::Pending(Box::new(pending.clone())),
                    None => conclusion_of(&error),
                };
                recording.conclude(conclusion).await.err()
            }
        };
        if let Some(pending) = named {
            return Ok(Sent::Named(Box::new(pending.with_journal_error(unwritten))));
        }
        Err(
            match recorded.and_then(|(_, dispatch)| dispatch.failure()) {
                Some(failure) if error.delivery() == Delivery::NotSent => {
                    SubmitError::journal(failure)
                }
                failure => SubmitError::call(error, unwritten.or(failure)),
            },
        )
    }

    /// The process that the answer to a failed create names. It is there, and a look will say what came of it.
    fn named(&self, error: &Error, asked: Asked, reference: Option<&Reference>) -> Option<Pending> {
        if error.kind() != ErrorKind::Ambiguous {
            return None;
        }
        let process_id = error.process_id()?.clone();
        let question = self.question(asked, reference);
        let now = self.client().clock().now();
        // A transport inside this program may hand over no mark; the local environment needs none.
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

    /// Looks at a final process once.
    async fn look(&self, stand: &mut CurrentProcess) {
        let options = CallOptions::new()
            .with_deadline(LOOK_DEADLINE)
            .with_created_at(self.client().clock().now());
        let id = stand.process.id();
        match self.client().process(&self.key, id, &options).await {
            Ok(answer) => {
                stand.simulated |= answer.simulated();
                let seen = answer.into_value();
                self.observer.see(&seen);
                looked(&mut stand.process, seen);
            }
            Err(error) => stand.look_error = Some(error),
        }
    }

    /// One process as an answer of IDCloud's shows it, judged where it is final.
    pub(crate) fn shown(&self, answer: Answer<Process>, asked: Asked) -> Submission {
        let stand = CurrentProcess::of(answer);
        self.observer.see(&stand.process);
        self.submission(stand, 1, asked, None)
    }

    /// What to hand to the caller.
    fn submission(
        &self,
        stand: CurrentProcess,
        creates: u32,
        asked: Asked,
        reference: Option<&Reference>,
    ) -> Submission {
        match stand.process {
            Process::Final(process) => {
                let report = self.report(process, stand.simulated, asked);
                Submission::Finished(
                    report
                        .with_attempts(creates)
                        .with_look_error(stand.look_error.map(Arc::new)),
                )
            }
            Process::Pending(_) => Submission::Pending(self.pending(&stand, asked, reference)),
        }
    }

    fn report(&self, process: FinalProcess, simulated: bool, asked: Asked) -> Report {
        let environment = self.client().environment().name();
        Report::new(process, asked, self.policy, environment, simulated)
            .with_declared(self.declared())
    }

    fn pending(
        &self,
        stand: &CurrentProcess,
        asked: Asked,
        reference: Option<&Reference>,
    ) -> Pending {
        let question = self.question(asked, reference);
        let now = self.client().clock().now();
        let tenant = self.shared.tenant();
        Pending::new(&stand.process, question, tenant, now, stand.simulated)
    }

    /// What the journal knows, where it is the person's at hand: a process that a person found may be somebody else's.
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
        // A failure says nothing of anybody.
        let (Some(books), Some(person), false) =
            (&self.shared.books, ownership::person(request), is_failed)
        else {
            return Ok(known);
        };
        let (client, journal) = (self.client(), &books.journal);
        let key = JournalKey::new(&client.environment(), self.flow, reference.clone());
        let entry = journal.entry(&key, client.clock().now()).await;
        let entry = entry.map_err(SubmitError::journal)?;
        let is_found = entry.is_some_and(|entry| {
            entry.record().is_found() && entry.record().process_id() == Some(id)
        });
        if !is_found {
            return Ok(known);
        }
        let options = CallOptions::new().with_deadline(LOOK_DEADLINE);
        // What cannot be looked up is not compared, and stays as it was asked before.
        let is_theirs = match ownership::look(client, &self.key, id, person, &options).await {
            Ok(Whose::ThisPersons) => true,
            Ok(Whose::AnotherPersons) => false,
            Ok(Whose::NotTold) | Err(_) => return Ok(known),
        };
        let now = client.clock().now();
        let written = journal.compare(&key, id, is_theirs, now).await;
        written.map_err(SubmitError::journal)?;
        if !is_theirs {
            return Err(SubmitError::journal(JournalErrorKind::OtherPerson.into()));
        }
        Ok(known.compared())
    }

    /// What the journal knows of a reference, told to whoever asks now: another key or policy may have asked before.
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
            // Only what is certain to be free may be sent.
            _ => Err(SubmitError::journal(JournalErrorKind::Storage.into())),
        }
    }

    /// What the journal keeps of a process, judged for whoever asks now.
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
        let looker = Poller::new(Arc::clone(&self.shared), self.observer.clone());
        let report = wait(looker, &self.key, pending, limit).await?;
        Ok(report.with_declared(self.declared()))
    }
}

/// Claims a new attempt, where attempts are recorded.
async fn begin_again(recording: Option<&mut Recording>) -> Result<bool, JournalError> {
    match recording {
        Some(recording) => recording.begin_again().await,
        None => Ok(true),
    }
}

fn finished(report: &Report) -> Conclusion {
    Conclusion::Finished(Box::new(report.to_finished()))
}

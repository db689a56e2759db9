//! The one driver behind all handles: does what a submission's state machine says, and tells it what came of it.
//!
//! Must never decide by itself what is sent, and never create twice for one answer.

use std::sync::Arc;
use std::time::Duration;

use idcloud_http::{ApiKey, CallOptions, Delivery, Error};
use idcloud_model::request::CreateRequest;
use idcloud_model::{Asked, Capabilities, Policy, Process, ProcessId};

use crate::idcloud::Shared;
use crate::observer::Observer;
use crate::pending::{Pending, Question};
use crate::submission::{Machine, Step, looked};
use crate::wait::{WaitError, wait};
use crate::{Flow, IdCloud, Report, Submission, SubmitError, SubmitOptions};

/// How long the one look for missing evidence may take: it is a courtesy, and the caller has a verdict already.
const LOOK_DEADLINE: Duration = Duration::from_secs(10);

/// One flow with one API key, and how its answers are judged.
#[derive(Debug, Clone)]
pub(crate) struct Driver {
    shared: Arc<Shared>,
    pub(crate) key: ApiKey,
    pub(crate) flow: Flow,
    pub(crate) policy: Policy,
    pub(crate) new_attempts: u32,
    pub(crate) observer: Observer,
}

/// A process as it stands after a submission's last request.
struct Stand {
    process: Process,
    simulated: bool,
    creates: u32,
    look_error: Option<Error>,
}

impl Driver {
    pub(crate) fn new(idcloud: &IdCloud, flow: Flow, key: ApiKey) -> Self {
        let shared = Arc::clone(&idcloud.shared);
        Self {
            key,
            flow,
            policy: shared.policy,
            new_attempts: shared.new_attempts,
            observer: Observer::default(),
            shared,
        }
    }

    pub(crate) fn client(&self) -> &idcloud_http::Client {
        &self.shared.client
    }

    /// What the key is taken to be declared with.
    pub(crate) const fn capabilities(&self) -> Capabilities {
        self.key.capabilities().union(self.flow.implied())
    }

    pub(crate) async fn submit(
        &self,
        request: CreateRequest,
        options: &SubmitOptions,
    ) -> Result<Submission, SubmitError> {
        let _presence = self.shared.gate.enter().ok_or_else(SubmitError::draining)?;
        let asked = Asked::new(self.capabilities(), request.selfie_kind());
        let stand = self.create(&request, asked, options).await?;
        Ok(self.submission(stand, asked))
    }

    /// Creates, as often as the machine says, and looks once where it says so.
    async fn create(
        &self,
        request: &CreateRequest,
        asked: Asked,
        options: &SubmitOptions,
    ) -> Result<Stand, SubmitError> {
        let mut machine = Machine::new(asked, self.policy, self.new_attempts);
        let mut simulated = false;
        let mut failed: Option<Process> = None;
        let mut look_error = None;
        let process = loop {
            let created = self
                .client()
                .create(&self.key, request, options.call())
                .await;
            let answer = match (created, failed.take()) {
                (Ok(answer), _) => answer,
                // A new attempt that IDCloud never took leaves the failed process before it as what came of the submission.
                (Err(error), Some(before)) if error.delivery() != Delivery::Unknown => {
                    break before;
                }
                (Err(error), before) => {
                    return Err(SubmitError::call(error).after(before.as_ref().map(Process::id)));
                }
            };
            simulated |= answer.simulated();
            let process = answer.into_value();
            self.observer.see(&process);
            match machine.created(&process, fastrand::f64()) {
                Step::CreateAgain(pause) => {
                    failed = Some(process);
                    self.client().clock().sleep(pause).await;
                }
                Step::Look => {
                    let seen = match self.look(process.id()).await {
                        Ok(answer) => {
                            simulated |= answer.simulated();
                            let seen = answer.into_value();
                            self.observer.see(&seen);
                            Some(seen)
                        }
                        Err(error) => {
                            look_error = Some(error);
                            None
                        }
                    };
                    break looked(process, seen);
                }
                Step::Done => break process,
            }
        };
        Ok(Stand {
            process,
            simulated,
            creates: machine.creates(),
            look_error,
        })
    }

    async fn look(&self, id: &ProcessId) -> Result<idcloud_http::Answer<Process>, Error> {
        let options = CallOptions::new()
            .with_deadline(LOOK_DEADLINE)
            .with_created_at(self.client().clock().now());
        self.client().process(&self.key, id, &options).await
    }

    /// One process as an answer of IDCloud's shows it, judged where it is final.
    pub(crate) fn shown(&self, answer: idcloud_http::Answer<Process>, asked: Asked) -> Submission {
        let simulated = answer.simulated();
        let process = answer.into_value();
        self.observer.see(&process);
        let stand = Stand {
            process,
            simulated,
            creates: 1,
            look_error: None,
        };
        self.submission(stand, asked)
    }

    /// What to hand to the caller.
    fn submission(&self, stand: Stand, asked: Asked) -> Submission {
        let Stand {
            process,
            simulated,
            creates,
            look_error,
        } = stand;
        let policy = self.policy;
        match process {
            Process::Final(process) => {
                let environment = self.client().environment().name();
                let report = Report::new(process, asked, policy, environment, simulated)
                    .with_attempts(creates)
                    .with_look_error(look_error.map(Arc::new));
                Submission::Finished(report)
            }
            Process::Pending(process) => {
                let question = Question {
                    flow: self.flow,
                    asked,
                    policy,
                };
                let now = self.client().clock().now();
                let tenant = self.shared.tenant();
                Submission::Pending(Pending::new(&process, question, tenant, now, simulated))
            }
        }
    }

    pub(crate) async fn wait(
        &self,
        pending: Pending,
        limit: Duration,
    ) -> Result<Report, WaitError> {
        wait(self.client(), &self.key, pending, limit, &self.observer).await
    }
}

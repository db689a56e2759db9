//! Identity verification: submit, and wait for what comes later.
//!
//! Must never create twice for one answer.

use std::sync::Arc;
use std::time::Duration;

use idcloud_http::{ApiKey, CallOptions, Client, Delivery, Error};
use idcloud_model::request::{CreateRequest, IdentityRequest};
use idcloud_model::{Asked, Capabilities, IdentityExtras, Policy, Process};

use crate::observer::Observer;
use crate::submission::{Machine, Step, looked, outcome};
use crate::wait::{WaitError, wait};
use crate::{Pending, Report, Submission};

/// New attempts after status 5, unless the caller says otherwise: IDCloud's own advice (parameter specification).
///
/// Whether failed processes are billed is not published.
pub const DEFAULT_NEW_ATTEMPTS: u32 = 3;

/// How long the one look for missing evidence may take: it is a courtesy, and the caller has a verdict already.
const LOOK_DEADLINE: Duration = Duration::from_secs(10);

/// Identity verification with one API key, and whatever else that key is declared to have.
///
/// Made by [`IdCloud::identity`](crate::IdCloud::identity). Cheap to clone.
#[derive(Debug, Clone)]
pub struct IdentityVerification {
    client: Client,
    key: ApiKey,
    capabilities: Capabilities,
    policy: Policy,
    new_attempts: u32,
    observer: Observer,
}

impl IdentityVerification {
    pub(crate) fn new(client: Client, key: ApiKey) -> Self {
        let capabilities = key
            .capabilities()
            .union(Capabilities::NONE.with_identity(IdentityExtras::NONE));
        Self {
            client,
            key,
            capabilities,
            policy: Policy::default(),
            new_attempts: DEFAULT_NEW_ATTEMPTS,
            observer: Observer::default(),
        }
    }

    /// The same under this policy.
    #[must_use]
    pub const fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The same with this many new attempts after a process that failed in processing (status 5); zero leaves it at the first.
    ///
    /// Each attempt is a process of its own. With a capture token there is none: it is good for one process.
    #[must_use]
    pub const fn with_new_attempts(mut self, attempts: u32) -> Self {
        self.new_attempts = attempts;
        self
    }

    /// The same, telling `observe` of every process as an answer shows it: after each create and each look at it.
    ///
    /// For showing what is known of a process that is still pending: [`Pending`] itself holds no evidence. Nothing that a pending process
    /// shows is a result.
    #[must_use]
    pub fn with_observer(mut self, observe: Arc<dyn Fn(&Process) + Send + Sync>) -> Self {
        self.observer = Observer::new(observe);
        self
    }

    /// Creates the process, and returns its verdict or what to wait for.
    ///
    /// Dropping the future does not stop a request that has left: the process may then exist without anyone knowing its id.
    ///
    /// # Errors
    /// [`Error::delivery`] says whether IDCloud may have the request; with [`Delivery::Unknown`](idcloud_http::Delivery::Unknown) it must not be
    /// repeated.
    pub async fn submit(
        &self,
        request: IdentityRequest,
        options: &CallOptions,
    ) -> Result<Submission, Error> {
        let request = CreateRequest::from(request);
        let asked = Asked::new(self.capabilities, request.selfie_kind());
        let clock = self.client.clock();
        let mut machine = Machine::new(asked, self.policy, self.new_attempts);
        let mut simulated = false;
        let mut failed: Option<Process> = None;
        let mut look_error = None;
        let process = loop {
            let answer = match (
                self.client.create(&self.key, &request, options).await,
                failed.take(),
            ) {
                (Ok(answer), _) => answer,
                // A new attempt that IDCloud never took leaves the failed process before it as what came of the submission.
                (Err(error), Some(before)) if error.delivery() != Delivery::Unknown => {
                    break before;
                }
                (Err(error), _) => return Err(error),
            };
            simulated |= answer.simulated();
            let process = answer.into_value();
            self.observer.see(&process);
            match machine.created(&process, fastrand::f64()) {
                Step::CreateAgain(pause) => {
                    failed = Some(process);
                    clock.sleep(pause).await;
                }
                Step::Look => {
                    let options = CallOptions::new()
                        .with_deadline(LOOK_DEADLINE)
                        .with_created_at(clock.now());
                    let seen = match self.client.process(&self.key, process.id(), &options).await {
                        Ok(answer) => Some(answer.into_value()),
                        Err(error) => {
                            look_error = Some(Arc::new(error));
                            None
                        }
                    };
                    if let Some(seen) = &seen {
                        self.observer.see(seen);
                    }
                    break looked(process, seen);
                }
                Step::Done => break process,
            }
        };
        Ok(outcome(
            process,
            asked,
            self.policy,
            &self.client.environment(),
            clock.now(),
            simulated,
            look_error,
        ))
    }

    /// Waits until the process is final, by asking for it, at most for `limit`.
    ///
    /// # Errors
    /// Every failure hands the pending process back: it was paid for and can be waited for again.
    pub async fn wait(&self, pending: Pending, limit: Duration) -> Result<Report, WaitError> {
        wait(&self.client, &self.key, pending, limit, &self.observer).await
    }
}

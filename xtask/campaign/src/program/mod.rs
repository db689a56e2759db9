//! A service that submits and waits, crashes and restarts.
//!
//! Must not decide by itself to send again: it asks the client, under the same reference, any
//! number of times.

pub(crate) mod case;
pub(crate) mod lifetime;
pub(crate) mod question;
pub(crate) mod stopped;

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::{IdCloud, Pending, Report, Submission, SubmitError, SubmitOptions};
use idcloud_http::{CallOptions, Clock as _, Delivery, Environment, ServiceAccount};
use idcloud_model::Language;
use tokio::time::Instant;

use crate::Failure;
use crate::judge::ambiguity::Doubt;
use crate::program::case::{Case, Request};
use crate::program::lifetime::Life;
use crate::sabotage::Sabotage;
use crate::world::World;
use crate::world::clock::WrongClock;
use crate::world::flaky_journal::FlakyJournal;
use crate::world::flaky_network::FlakyNetwork;

/// The queue timeout of a program's calls.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a dispatched attempt counts as in flight after its call's deadline.
const LEASE_MARGIN: Duration = Duration::from_secs(5);
/// The longest pause before a new attempt, and the timeout of the lookup of missing evidence.
const PAUSES: Duration = Duration::from_secs(25);
const LOOK: Duration = Duration::from_secs(10);
/// How much longer than its limit a wait may take: the seconds of its last poll.
const LAST_LOOK: Duration = Duration::from_secs(5);
/// How much longer than that after each stop: a last poll, and reading what is in the sockets.
const AFTER_STOP: Duration = Duration::from_secs(6);
/// How long a program that is asked to stop continues its submissions.
const DRAIN: Duration = Duration::from_secs(30);
/// The longest that a rough journal delays a claim.
const STALL: Duration = Duration::from_secs(201);

/// One life of one program.
#[derive(Clone)]
pub(crate) struct Program {
    world: Arc<World>,
    life: Arc<Life>,
    began: Instant,
    pub(crate) idcloud: IdCloud,
}

impl Program {
    pub(crate) fn start(
        world: &Arc<World>,
        life: &Arc<Life>,
        account: &ServiceAccount,
        clock: &WrongClock,
        rate: usize,
    ) -> Result<Self, Failure> {
        let rate = if world.sabotage == Some(Sabotage::BudgetDoubled) {
            2 * rate
        } else {
            rate
        };
        let idcloud = IdCloud::builder(Environment::local(account.clone()))
            .transport(Arc::new(FlakyNetwork::new(
                Arc::clone(world),
                Arc::clone(life),
            )))
            .journal(Arc::new(FlakyJournal::new(
                Arc::clone(world),
                Arc::clone(life),
            )))
            .clock(Arc::new(clock.clone()))
            .queue_timeout(QUEUE_TIMEOUT)
            .rate(rate)
            .build()?;
        Ok(Self {
            world: Arc::clone(world),
            life: Arc::clone(life),
            began: world.clock.instant(),
            idcloud,
        })
    }

    /// Switches to another account of the tenant.
    pub(crate) fn rotate(&self, account: &ServiceAccount) -> Result<(), Failure> {
        let environment = Environment::local(account.clone());
        Ok(self.idcloud.client().replace_credentials(environment)?)
    }

    /// Ends as a service does that is asked to stop: finishes its submissions, within the time
    /// limit.
    pub(crate) async fn drain(&self) {
        let (running, began) = (self.running(), self.world.clock.instant());
        let left = self.idcloud.drain(DRAIN).await;
        let taken = self.running().saturating_sub(running);
        self.world.timed("a drain", "all", taken, DRAIN);
        // Stops take a part of the drain's time too.
        if left > 0 && self.world.clock.instant() - began < DRAIN {
            self.world
                .overdue(format!("a drain left {left} before its time"));
        }
    }

    /// How long it has been running: no timeout of its own expires while it is stopped.
    fn running(&self) -> Duration {
        let clock = &self.world.clock;
        let stopped = self.life.stopped.long();
        // A stop counts completely from its start; this is read only outside of stops.
        (clock.instant() - self.began).saturating_sub(stopped)
    }

    /// Submits a case until there is a report, or its caller gives up.
    pub(crate) async fn pursue(&self, case: &Case, manner: Pursuit) {
        self.world.clock.sleep(manner.start).await;
        let mut drops_after = manner.drops_after;
        let mut begin_again = manner.begin_again;
        let mut again = false;
        let mut left = manner.patience;
        let mut mistake = case.mistake.as_ref();
        loop {
            let finished = match self
                .submit(case, &case.request, again, drops_after.take())
                .await
            {
                None => {
                    if case.reference.is_none() {
                        self.world.broken_off(case);
                        return;
                    }
                    None
                }
                Some(Ok(Submission::Finished(report))) => Some(report),
                Some(Ok(Submission::Pending(pending))) => self.wait(case, pending).await,
                Some(Err(error)) => {
                    if case.reference.is_none() && error.delivery() == Delivery::Unknown {
                        return;
                    }
                    None
                }
            };
            if let Some(report) = finished {
                self.look_at(case, &report);
                if report.failure().is_none() || begin_again == 0 || case.reference.is_none() {
                    return;
                }
                begin_again -= 1;
                again = true;
            } else if case.reference.is_none() && self.knows(case) {
                // A pending process without a reference is stored by its caller.
                return;
            }
            if let Some(mistake) = mistake.take()
                && case.reference.is_some()
            {
                let _ = self.submit(case, mistake, false, None).await;
            }
            if left == 0 {
                return;
            }
            left -= 1;
            let pause = self.world.with_chance(|chance| chance.u64(..200_000));
            self.world.clock.sleep(Duration::from_millis(pause)).await;
        }
    }

    fn knows(&self, case: &Case) -> bool {
        let seen = self.world.seen();
        let results = seen.results.get(&case.number);
        results.is_some_and(|results| !results.processes.is_empty())
    }

    /// Submits once; `None` if the caller dropped it.
    async fn submit(
        &self,
        case: &Case,
        request: &Request,
        again: bool,
        drops_after: Option<Duration>,
    ) -> Option<Result<Submission, SubmitError>> {
        if again {
            self.world.begun_again(case);
        }
        let manner = &case.manner;
        let mut options = SubmitOptions::from(
            CallOptions::new()
                .with_deadline(manner.deadline)
                .with_attempt_timeout(manner.attempt_timeout),
        )
        .with_lease_margin(LEASE_MARGIN)
        .with_begin_again(again);
        if let Some(reference) = &case.reference {
            options = options.with_reference(reference.clone());
        }
        let clock = &self.world.clock;
        let running = self.running();
        let submitted = match drops_after {
            None => self.ask(case, request, &options).await,
            Some(after) => tokio::select! {
            biased;
                           submitted = self.ask(case, request, &options) => submitted,
                           () = clock.sleep(after) => {
                               self.world.count_fault();
                               self.world.doubt(&case.name, Doubt::dropped);
                               return None;
                           }
                       },
        };
        let stall = if self.world.is_rough() {
            STALL
        } else {
            Duration::ZERO
        };
        let one = QUEUE_TIMEOUT + manner.deadline + PAUSES + stall;
        let most = one * (1 + self.new_attempts(case)) + LOOK;
        self.world.timed(
            "a submission",
            &case.name,
            self.running().saturating_sub(running),
            most,
        );
        self.world.show(&format!(
            "{submitted:?} {submitted:#?} {options:?} {request:?}"
        ));
        match &submitted {
            Ok(Submission::Finished(report)) => self.world.returned_report(case, report),
            Ok(Submission::Pending(pending)) => self.world.returned_id(case, pending.process_id()),
            Err(error) => {
                self.world.returned_error(case, error);
                self.world.show(&chain(error));
            }
        }
        Some(submitted)
    }

    fn new_attempts(&self, case: &Case) -> u32 {
        case.manner.new_attempts + u32::from(self.world.sabotage == Some(Sabotage::OneAttemptMore))
    }

    async fn ask(
        &self,
        case: &Case,
        request: &Request,
        options: &SubmitOptions,
    ) -> Result<Submission, SubmitError> {
        let (key, policy) = (case.key.clone(), case.question.policy);
        let attempts = self.new_attempts(case);
        match request.clone() {
            Request::Identity(request) => {
                let handle = self.idcloud.identity(key).with_policy(policy);
                let handle = handle.with_new_attempts(attempts);
                handle.submit(request, options).await
            }
            Request::BehaviorAlert(request) => {
                let handle = self.idcloud.behavior_alert(key).with_policy(policy);
                let handle = handle.with_new_attempts(attempts);
                handle.submit(request, options).await
            }
            Request::Liveness(request) => {
                let handle = self.idcloud.liveness(key).with_policy(policy);
                handle.submit(request, options).await
            }
            Request::Document(request) => {
                let handle = self.idcloud.documents(key).with_policy(policy);
                let handle = handle.with_new_attempts(attempts);
                handle.submit(request, options).await
            }
            Request::Comparison(request) => {
                let handle = self.idcloud.comparison(key).with_policy(policy);
                let handle = handle.with_new_attempts(attempts);
                handle.submit(request, options).await
            }
        }
    }

    /// Waits as often as the case's caller does, each time for the stored process.
    async fn wait(&self, case: &Case, mut pending: Pending) -> Option<Report> {
        let processes = self.idcloud.processes(case.key.clone());
        for limit in &case.manner.waits {
            let stored = serde_json::to_string(&pending).ok()?;
            self.world.show(&stored);
            let taken_up: Pending = serde_json::from_str(&stored).ok()?;
            let (running, stops) = (self.running(), self.life.stopped.stops());
            let waited_for = if self.world.sabotage == Some(Sabotage::DeadlineIgnored) {
                *limit * 3
            } else {
                *limit
            };
            let waited = processes.wait(taken_up, waited_for).await;
            self.world.timed(
                "a wait",
                &case.name,
                self.running().saturating_sub(running),
                *limit + LAST_LOOK + AFTER_STOP * (self.life.stopped.stops() - stops),
            );
            match waited {
                Ok(report) => {
                    self.world.returned_report(case, &report);
                    return Some(report);
                }
                Err(error) => {
                    self.world.show(&format!("{error:#?} {}", chain(&error)));
                    pending = error.into_pending();
                }
            }
        }
        None
    }

    fn look_at(&self, case: &Case, report: &Report) {
        let mut text = String::new();
        let mismatches: Vec<_> = report.mismatches().collect();
        // Writing to a `String` cannot fail.
        let _ = write!(
            text,
            "{report:?} {} {mismatches:?} {:?} {:?} {:?} {:?}",
            report.explanation(Language::Portuguese),
            report.failure(),
            self.idcloud,
            case.key,
            case.request,
        );
        self.world.show(&text);
    }
}

/// How one life of a program handles a case.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pursuit {
    pub(crate) start: Duration,
    pub(crate) drops_after: Option<Duration>,
    pub(crate) begin_again: u32,
    pub(crate) patience: u32,
}

/// An error, and all its causes.
fn chain(mut error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    loop {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{error} | {error:?} | {error:#?}");
        match error.source() {
            Some(cause) => error = cause,
            None => return text,
        }
    }
}

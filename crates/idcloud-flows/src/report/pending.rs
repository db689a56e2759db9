//! A process that is not final yet, as data that can be stored and taken up again.
//!
//! Must hold nothing personal and no secret.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idcloud_http::EnvironmentName;
use idcloud_model::{Asked, Capabilities, Policy, Process, ProcessId, Scenario, Status};
use serde::{Deserialize, Serialize};

use crate::Flow;
use crate::journal::{JournalError, JournalKey, Origin, Reference};
use crate::report::ignored_in_eq::IgnoredInEq;
use crate::tenant::{Tenant, tenant_id_of};

/// The form in which a pending process is stored now. Version 1 named the account in place of the tenant.
const VERSION: u32 = 2;

/// A created process whose result is still to come.
///
/// It can be stored (serde) and waited for by another program of the same tenant in the same environment, whatever its
/// account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
#[must_use = "a pending process was paid for, and its id is the only way back to it"]
pub struct Pending {
    process_id: ProcessId,
    flow: Flow,
    reference: Option<Reference>,
    scenario: Scenario,
    asked: Asked,
    policy: Policy,
    /// What the process was created to answer, where another asks under its reference now.
    first: Option<Box<OriginalQuestion>>,
    tenant: Arc<Tenant>,
    submitted_at: SystemTime,
    simulated: bool,
    unconfirmed: bool,
    journal_error: IgnoredInEq,
}

/// What a process was created to answer: its record says so whoever waits for it, and its approval takes no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct OriginalQuestion {
    pub(crate) asked: Asked,
    pub(crate) policy: Policy,
}

/// What a process was created to find out, and how the answer will be judged.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) flow: Flow,
    pub(crate) reference: Option<Reference>,
    pub(crate) asked: Asked,
    pub(crate) policy: Policy,
}

impl Pending {
    pub(crate) fn new(
        process: &Process,
        question: Question,
        tenant: Arc<Tenant>,
        submitted_at: SystemTime,
        simulated: bool,
    ) -> Self {
        let Question {
            flow,
            reference,
            asked,
            policy,
        } = question;
        Self {
            process_id: process.id().clone(),
            flow,
            reference,
            scenario: scenario_of(process.status()),
            asked: seen(asked, process.status()),
            policy,
            first: None,
            tenant,
            submitted_at,
            simulated,
            unconfirmed: false,
            journal_error: IgnoredInEq::default(),
        }
    }

    /// A process that is known by its id alone: an answer named it that was cut off, or no success.
    pub(crate) fn unconfirmed(
        process_id: ProcessId,
        question: Question,
        tenant: Arc<Tenant>,
        submitted_at: SystemTime,
        simulated: bool,
    ) -> Self {
        Self {
            process_id,
            flow: question.flow,
            reference: question.reference,
            scenario: Scenario::UnknownStatus,
            asked: question.asked,
            policy: question.policy,
            first: None,
            tenant,
            submitted_at,
            simulated,
            unconfirmed: true,
            journal_error: IgnoredInEq::default(),
        }
    }

    pub(crate) fn with_journal_error(mut self, error: Option<JournalError>) -> Self {
        self.journal_error = error.into();
        self
    }

    /// A process that somebody found after nobody knew whether there was one.
    pub(crate) fn found(
        process_id: ProcessId,
        key: &JournalKey,
        origin: Option<Origin>,
        asked: Asked,
        policy: Policy,
        submitted_at: SystemTime,
    ) -> Self {
        Self {
            process_id,
            flow: key.flow(),
            reference: Some(key.reference().clone()),
            scenario: Scenario::UnknownStatus,
            asked,
            policy,
            first: None,
            tenant: Arc::new(Tenant::of_key(key, origin)),
            submitted_at,
            simulated: key.environment() == EnvironmentName::Local,
            unconfirmed: false,
            journal_error: IgnoredInEq::default(),
        }
    }

    /// Whether a person found the process and no program compared whose it is: its verdict is then a review.
    pub(crate) fn set_settled_by_hand(&mut self, settled: bool) {
        self.asked = self.asked.with_settled_by_hand(settled);
        if let Some(first) = &mut self.first {
            first.asked = first.asked.with_settled_by_hand(settled);
        }
    }

    /// The same process for another who asks under its reference: it is judged by what both asked, under the policy of the second, and never
    /// to an approval that the first question alone would not give.
    pub(crate) fn judged_for(mut self, capabilities: Capabilities, policy: Policy) -> Self {
        let asked = self.asked.with_more(capabilities);
        if (asked, policy) == (self.asked, self.policy) {
            return self;
        }
        self.first = Some(Box::new(self.first()));
        self.asked = asked;
        self.policy = policy;
        self
    }

    /// What the process was created to answer.
    pub(crate) fn first(&self) -> OriginalQuestion {
        self.first.as_deref().copied().unwrap_or(OriginalQuestion {
            asked: self.asked,
            policy: self.policy,
        })
    }

    /// Whether another asks now than the one that the process was created for.
    pub(crate) const fn is_asked_again(&self) -> bool {
        self.first.is_some()
    }

    /// The same process after one more look at it.
    pub(crate) fn look(&mut self, status: &Status, simulated: bool) {
        self.scenario = scenario_of(status);
        self.asked = seen(self.asked, status);
        if let Some(first) = &mut self.first {
            first.asked = seen(first.asked, status);
        }
        self.simulated |= simulated;
        // IDCloud showed it.
        self.unconfirmed = false;
    }

    /// The process's id.
    #[must_use]
    pub const fn process_id(&self) -> &ProcessId {
        &self.process_id
    }

    /// What the process was created for.
    #[must_use]
    pub const fn flow(&self) -> Flow {
        self.flow
    }

    /// The caller's name for the submission, where it had one. Whoever waits for the process writes its end into the journal under it.
    #[must_use]
    pub const fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// Whether the process is known by its id alone: the answer to its create was cut off behind it, or was no success. A look decides. Where
    /// IDCloud does not know the process thirty seconds later, the submission is ambiguous; a person may settle it at any time.
    #[must_use]
    pub const fn is_unconfirmed(&self) -> bool {
        self.unconfirmed
    }

    /// What the journal could not write down when the process was created: it is pending all the same, and its reference may be answered as
    /// ambiguous later. Not stored.
    #[must_use]
    pub fn journal_error(&self) -> Option<&JournalError> {
        self.journal_error.get()
    }

    /// Which row of the table says to wait, after the last look: `processing`, `divergence` or `unknown-status`.
    #[must_use]
    pub const fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// The status at the last look: `processing`, `divergence` or `unknown`.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match self.scenario {
            Scenario::Processing => "processing",
            Scenario::Divergence => "divergence",
            _ => "unknown",
        }
    }

    /// What was asked.
    #[must_use]
    pub const fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The policy under which the result will be judged.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The environment's name.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.tenant.environment
    }

    /// Whether a simulator answered.
    #[must_use]
    pub const fn simulated(&self) -> bool {
        self.simulated
    }

    /// When the process was created, by this machine's clock.
    #[must_use]
    pub const fn submitted_at(&self) -> SystemTime {
        self.submitted_at
    }

    pub(crate) fn belongs_to(&self, tenant: &Tenant) -> bool {
        self.tenant.is_of(tenant)
    }

    /// The same in the custom environment at `origin`, as a person says of what an earlier version stored.
    pub(crate) fn name_origin(&mut self, origin: &Origin) {
        if self.tenant.origin.is_none() {
            let tenant = Arc::make_mut(&mut self.tenant);
            tenant.origin = Some(origin.clone());
        }
    }
}

/// The row of a status that is not final.
const fn scenario_of(status: &Status) -> Scenario {
    match status {
        Status::Processing => Scenario::Processing,
        Status::Divergence => Scenario::Divergence,
        _ => Scenario::UnknownStatus,
    }
}

/// A status of 1 or 2 is remembered: what ends inconclusive without a score after it was dropped.
fn seen(asked: Asked, status: &Status) -> Asked {
    let pending = matches!(status, Status::Processing | Status::Divergence);
    asked.with_seen_pending(asked.seen_pending() || pending)
}

/// The stored form. Version 1 has `issuer` in place of `tenant`, and no `origin`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    version: u32,
    process_id: ProcessId,
    flow: Flow,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
    status: String,
    asked: Asked,
    policy: Policy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<Box<OriginalQuestion>>,
    environment: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(default, skip_serializing)]
    issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    submitted_at_unix: u64,
    simulated: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unconfirmed: bool,
}

impl From<Pending> for Stored {
    fn from(pending: Pending) -> Self {
        let submitted_at = pending
            .submitted_at
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            version: VERSION,
            status: pending.status().to_owned(),
            process_id: pending.process_id,
            flow: pending.flow,
            reference: pending.reference,
            asked: pending.asked,
            policy: pending.policy,
            first: pending.first,
            environment: pending.tenant.environment.clone(),
            tenant: Some(pending.tenant.id.clone()),
            issuer: None,
            origin: pending.tenant.origin.clone(),
            submitted_at_unix: submitted_at.as_secs(),
            simulated: pending.simulated,
            unconfirmed: pending.unconfirmed,
        }
    }
}

/// Why stored data is not a pending process of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a pending process is stored in version 1 or {VERSION}; read this one with the version of the library that wrote it"
)]
struct OtherVersion;

impl TryFrom<Stored> for Pending {
    type Error = OtherVersion;

    fn try_from(stored: Stored) -> Result<Self, OtherVersion> {
        let tenant_id = match (stored.version, stored.tenant, stored.issuer) {
            (1, _, Some(issuer)) => tenant_id_of(&issuer),
            (VERSION, Some(tenant), _) => tenant.to_ascii_lowercase(),
            _ => return Err(OtherVersion),
        };
        let scenario = match stored.status.as_str() {
            "processing" => Scenario::Processing,
            "divergence" => Scenario::Divergence,
            _ => Scenario::UnknownStatus,
        };
        Ok(Self {
            process_id: stored.process_id,
            flow: stored.flow,
            reference: stored.reference,
            scenario,
            asked: stored.asked,
            policy: stored.policy,
            first: stored.first,
            tenant: Arc::new(Tenant {
                environment: stored.environment,
                id: tenant_id,
                origin: stored.origin,
            }),
            submitted_at: UNIX_EPOCH
                .checked_add(Duration::from_secs(stored.submitted_at_unix))
                .unwrap_or(UNIX_EPOCH),
            simulated: stored.simulated,
            unconfirmed: stored.unconfirmed,
            journal_error: IgnoredInEq::default(),
        })
    }
}

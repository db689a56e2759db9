//! A process that is not final yet, as data that can be stored and resumed.
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

/// The version of the stored form. Version 1 named the account instead of the tenant.
const VERSION: u32 = 2;

/// A created process whose result is still to come.
///
/// It can be stored (serde), and another program of the same tenant in the same environment can
/// wait for it with any of the tenant's accounts.
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
    /// What the process was created to answer, if a later submission under its reference asks now.
    first: Option<Box<OriginalQuestion>>,
    tenant: Arc<Tenant>,
    submitted_at: SystemTime,
    simulated: bool,
    unconfirmed: bool,
    journal_error: IgnoredInEq,
}

/// What a process was created to answer. Its record keeps this question whichever submission waits
/// for it, and an approval needs no less.
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

    /// A process known only by its id: the answer that named it was cut off, or was no success.
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

    /// A process that a person found for an ambiguous submission.
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

    /// Sets whether a person named the process and no program compared its person; its verdict is
    /// then a review.
    pub(crate) fn set_settled_by_hand(&mut self, settled: bool) {
        self.asked = self.asked.with_settled_by_hand(settled);
        if let Some(first) = &mut self.first {
            first.asked = first.asked.with_settled_by_hand(settled);
        }
    }

    /// Judges the process for a later submission under its reference: by both questions, under the
    /// later policy, and never to an approval that the first question alone would not give.
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

    /// Whether a later submission asks, with a question of its own.
    pub(crate) const fn is_asked_again(&self) -> bool {
        self.first.is_some()
    }

    /// Updates the process after a poll.
    pub(crate) fn update(&mut self, status: &Status, simulated: bool) {
        self.scenario = scenario_of(status);
        self.asked = seen(self.asked, status);
        if let Some(first) = &mut self.first {
            first.asked = seen(first.asked, status);
        }
        self.simulated |= simulated;
        // IDCloud returned it, so it exists.
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

    /// The caller's reference of the submission, if it had one. A wait records the process's end in
    /// the journal under it.
    #[must_use]
    pub const fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// Whether the process is known only by its id: the answer to its create was cut off after the
    /// id, or was no success. A poll confirms it. If IDCloud does not know it thirty seconds after
    /// the create, the submission is ambiguous; a person may settle it at any time.
    #[must_use]
    pub const fn is_unconfirmed(&self) -> bool {
        self.unconfirmed
    }

    /// Why the journal could not record the created process. The process is pending all the same;
    /// its reference may read as ambiguous later. Not stored.
    #[must_use]
    pub fn journal_error(&self) -> Option<&JournalError> {
        self.journal_error.get()
    }

    /// The row of the decision table that says to wait, after the last poll: `processing`,
    /// `divergence` or `unknown-status`.
    #[must_use]
    pub const fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// The status at the last poll: `processing`, `divergence` or `unknown`.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match self.scenario {
            Scenario::Processing => "processing",
            Scenario::Divergence => "divergence",
            _ => "unknown",
        }
    }

    /// The question.
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

    /// Sets the origin of the custom environment, as a person names it for a process that an
    /// earlier version stored.
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

/// Remembers that status 1 or 2 was seen: an inconclusive result without a score after it was
/// dropped by IDCloud.
fn seen(asked: Asked, status: &Status) -> Asked {
    let pending = matches!(status, Status::Processing | Status::Divergence);
    asked.with_seen_pending(asked.seen_pending() || pending)
}

/// The stored form. Version 1 has `issuer` instead of `tenant`, and no `origin`.
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

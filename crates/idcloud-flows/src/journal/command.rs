//! The commands that a journal takes about one reference, and its answers.
//!
//! Must be plain data: stores queue it.

use std::time::{Duration, SystemTime};

use idcloud_http::Environment;
use idcloud_model::request::CreateRequest;
use idcloud_model::{Asked, Policy, ProcessId};

use super::{Fingerprint, Finished, JournalKey, Origin, Owner, Refusal};
use crate::Pending;

/// The request to submit under a reference.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Claim {
    /// The key that it is recorded under.
    pub key: JournalKey,
    /// Identifies the request.
    pub fingerprint: Fingerprint,
    /// Identifies the request in a record of an earlier version, where that version computed
    /// another fingerprint.
    pub earlier_fingerprint: Option<Fingerprint>,
    /// The question; an ambiguous attempt whose process is found later is judged by it.
    pub asked: Asked,
    /// The policy that its answer is judged under.
    pub policy: Policy,
    /// The program that claims.
    pub owner: Owner,
    /// How long the claim excludes others before its dispatch; at most
    /// [`LONGEST_LEASE`](Self::LONGEST_LEASE).
    pub lease: Duration,
    /// The issuer of the submitting account, for people who read the journal.
    pub account: Option<Box<str>>,
    /// The origin of the custom environment that it is submitted to.
    pub origin: Option<Origin>,
}

impl Claim {
    /// The default lease: two minutes, which is longer than a call with its timeouts.
    pub const LEASE: Duration = Duration::from_secs(120);

    /// The longest lease: a day. It bounds how long a wrong clock, or an endless deadline, can
    /// block a reference.
    pub const LONGEST_LEASE: Duration = Duration::from_secs(24 * 3600);

    /// The claim of `owner` to submit `request` under `key`.
    #[must_use]
    pub fn new(
        key: JournalKey,
        request: &CreateRequest,
        asked: Asked,
        policy: Policy,
        owner: Owner,
    ) -> Self {
        Self {
            key,
            fingerprint: Fingerprint::of(request),
            earlier_fingerprint: Fingerprint::earlier_of(request),
            asked,
            policy,
            owner,
            lease: Self::LEASE,
            account: None,
            origin: None,
        }
    }

    /// Adds the account of `environment`, and its origin if it is a custom one. A claim without an
    /// origin matches records of any origin.
    #[must_use]
    pub fn with_environment(mut self, environment: &Environment) -> Self {
        self.account = Some(environment.account().issuer().into());
        self.origin = Origin::of(environment);
        self
    }

    /// Whether a record with this fingerprint is of the same request.
    #[must_use]
    pub fn is_of(&self, recorded: Fingerprint) -> bool {
        recorded == self.fingerprint || Some(recorded) == self.earlier_fingerprint
    }

    /// Sets the lease.
    #[must_use]
    pub const fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }
}

/// The journal's answer to a claim.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[must_use = "only a fresh claim may be submitted"]
pub enum Claimed {
    /// The holder of this ticket may submit.
    Fresh(Ticket),
    /// Another program, or another task, is submitting it.
    InFlight {
        /// Its owner.
        owner: Owner,
        /// The end of its lease.
        until: SystemTime,
    },
    /// It was submitted, and the process is pending.
    Pending(Box<Pending>),
    /// It was submitted, and the process is final.
    Finished(Box<Finished>),
    /// It may have been submitted, and the journal cannot know.
    Ambiguous {
        /// When it was claimed.
        since: SystemTime,
    },
}

impl Claimed {
    /// Marks a process that a person found as compared: it belongs to the person of the request.
    pub(crate) fn compared(mut self) -> Self {
        match &mut self {
            Self::Pending(pending) => pending.set_settled_by_hand(false),
            Self::Finished(finished) => finished.set_settled_by_hand(false),
            _ => {}
        }
        self
    }
}

/// The right to submit one attempt. Valid until its lease expires or another claim replaces the
/// attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an attempt that is neither concluded nor abandoned keeps its reference until its lease ends"]
pub struct Ticket {
    pub(super) key: JournalKey,
    pub(super) attempt: usize,
    pub(super) fence: u64,
}

impl Ticket {
    /// The key.
    #[must_use]
    pub const fn key(&self) -> &JournalKey {
        &self.key
    }

    /// The attempt's number, from 1.
    #[must_use]
    pub const fn attempt(&self) -> usize {
        self.attempt
    }

    /// The fencing number. The journal gives each number once, so it identifies the attempt.
    #[must_use]
    pub const fn fence(&self) -> u64 {
        self.fence
    }
}

/// How an attempt ended, as its holder knows it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Conclusion {
    /// The process exists and is pending.
    Pending(Box<Pending>),
    /// The process is final.
    Finished(Box<Finished>),
    /// It is unknown whether a process exists.
    Ambiguous,
    /// Provably no process exists; with IDCloud's refusal, if there was one.
    NotSent(Option<Refusal>),
}

/// A person's decision about an attempt whose end is not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// The process was found, for instance in IDCloud's portal. No other reference of the tenant
    /// may have it.
    Found(ProcessId),
    /// There is none, or it does not matter: the request may be sent again.
    Resend,
    /// The owner of the attempt is dead, before its lease expires: the attempt becomes ambiguous if
    /// it was dispatched, and not sent if it was not.
    OwnerIsDead,
}

/// A change to the record of one reference.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// Submit, unless it was submitted.
    Claim(Claim),
    /// Submit again after a process that ended without a result.
    BeginAgain(Claim),
    /// The request is about to be sent.
    Dispatch {
        /// The attempt.
        ticket: Ticket,
        /// How long the attempt's end is awaited.
        lease: Duration,
    },
    /// The dispatched request provably did not run, and may be dispatched again.
    Retract(Ticket),
    /// The attempt ended.
    Conclude {
        /// The attempt.
        ticket: Ticket,
        /// Its end.
        conclusion: Conclusion,
    },
    /// The attempt's holder gave it up.
    Abandon(Ticket),
    /// A pending process became final.
    Finish {
        /// The submission.
        key: JournalKey,
        /// The process.
        finished: Box<Finished>,
    },
    /// IDCloud does not know the process that an answer named, so it is unknown whether a process
    /// exists.
    Doubt {
        /// The submission.
        key: JournalKey,
        /// The process.
        process_id: ProcessId,
    },
    /// A person settles an attempt.
    Settle {
        /// The submission.
        key: JournalKey,
        /// The decision.
        settlement: Settlement,
    },
    /// A program compared the person of a process that a person found with the person of the
    /// request.
    Compare {
        /// The submission.
        key: JournalKey,
        /// The process.
        process_id: ProcessId,
        /// Whether they are the same; if not, the reference is ambiguous again.
        is_theirs: bool,
    },
}

impl Command {
    /// The process of a [`Settlement::Found`], which is about to be recorded.
    ///
    /// One process belongs to one reference. If another reference of the key's tenant
    /// ([`JournalKey::is_of_the_tenant_of`]) has this process already
    /// ([`Record::holds`](super::Record::holds)), a store refuses with
    /// [`JournalErrorKind::ProcessTaken`](super::JournalErrorKind::ProcessTaken), in the same
    /// transaction.
    #[must_use]
    pub const fn found(&self) -> Option<&ProcessId> {
        match self {
            Self::Settle {
                settlement: Settlement::Found(process_id),
                ..
            } => Some(process_id),
            _ => None,
        }
    }

    /// The key that it changes.
    #[must_use]
    pub const fn key(&self) -> &JournalKey {
        match self {
            Self::Claim(claim) | Self::BeginAgain(claim) => &claim.key,
            Self::Dispatch { ticket, .. }
            | Self::Conclude { ticket, .. }
            | Self::Retract(ticket)
            | Self::Abandon(ticket) => &ticket.key,
            Self::Finish { key, .. }
            | Self::Doubt { key, .. }
            | Self::Settle { key, .. }
            | Self::Compare { key, .. } => key,
        }
    }
}

/// A store's answer to a command.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// The answer to a claim.
    Claimed(Claimed),
    /// The command was applied, and its change is durable.
    Done,
}

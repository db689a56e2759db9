//! What can be asked of a journal about one reference, and what it answers.
//!
//! Must be data: stores queue it, and nothing here does anything.

use std::time::{Duration, SystemTime};

use idcloud_http::Environment;
use idcloud_model::request::CreateRequest;
use idcloud_model::{Asked, Policy, ProcessId};

use super::{Fingerprint, Finished, JournalKey, Origin, Owner, Refusal};
use crate::Pending;

/// The wish to submit a request under a reference.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Claim {
    /// Under what it is remembered.
    pub key: JournalKey,
    /// Which request it is.
    pub fingerprint: Fingerprint,
    /// Which request it is in a record of an earlier version, where that wrote something else.
    pub earlier_fingerprint: Option<Fingerprint>,
    /// What it asks; an ambiguous attempt whose process is found later is judged by it.
    pub asked: Asked,
    /// Under which policy.
    pub policy: Policy,
    /// Who asks.
    pub owner: Owner,
    /// For how long nobody else may have it before it is dispatched; at most [`LONGEST_LEASE`](Self::LONGEST_LEASE).
    pub lease: Duration,
    /// The issuer of the account that submits it, for people who look.
    pub account: Option<Box<str>>,
    /// Where the custom environment is that it is submitted to.
    pub origin: Option<Origin>,
}

impl Claim {
    /// How long an attempt is somebody's, unless said otherwise: two minutes, which a call with its time-outs fits in.
    pub const LEASE: Duration = Duration::from_secs(120);

    /// No lease is longer: a day. A clock that is ahead, or an endless deadline, holds up a reference for no longer.
    pub const LONGEST_LEASE: Duration = Duration::from_secs(24 * 3600);

    /// The wish of `owner` to submit `request` under `key`.
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

    /// The same by the account in `environment`, and at its origin where it is a custom one. A claim without it is taken
    /// wherever the reference was submitted.
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

    /// The same for this long.
    #[must_use]
    pub const fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[must_use = "only a fresh claim may be submitted"]
pub enum Claimed {
    /// It may be submitted, by the holder of this ticket.
    Fresh(Ticket),
    /// Somebody is submitting it.
    InFlight {
        /// Who.
        owner: Owner,
        /// Until when at most.
        until: SystemTime,
    },
    /// It was submitted, and more will come.
    Pending(Box<Pending>),
    /// It was submitted, and this came of it.
    Finished(Box<Finished>),
    /// It may have been submitted, and nobody can know.
    Ambiguous {
        /// When it was claimed.
        since: SystemTime,
    },
}

impl Claimed {
    /// The same, now that the process which a person found is known to be the person's at hand.
    pub(crate) fn compared(mut self) -> Self {
        match &mut self {
            Self::Pending(pending) => pending.set_settled_by_hand(false),
            Self::Finished(finished) => finished.set_settled_by_hand(false),
            _ => {}
        }
        self
    }
}

/// The right to submit one attempt. Good while its lease lasts and nobody else has the attempt.
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

    /// Which attempt it is, from 1.
    #[must_use]
    pub const fn attempt(&self) -> usize {
        self.attempt
    }

    /// The number that its journal gives once: an attempt with another number is another's.
    #[must_use]
    pub const fn fence(&self) -> u64 {
        self.fence
    }
}

/// What came of an attempt, as its holder knows it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Conclusion {
    /// The process exists, and more will come.
    Pending(Box<Pending>),
    /// The process is final.
    Finished(Box<Finished>),
    /// Nobody can know whether a process exists.
    Ambiguous,
    /// Provably no process exists; with IDCloud's refusal, where that is why.
    NotSent(Option<Refusal>),
}

/// How a person ends an attempt whose end nobody wrote down.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// The process was found, for instance in IDCloud's portal. No other reference of the tenant may have it.
    Found(ProcessId),
    /// There is none, or it does not matter: it may be sent again.
    Resend,
    /// Whoever has it in his hands is gone, before its lease ends: ambiguous if it was dispatched, not sent if it was not.
    OwnerIsDead,
}

/// Everything that changes what is remembered of one reference.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// Submit, unless it was submitted.
    Claim(Claim),
    /// Submit once more what ended without result.
    BeginAgain(Claim),
    /// The request is about to leave.
    Dispatch {
        /// The attempt.
        ticket: Ticket,
        /// How long its end is awaited.
        lease: Duration,
    },
    /// What was dispatched provably did not run, and may be dispatched again.
    Retract(Ticket),
    /// The attempt has an end.
    Conclude {
        /// The attempt.
        ticket: Ticket,
        /// Its end.
        conclusion: Conclusion,
    },
    /// The attempt's holder is gone.
    Abandon(Ticket),
    /// A pending process became final.
    Finish {
        /// The submission.
        key: JournalKey,
        /// The process.
        finished: Box<Finished>,
    },
    /// IDCloud does not know the process that an answer named: whether there is one is not known.
    Doubt {
        /// The submission.
        key: JournalKey,
        /// The process.
        process_id: ProcessId,
    },
    /// A person ends an attempt.
    Settle {
        /// The submission.
        key: JournalKey,
        /// How.
        settlement: Settlement,
    },
    /// A program compared whose the process is that a person found.
    Compare {
        /// The submission.
        key: JournalKey,
        /// The process.
        process_id: ProcessId,
        /// Whether it is the person's whom the submission is about; otherwise the reference is ambiguous again.
        is_theirs: bool,
    },
}

impl Command {
    /// The process that a person found, where it is that which is to be remembered.
    ///
    /// One process answers one reference: where another one of the key's tenant ([`JournalKey::is_of_the_tenant_of`]) has this process
    /// already ([`Record::holds`](super::Record::holds)), a store refuses with
    /// [`JournalErrorKind::ProcessTaken`](super::JournalErrorKind::ProcessTaken), in the same transaction.
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

    /// What it is about.
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

/// What a command came to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// A claim's answer.
    Claimed(Claimed),
    /// It was done, and is remembered.
    Done,
}

//! The record of one reference: its attempts, and the state of the last one.
//!
//! Must hold nothing personal, and change only by [`transition`](super::transition).

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use idcloud_model::{Asked, ErrorCode, Policy, ProcessId};
use serde::{Deserialize, Serialize};

use super::unix_millis;
use super::{Claim, Fingerprint, Finished, Origin, Owner};
use crate::Pending;

/// The version of the stored form.
const VERSION: u32 = 1;

/// The record of one reference. Stores keep it as serialized text (serde).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    version: u32,
    #[serde(with = "unix_millis")]
    pub(super) changed_at: SystemTime,
    /// The origin of the custom environment that it was submitted to; earlier versions did not
    /// record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<Origin>,
    /// Ended attempts that may have been paid for: failed processes, and those that a person
    /// settled to be sent again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) earlier: Vec<Attempt>,
    pub(super) last: Attempt,
}

/// One attempt: at most one process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The number that the store gave this attempt and no other.
    pub(super) fence: u64,
    pub(super) fingerprint: Fingerprint,
    /// The account that submitted it, for people who read the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<Box<str>>,
    #[serde(with = "unix_millis")]
    pub(super) claimed_at: SystemTime,
    pub(super) asked: Asked,
    pub(super) policy: Policy,
    pub(super) state: State,
    /// A person named its process, and may have named the wrong one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) found: bool,
    /// A program compared the person of the found process with the person of the request, and they
    /// are the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) compared: bool,
    /// The process that an incomplete answer named and that IDCloud does not know. Earlier versions
    /// ignore it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) doubted: Option<ProcessId>,
}

/// The state of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum State {
    /// Its owner is about to send it. Provably not sent.
    Claimed {
        /// The owner.
        owner: Owner,
        /// The end of the lease.
        #[serde(with = "unix_millis")]
        until: SystemTime,
    },
    /// It may have been sent.
    Dispatched {
        /// The owner that sent it.
        owner: Owner,
        /// The end of the lease; from then on the attempt is ambiguous.
        #[serde(with = "unix_millis")]
        until: SystemTime,
    },
    /// The process exists and is pending.
    Pending(Box<Pending>),
    /// The process is final.
    Finished(Box<Finished>),
    /// It is unknown whether a process exists. Only a late answer or a person can end this state.
    Ambiguous,
    /// Provably no process exists.
    NotSent(Option<Refusal>),
    /// It was ambiguous, and a person decided that it may be sent again.
    Resend,
}

/// The parts of IDCloud's refusal that may be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredRefusal", into = "StoredRefusal")]
pub struct Refusal {
    status: Option<u16>,
    code: Option<ErrorCode>,
}

/// The stored form.
#[derive(Serialize, Deserialize)]
struct StoredRefusal {
    status: Option<u16>,
    code: Option<String>,
}

impl From<Refusal> for StoredRefusal {
    fn from(refusal: Refusal) -> Self {
        Self {
            status: refusal.status,
            code: refusal.code.map(|code| code.as_str().to_owned()),
        }
    }
}

impl From<StoredRefusal> for Refusal {
    fn from(stored: StoredRefusal) -> Self {
        Self {
            status: stored.status,
            code: stored.code.as_deref().and_then(ErrorCode::parse),
        }
    }
}

impl Refusal {
    /// A refusal with this HTTP status and this IDCloud code.
    #[must_use]
    pub const fn new(status: Option<u16>, code: Option<ErrorCode>) -> Self {
        Self { status, code }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.status
    }

    /// IDCloud's code.
    #[must_use]
    pub const fn code(&self) -> Option<&ErrorCode> {
        self.code.as_ref()
    }
}

/// The state's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StateKind {
    /// [`State::Claimed`].
    Claimed,
    /// [`State::Dispatched`].
    Dispatched,
    /// [`State::Pending`].
    Pending,
    /// [`State::Finished`].
    Finished,
    /// [`State::Ambiguous`].
    Ambiguous,
    /// [`State::NotSent`].
    NotSent,
    /// [`State::Resend`].
    Resend,
}

impl Record {
    /// How far one clock may be ahead of another: five minutes. A record written later than that
    /// comes from a wrong clock, and its lease has expired.
    pub const MOST_AHEAD: Duration = Duration::from_secs(300);

    pub(super) const fn new(
        changed_at: SystemTime,
        origin: Option<Origin>,
        earlier: Vec<Attempt>,
        last: Attempt,
    ) -> Self {
        Self {
            version: VERSION,
            changed_at,
            origin,
            earlier,
            last,
        }
    }

    /// The origin of the custom environment that it was submitted to. `None` in other environments,
    /// and in a record of an earlier version.
    #[must_use]
    pub const fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Adds an origin that a person names to a record of an earlier version. A record that has an
    /// origin keeps it.
    #[must_use]
    pub fn named(mut self, origin: &Origin) -> Self {
        let known = self.origin.get_or_insert_with(|| origin.clone());
        if let State::Pending(pending) = &mut self.last.state {
            pending.name_origin(known);
        }
        self
    }

    /// The issuer of the account that submitted the last attempt, `account@tenant.iam.acesso.io`,
    /// if it is known.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.last.account.as_deref()
    }

    /// Whether this version of the library can have written it.
    #[must_use]
    pub const fn is_readable(&self) -> bool {
        self.version == VERSION
    }

    /// When it last changed.
    #[must_use]
    pub const fn changed_at(&self) -> SystemTime {
        self.changed_at
    }

    /// The number of the last attempt, from 1. An attempt that provably did not run is not counted:
    /// the next one has its number.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.earlier.len() + 1
    }

    /// The last attempt's state as it was written; [`at`](Self::at) gives the state at a given
    /// time.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.last.state
    }

    /// The fingerprint of the last attempt's request.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.last.fingerprint
    }

    /// The question of the last attempt.
    #[must_use]
    pub const fn asked(&self) -> &Asked {
        &self.last.asked
    }

    /// The policy of the last attempt.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.last.policy
    }

    /// When the last attempt was claimed.
    #[must_use]
    pub const fn claimed_at(&self) -> SystemTime {
        self.last.claimed_at
    }

    /// The last attempt's process, if it is known.
    #[must_use]
    pub fn process_id(&self) -> Option<&ProcessId> {
        self.last.state.process_id()
    }

    /// The process that an answer named, if the last attempt is ambiguous because IDCloud does not
    /// know it. A person looks for it, and asks Unico about it. The reference does not hold it.
    #[must_use]
    pub const fn doubted(&self) -> Option<&ProcessId> {
        match &self.last.state {
            State::Ambiguous => self.last.doubted.as_ref(),
            _ => None,
        }
    }

    /// Whether a person named the last attempt's process. A program that has the person's data
    /// compares them ([`Command::Compare`](super::Command::Compare)).
    #[must_use]
    pub const fn is_found(&self) -> bool {
        self.last.found
    }

    /// Whether a person may settle it: it is ambiguous, or it is pending only because a person
    /// named the process or because an answer named one that no poll has confirmed yet.
    #[must_use]
    pub fn may_be_settled(&self) -> bool {
        match &self.last.state {
            State::Ambiguous => true,
            State::Pending(pending) => self.last.found || pending.is_unconfirmed(),
            _ => false,
        }
    }

    /// The processes of the attempts before the last, oldest first.
    pub fn earlier_processes(&self) -> impl Iterator<Item = &ProcessId> {
        self.earlier
            .iter()
            .filter_map(|attempt| attempt.state.process_id())
    }

    /// Every process that this reference has or had, oldest first.
    pub fn processes(&self) -> impl Iterator<Item = &ProcessId> {
        self.earlier_processes().chain(self.process_id())
    }

    /// Whether this reference has or had this process.
    #[must_use]
    pub fn holds(&self, process_id: &ProcessId) -> bool {
        self.processes().any(|held| held == process_id)
    }

    /// The end of the last attempt's lease: at most [`Claim::LONGEST_LEASE`] after it was written.
    #[must_use]
    pub fn lease_end(&self) -> Option<SystemTime> {
        let until = self.last.state.until()?;
        let longest = self.changed_at.checked_add(Claim::LONGEST_LEASE);
        Some(longest.map_or(until, |longest| until.min(longest)))
    }

    /// Whether it was written by a clock that is ahead of `now` by more than
    /// [`MOST_AHEAD`](Self::MOST_AHEAD).
    pub(super) fn is_ahead_of(&self, now: SystemTime) -> bool {
        let latest = now.checked_add(Self::MOST_AHEAD);
        latest.is_some_and(|latest| self.changed_at > latest)
    }

    /// The record as it stands at `now`. When its lease has expired, a dispatched attempt is
    /// ambiguous and a claimed one was never sent. A lease written by a clock that was ahead
    /// expires at once: the attempt's fence keeps it apart from the next attempt.
    #[must_use]
    pub fn at(mut self, now: SystemTime) -> Self {
        if self.lease_end().is_some_and(|end| end <= now) || self.is_ahead_of(now) {
            self.owner_is_gone();
        }
        self.last.ask_as_found();
        self
    }

    /// Ends the last attempt because its owner is gone: ambiguous if it was dispatched, not sent if
    /// it was not. Returns whether an owner held it.
    pub(super) fn owner_is_gone(&mut self) -> bool {
        match self.last.state {
            State::Claimed { .. } => self.last_did_not_run(None),
            State::Dispatched { .. } => self.last.state = State::Ambiguous,
            _ => return false,
        }
        true
    }

    /// Whether it has ended, and has not changed since `before`.
    #[must_use]
    pub fn may_be_forgotten(&self, before: SystemTime) -> bool {
        let state = self.clone().at(before).last.state.kind();
        self.changed_at < before
            && matches!(
                state,
                StateKind::Finished | StateKind::NotSent | StateKind::Resend
            )
    }

    /// The last attempt never ran: the one before it is current again; without one the record is
    /// `NotSent`.
    pub(super) fn last_did_not_run(&mut self, refusal: Option<Refusal>) {
        match self.earlier.pop() {
            Some(before) => self.last = before,
            None => self.last.state = State::NotSent(refusal),
        }
    }
}

impl Attempt {
    /// Marks the question as settled by hand if a person named the process and no program compared
    /// it, whichever program wrote the process.
    fn ask_as_found(&mut self) {
        let settled_by_hand = self.found && !self.compared;
        match &mut self.state {
            State::Pending(pending) => pending.set_settled_by_hand(settled_by_hand),
            State::Finished(finished) => finished.set_settled_by_hand(settled_by_hand),
            _ => {}
        }
    }
}

impl State {
    /// The name.
    #[must_use]
    pub const fn kind(&self) -> StateKind {
        match self {
            Self::Claimed { .. } => StateKind::Claimed,
            Self::Dispatched { .. } => StateKind::Dispatched,
            Self::Pending(_) => StateKind::Pending,
            Self::Finished(_) => StateKind::Finished,
            Self::Ambiguous => StateKind::Ambiguous,
            Self::NotSent(_) => StateKind::NotSent,
            Self::Resend => StateKind::Resend,
        }
    }

    /// The process, if it is known.
    #[must_use]
    pub fn process_id(&self) -> Option<&ProcessId> {
        match self {
            Self::Pending(pending) => Some(pending.process_id()),
            Self::Finished(finished) => Some(finished.process_id()),
            _ => None,
        }
    }

    /// The end of the attempt's lease.
    #[must_use]
    pub const fn until(&self) -> Option<SystemTime> {
        match self {
            Self::Claimed { until, .. } | Self::Dispatched { until, .. } => Some(*until),
            _ => None,
        }
    }
}

impl StateKind {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Claimed,
        Self::Dispatched,
        Self::Pending,
        Self::Finished,
        Self::Ambiguous,
        Self::NotSent,
        Self::Resend,
    ];

    /// The name, such as `not-sent`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Dispatched => "dispatched",
            Self::Pending => "pending",
            Self::Finished => "finished",
            Self::Ambiguous => "ambiguous",
            Self::NotSent => "not-sent",
            Self::Resend => "resend",
        }
    }
}

impl fmt::Display for StateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a state; give claimed, dispatched, pending, finished, ambiguous, not-sent or resend")]
pub struct UnknownState;

impl FromStr for StateKind {
    type Err = UnknownState;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(UnknownState)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A refusal is stored and read back unchanged.
    #[test]
    fn a_refusal_is_kept() {
        let code = ErrorCode::parse("20507");
        for (status, code) in [(Some(400), code), (None, None), (Some(403), None)] {
            let refusal = Refusal::new(status, code.clone());
            let stored = serde_json::to_string(&refusal).unwrap();
            let read: Refusal = serde_json::from_str(&stored).unwrap();
            assert_eq!((read.status(), read.code()), (status, code.as_ref()));
        }
    }

    /// Only a held attempt has a lease.
    #[test]
    fn leases_have_an_end() {
        let (owner, until): (Owner, _) = ("one".parse().unwrap(), SystemTime::UNIX_EPOCH);
        let held = [
            State::Claimed {
                owner: owner.clone(),
                until,
            },
            State::Dispatched { owner, until },
        ];
        assert!(held.iter().all(|state| state.until() == Some(until)));
        assert_eq!(State::Ambiguous.until(), None);
    }

    /// Every state's name is unique and parses back into the state.
    #[test]
    fn states_have_names() {
        for kind in StateKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(kind.to_string(), kind.as_str());
        }
        assert_eq!("sent".parse::<StateKind>(), Err(UnknownState));
    }
}

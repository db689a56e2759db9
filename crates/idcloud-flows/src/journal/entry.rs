//! One reference's entry in the journal, and the filter that selects entries.
//!
//! Must show the state at the time of the query, not the state last written.

use std::time::SystemTime;

use idcloud_http::{Environment, EnvironmentName};

use super::transition::{is_recorded, other_place};
use super::{
    Command, Conclusion, JournalError, JournalErrorKind, JournalKey, Origin, Owner, Record,
    Reference, State, StateKind, Ticket,
};
use crate::{Flow, Pending};

/// One reference and its record, as it stands at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    key: JournalKey,
    record: Record,
}

impl Entry {
    /// The entry of `record` at `now`.
    #[must_use]
    pub fn new(key: JournalKey, record: Record, now: SystemTime) -> Self {
        Self {
            key,
            record: record.at(now),
        }
    }

    /// The key that it is recorded under.
    #[must_use]
    pub const fn key(&self) -> &JournalKey {
        &self.key
    }

    /// The record.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// The ticket of the attempt that `owner` holds. A program that knows that this owner is dead
    /// abandons the attempt with it ([`Command::Abandon`](super::Command::Abandon)) before its
    /// lease expires.
    #[must_use]
    pub fn held_by(&self, owner: &Owner) -> Option<Ticket> {
        match self.state() {
            State::Claimed { owner: holder, .. } | State::Dispatched { owner: holder, .. }
                if holder == owner =>
            {
                Some(Ticket {
                    key: self.key.clone(),
                    attempt: self.record.attempts(),
                    fence: self.record.last.fence,
                })
            }
            _ => None,
        }
    }

    /// The command that records `conclusion` again, for a program whose journal did not accept it
    /// the first time; `None` if it is recorded already. `owner` is the owner that made the
    /// attempt.
    ///
    /// # Errors
    /// [`Stale`](super::JournalErrorKind::Stale): the attempt has another end by now, or another
    /// holder.
    pub fn say_again(
        &self,
        owner: &Owner,
        conclusion: Conclusion,
    ) -> Result<Option<Command>, JournalError> {
        match (self.state(), conclusion) {
            (state, said) if is_recorded(state, &said) => Ok(None),
            (State::Pending(known), Conclusion::Finished(finished))
                if known.process_id() == finished.process_id() =>
            {
                let key = self.key.clone();
                Ok(Some(Command::Finish { key, finished }))
            }
            (_, conclusion) => {
                let ticket = self.held_by(owner).ok_or(JournalErrorKind::Stale)?;
                Ok(Some(Command::Conclude { ticket, conclusion }))
            }
        }
    }

    /// The pending process, with the question that was asked first. A new submission under the
    /// reference judges it by its own question.
    #[must_use]
    pub fn pending(&self) -> Option<&Pending> {
        match self.state() {
            State::Pending(pending) => Some(pending),
            _ => None,
        }
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> &State {
        self.record.state()
    }

    /// Refuses an entry that was submitted to another place than `environment`: its result is no
    /// answer there. A claim is refused alike.
    ///
    /// # Errors
    /// [`OtherOrigin`](super::JournalErrorKind::OtherOrigin) or
    /// [`OriginUnknown`](super::JournalErrorKind::OriginUnknown), only for a custom environment.
    pub fn refuse_elsewhere(&self, environment: &Environment) -> Result<(), JournalError> {
        let origin = Origin::of(environment);
        other_place(&self.record, origin.as_ref()).map_or(Ok(()), Err)
    }
}

/// Selects the entries that match every condition set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    environment: Option<EnvironmentName>,
    origin: Option<Box<str>>,
    tenant_id: Option<Box<str>>,
    flow: Option<Flow>,
    reference: Option<Reference>,
    state: Option<StateKind>,
}

impl EntryFilter {
    /// Selects every entry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only entries of this environment.
    #[must_use]
    pub const fn with_environment(mut self, environment: EnvironmentName) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Only entries of this tenant; the case of its id is ignored.
    #[must_use]
    pub fn with_tenant(mut self, tenant_id: &str) -> Self {
        self.tenant_id = Some(tenant_id.to_ascii_lowercase().into());
        self
    }

    /// Only entries of the tenant and place of `environment`: a custom environment on this machine
    /// is a place of its own.
    #[must_use]
    pub fn with_tenant_of(self, environment: &Environment) -> Self {
        let origin = Origin::of(environment).filter(Origin::is_on_this_machine);
        let place = origin.as_ref().map_or("", Origin::as_str).into();
        let filter = self
            .with_environment(environment.name())
            .with_tenant(environment.account().tenant_id());
        Self {
            origin: Some(place),
            ..filter
        }
    }

    /// Only entries of this flow.
    #[must_use]
    pub const fn with_flow(mut self, flow: Flow) -> Self {
        self.flow = Some(flow);
        self
    }

    /// Only entries with this reference, of which there is one for each environment, tenant and
    /// flow.
    #[must_use]
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
    }

    /// Only entries in this state.
    #[must_use]
    pub const fn with_state(mut self, state: StateKind) -> Self {
        self.state = Some(state);
        self
    }

    /// The value wanted for each part of a key, in the order of [`JournalKey::parts`].
    #[must_use]
    pub fn parts(&self) -> [Option<&str>; 5] {
        [
            self.environment.map(EnvironmentName::as_str),
            self.origin.as_deref(),
            self.tenant_id.as_deref(),
            self.flow.map(Flow::as_str),
            self.reference.as_ref().map(Reference::as_str),
        ]
    }

    /// The wanted state.
    #[must_use]
    pub const fn state(&self) -> Option<StateKind> {
        self.state
    }

    /// Whether an entry is selected.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        let parts = self.parts().into_iter().zip(entry.key.parts());
        parts
            .into_iter()
            .all(|(wanted, part)| wanted.is_none_or(|wanted| wanted == part))
            && self.state.is_none_or(|state| state == entry.state().kind())
    }
}

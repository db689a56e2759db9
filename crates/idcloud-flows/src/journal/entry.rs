//! What a journal shows of one reference, and which references are wanted.
//!
//! Must show what holds at the time that was asked for, not what was last written.

use std::time::SystemTime;

use idcloud_http::{Environment, EnvironmentName};

use super::transition::{is_said_already, other_place};
use super::{
    Command, Conclusion, JournalError, JournalErrorKind, JournalKey, Origin, Owner, Record,
    Reference, State, StateKind, Ticket,
};
use crate::{Flow, Pending};

/// One reference and what is remembered of it, as it stands at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    key: JournalKey,
    record: Record,
}

impl Entry {
    /// What `record` says at `now`.
    #[must_use]
    pub fn new(key: JournalKey, record: Record, now: SystemTime) -> Self {
        Self {
            key,
            record: record.at(now),
        }
    }

    /// Under what it is remembered.
    #[must_use]
    pub const fn key(&self) -> &JournalKey {
        &self.key
    }

    /// What is remembered.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// The ticket of the attempt that `owner` has in its hands: for whoever knows that this owner is gone, and lets go of it
    /// ([`Command::Abandon`](super::Command::Abandon)) before its lease ends.
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

    /// The command that says an end to the journal once more, for the program that knows it and whose journal did not take it: nothing where it
    /// stands already. `owner` is in whose name the attempt was made.
    ///
    /// # Errors
    /// [`Stale`](super::JournalErrorKind::Stale): the attempt has another end by now, or is in other hands.
    pub fn say_again(
        &self,
        owner: &Owner,
        conclusion: Conclusion,
    ) -> Result<Option<Command>, JournalError> {
        match (self.state(), conclusion) {
            (state, said) if is_said_already(state, &said) => Ok(None),
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

    /// The process that is waited for, where it is pending: to be waited for as it was asked first. Whoever submits under the reference again
    /// has it judged by what he asks.
    #[must_use]
    pub fn pending(&self) -> Option<&Pending> {
        match self.state() {
            State::Pending(pending) => Some(pending),
            _ => None,
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &State {
        self.record.state()
    }

    /// Refuses where it was submitted elsewhere than in `environment`: what it holds is then no answer there. A claim is
    /// refused alike.
    ///
    /// # Errors
    /// [`OtherOrigin`](super::JournalErrorKind::OtherOrigin) or
    /// [`OriginUnknown`](super::JournalErrorKind::OriginUnknown), which a custom environment alone can have.
    pub fn refuse_elsewhere(&self, environment: &Environment) -> Result<(), JournalError> {
        let origin = Origin::of(environment);
        other_place(&self.record, origin.as_ref()).map_or(Ok(()), Err)
    }
}

/// Which entries are wanted: all that have everything that is named.
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
    /// Every entry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of one environment.
    #[must_use]
    pub const fn with_environment(mut self, environment: EnvironmentName) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Those of one tenant, by its id, whose case does not count.
    #[must_use]
    pub fn with_tenant(mut self, tenant_id: &str) -> Self {
        self.tenant_id = Some(tenant_id.to_ascii_lowercase().into());
        self
    }

    /// Those of the tenant in the place that `environment` names: a custom environment on this machine is a place of its
    /// own.
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

    /// Those of one flow.
    #[must_use]
    pub const fn with_flow(mut self, flow: Flow) -> Self {
        self.flow = Some(flow);
        self
    }

    /// Those with this reference, of which there is one for each environment, tenant and flow.
    #[must_use]
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
    }

    /// Those in this state.
    #[must_use]
    pub const fn with_state(mut self, state: StateKind) -> Self {
        self.state = Some(state);
        self
    }

    /// The wanted text of each part of a key, in the order of [`JournalKey::parts`].
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

    /// Whether an entry is wanted.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        let parts = self.parts().into_iter().zip(entry.key.parts());
        parts
            .into_iter()
            .all(|(wanted, part)| wanted.is_none_or(|wanted| wanted == part))
            && self.state.is_none_or(|state| state == entry.state().kind())
    }
}

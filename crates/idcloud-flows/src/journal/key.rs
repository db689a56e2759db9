//! The key that a submission is recorded under.
//!
//! Must keep apart tests and production, one tenant and another, one flow and another.

use std::cmp::Ordering;

use idcloud_http::{Environment, EnvironmentName};

use super::{Origin, Reference, environment_named};
use crate::Flow;

/// Environment, tenant, flow and the caller's reference: one submission.
///
/// The account is not part of the key: another account of the tenant finds the submissions of the
/// first. A custom environment on this machine is a place of its own, so its origin is part of the
/// key; for any other custom environment the record names the origin
/// ([`Record::origin`](super::Record::origin)).
///
/// Elsewhere a second origin is more likely another way to the same place, and is refused. On this
/// machine it is mostly another simulator, with references of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JournalKey {
    environment: EnvironmentName,
    /// Only of a custom environment on this machine.
    origin: Option<Origin>,
    tenant_id: Box<str>,
    flow: Flow,
    reference: Reference,
}

impl JournalKey {
    /// The key of `reference` within a flow of one tenant in one environment.
    #[must_use]
    pub fn new(environment: &Environment, flow: Flow, reference: Reference) -> Self {
        let tenant_id = environment.account().tenant_id();
        let key = Self::from_parts(environment.name(), tenant_id, flow, reference);
        key.at(Origin::of(environment).as_ref())
    }

    /// The key of these parts. The tenant's id is lowercased.
    #[must_use]
    pub fn from_parts(
        environment: EnvironmentName,
        tenant_id: &str,
        flow: Flow,
        reference: Reference,
    ) -> Self {
        Self {
            environment,
            origin: None,
            tenant_id: tenant_id.to_ascii_lowercase().into(),
            flow,
            reference,
        }
    }

    /// Sets the origin of a custom environment; it becomes part of the key if it is on this
    /// machine.
    #[must_use]
    pub fn at(mut self, origin: Option<&Origin>) -> Self {
        let is_custom = self.environment == EnvironmentName::Custom;
        let own = origin.filter(|origin| is_custom && origin.is_on_this_machine());
        self.origin = own.cloned();
        self
    }

    /// Parses the parts of a key as text, in the order of [`parts`](Self::parts), as a store reads
    /// them back; `None` if one of them is invalid.
    #[must_use]
    pub fn from_text([environment, origin, tenant_id, flow, reference]: [&str; 5]) -> Option<Self> {
        let (flow, reference) = (flow.parse().ok()?, reference.parse().ok()?);
        let environment = environment_named(environment)?;
        let origin = match origin {
            "" => None,
            origin => Some(origin.parse().ok()?),
        };
        let key = Self::from_parts(environment, tenant_id, flow, reference);
        let key = key.at(origin.as_ref());
        (key.origin == origin).then_some(key)
    }

    /// The same key with another reference.
    #[must_use]
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.reference = reference;
        self
    }

    /// The key that an earlier version, which recorded no origin, used for the same submission;
    /// `None` if it is this key.
    #[must_use]
    pub fn without_origin(&self) -> Option<Self> {
        self.origin.as_ref()?;
        Some(self.clone().at(None))
    }

    /// The environment.
    #[must_use]
    pub const fn environment(&self) -> EnvironmentName {
        self.environment
    }

    /// The tenant's id, in lowercase.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// The flow.
    #[must_use]
    pub const fn flow(&self) -> Flow {
        self.flow
    }

    /// The caller's reference.
    #[must_use]
    pub const fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Whether both keys are of one tenant in one environment.
    #[must_use]
    pub fn is_of_the_tenant_of(&self, other: &Self) -> bool {
        (self.environment, &self.origin, &self.tenant_id)
            == (other.environment, &other.origin, &other.tenant_id)
    }

    /// The parts as text, in the order in which keys are sorted: environment, origin (empty unless
    /// it is part of the key), tenant, flow and reference.
    #[must_use]
    pub fn parts(&self) -> [&str; 5] {
        [
            self.environment.as_str(),
            self.origin.as_ref().map_or("", Origin::as_str),
            &self.tenant_id,
            self.flow.as_str(),
            self.reference.as_str(),
        ]
    }
}

/// By the text of the parts, byte by byte, as a store sorts too.
impl Ord for JournalKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for JournalKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(tenant_id: &str) -> JournalKey {
        let reference = "order-1041".parse().unwrap();
        JournalKey::from_parts(
            EnvironmentName::Custom,
            tenant_id,
            Flow::Identity,
            reference,
        )
    }

    /// Never pay twice: a tenant's id in capitals, or a key read back, is the same key.
    #[test]
    fn a_key_is_read_as_it_was_written() {
        let here: Origin = "http://127.0.0.1:8080".parse().unwrap();
        let elsewhere: Origin = "https://gateway.example".parse().unwrap();
        assert_eq!(key("Tenant-ONE"), key("tenant-one"));
        assert_eq!(key("t").at(Some(&elsewhere)), key("t"));
        assert_ne!(key("t").at(Some(&here)), key("t"));
        assert_eq!(key("t").without_origin(), None);
        let own = key("t").at(Some(&here));
        assert_eq!(own.without_origin(), Some(key("t")));
        for key in [key("t"), own] {
            assert_eq!(JournalKey::from_text(key.parts()), Some(key));
        }
        for wrong in ["https://gateway.example", "nowhere"] {
            let parts = ["custom", wrong, "t", "identity", "r"];
            assert_eq!(JournalKey::from_text(parts), None);
        }
        let parts = ["local", "http://127.0.0.1:8080", "t", "identity", "r"];
        assert_eq!(JournalKey::from_text(parts), None);
    }
}

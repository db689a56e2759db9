//! Under what a submission is remembered.
//!
//! Must keep apart what must not be confused: tests and production, one account and another, one flow and another.

use std::cmp::Ordering;

use idcloud_http::{Environment, EnvironmentName};

use super::{Reference, environment_named};
use crate::Flow;

/// Environment, account, flow and the caller's reference: one submission.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JournalKey {
    environment: EnvironmentName,
    issuer: Box<str>,
    flow: Flow,
    reference: Reference,
}

impl JournalKey {
    /// The key of `reference` within a flow of one account in one environment.
    #[must_use]
    pub fn new(environment: &Environment, flow: Flow, reference: Reference) -> Self {
        Self::from_parts(
            environment.name(),
            environment.account().issuer(),
            flow,
            reference,
        )
    }

    /// The key of these parts, as a store reads them back; `issuer` is the account's, `account@tenant.iam.acesso.io`.
    #[must_use]
    pub fn from_parts(
        environment: EnvironmentName,
        issuer: &str,
        flow: Flow,
        reference: Reference,
    ) -> Self {
        Self {
            environment,
            issuer: issuer.into(),
            flow,
            reference,
        }
    }

    /// The key of these parts as text, in the order of [`parts`](Self::parts); none where one of them cannot be.
    #[must_use]
    pub fn from_text([environment, issuer, flow, reference]: [&str; 4]) -> Option<Self> {
        Some(Self::from_parts(
            environment_named(environment)?,
            issuer,
            flow.parse().ok()?,
            reference.parse().ok()?,
        ))
    }

    /// The environment.
    #[must_use]
    pub const fn environment(&self) -> EnvironmentName {
        self.environment
    }

    /// The account's issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
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

    /// Whether both are of one account in one environment.
    #[must_use]
    pub fn is_of_the_account_of(&self, other: &Self) -> bool {
        (self.environment, &self.issuer) == (other.environment, &other.issuer)
    }

    /// The parts as text, in the order in which keys are sorted.
    #[must_use]
    pub fn parts(&self) -> [&str; 4] {
        [
            self.environment.as_str(),
            &self.issuer,
            self.flow.as_str(),
            self.reference.as_str(),
        ]
    }
}

/// By the text of the parts, byte by byte: what a store sorts by too.
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

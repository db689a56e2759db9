//! Identity verification, with whatever else the key has.
//!
//! Must never exist without a code, a name and a selfie.

use std::fmt;
use std::str::FromStr;

use super::Body;
use super::body::Writer;
use crate::violation::{Rule, Violations};
use crate::{Selfie, Subject, SubsidiaryId};

/// What the operation is for, `useCase`: free text such as `Onboarding`. One page calls it required, all others optional.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UseCase(Box<str>);

impl UseCase {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UseCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is empty or holds control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a use case is a short text such as Onboarding, not empty, without control characters")]
pub struct UseCaseError;

impl FromStr for UseCase {
    type Err = UseCaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(UseCaseError);
        }
        Ok(Self(text.into()))
    }
}

/// A request for identity verification (Onboarding page).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRequest {
    subject: Subject,
    selfie: Selfie,
    use_case: Option<UseCase>,
    subsidiary_id: Option<SubsidiaryId>,
}

impl IdentityRequest {
    /// A request about `subject`, who must have a name.
    ///
    /// # Errors
    /// The subject has no name (code 20006).
    pub fn new(subject: Subject, selfie: impl Into<Selfie>) -> Result<Self, Violations> {
        if subject.name().is_none() {
            return Err(Violations::one("subject.name", Rule::NameMissing));
        }
        Ok(Self {
            subject,
            selfie: selfie.into(),
            use_case: None,
            subsidiary_id: None,
        })
    }

    /// The same request for this use case.
    #[must_use]
    pub fn with_use_case(mut self, use_case: UseCase) -> Self {
        self.use_case = Some(use_case);
        self
    }

    /// The same request at this branch.
    #[must_use]
    pub fn with_subsidiary_id(mut self, id: SubsidiaryId) -> Self {
        self.subsidiary_id = Some(id);
        self
    }

    /// The person.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The selfie.
    #[must_use]
    pub const fn selfie(&self) -> &Selfie {
        &self.selfie
    }

    pub(super) fn body(&self) -> Body {
        let mut writer = Writer::new();
        writer.subject(&self.subject);
        writer.optional("useCase", self.use_case.as_ref().map(UseCase::as_str));
        writer.optional(
            "subsidiaryId",
            self.subsidiary_id.as_ref().map(SubsidiaryId::as_str),
        );
        writer.selfie(&self.selfie);
        writer.finish()
    }
}

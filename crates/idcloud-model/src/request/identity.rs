//! Identity verification, with whatever else the key has.
//!
//! Must never exist without a code, a name and a selfie.

use super::Body;
use super::body::Writer;
use super::context::{Context, with_context};
use crate::violation::{Rule, Violations};
use crate::{Selfie, Subject};

/// A request for identity verification (Onboarding page).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRequest {
    subject: Subject,
    selfie: Selfie,
    context: Context,
}

with_context!(IdentityRequest);

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
            context: Context::NONE,
        })
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
        self.context.write(&mut writer);
        writer.selfie(&self.selfie);
        writer.finish()
    }
}

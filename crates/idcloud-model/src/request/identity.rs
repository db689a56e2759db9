//! Identity verification, with all other capabilities of the key.
//!
//! Must not exist without a code, a name and a selfie.

use std::time::SystemTime;

use bytes::Bytes;

use super::Body;
use super::body::Writer;
use super::context::{Context, with_context};
use crate::catalogue::violation::{Rule, Violations};
use crate::{Selfie, Subject, SubjectDraft};

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

    /// A request from typed data and a selfie's bytes; reports every violation of either at once.
    ///
    /// `now` is the time that a capture token's age is measured at.
    ///
    /// # Errors
    /// All that [`SubjectDraft::parse_named`] and [`Selfie::from_input`] find.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use idcloud_model::{SubjectDraft, Violation, request::IdentityRequest};
    ///
    /// let draft = SubjectDraft { code: Some("1".to_owned().into()), ..SubjectDraft::default() };
    /// let found = IdentityRequest::from_input(&draft, "no picture".into(), SystemTime::UNIX_EPOCH).unwrap_err();
    /// let codes: Vec<_> = found.iter().filter_map(Violation::code).collect();
    /// assert_eq!(codes, ["20507", "20006", "20505"]);
    /// ```
    pub fn from_input(
        draft: &SubjectDraft,
        selfie: Bytes,
        now: SystemTime,
    ) -> Result<Self, Violations> {
        match (draft.parse_named(), Selfie::from_input(selfie, now)) {
            (Ok(subject), Ok(selfie)) => Self::new(subject, selfie),
            (subject, selfie) => {
                let found = subject.err().into_iter().chain(selfie.err()).flatten();
                Err(Violations::collect(found)
                    .unwrap_or_else(|| Violations::one("subject", Rule::SubjectMissing)))
            }
        }
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
        self.written(Writer::new())
    }

    /// The body without what later versions of this library add or normalize.
    pub(super) fn first_form(&self) -> Body {
        self.written(Writer::of_first_form())
    }

    fn written(&self, mut writer: Writer) -> Body {
        writer.subject(&self.subject, &self.context);
        self.context.write(&mut writer);
        writer.selfie(&self.selfie);
        writer.finish()
    }
}

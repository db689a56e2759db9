//! The 1:1 comparison of a face with an earlier one.
//!
//! Must never exist without something to compare with.

use super::Body;
use super::body::Writer;
use crate::{Image, ProcessId, Selfie, Subject, SubsidiaryId};

/// What the face is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reference {
    /// The selfie of an earlier process, sent as `referenceProcessId`, the form that every generation documents.
    Process(ProcessId),
    /// A picture, which only `references[]` of the newest generation can carry.
    Image(Image),
}

impl From<ProcessId> for Reference {
    fn from(id: ProcessId) -> Self {
        Self::Process(id)
    }
}

impl From<Image> for Reference {
    fn from(image: Image) -> Self {
        Self::Image(image)
    }
}

/// A request for a 1:1 comparison (once IDToken).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonRequest {
    reference: Reference,
    selfie: Selfie,
    subject: Option<Subject>,
    subsidiary_id: Option<SubsidiaryId>,
}

impl ComparisonRequest {
    /// Compares `selfie` with `reference`.
    #[must_use]
    pub fn new(reference: impl Into<Reference>, selfie: impl Into<Selfie>) -> Self {
        Self {
            reference: reference.into(),
            selfie: selfie.into(),
            subject: None,
            subsidiary_id: None,
        }
    }

    /// The same request with the person named, which a key with liveness beside the comparison needs (biometric token page).
    #[must_use]
    pub fn with_subject(mut self, subject: Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// The same request at this branch.
    #[must_use]
    pub fn with_subsidiary_id(mut self, id: SubsidiaryId) -> Self {
        self.subsidiary_id = Some(id);
        self
    }

    /// What the face is compared with.
    #[must_use]
    pub const fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The selfie.
    #[must_use]
    pub const fn selfie(&self) -> &Selfie {
        &self.selfie
    }

    pub(super) fn body(&self) -> Body {
        let mut writer = Writer::new();
        if let Some(subject) = &self.subject {
            writer.subject(subject);
        }
        writer.optional(
            "subsidiaryId",
            self.subsidiary_id.as_ref().map(SubsidiaryId::as_str),
        );
        match &self.reference {
            Reference::Process(id) => writer.text("referenceProcessId", id.as_str()),
            Reference::Image(image) => writer.array("references", [image], |writer, image| {
                writer.text("referenceType", "REFERENCE_TYPE_IMAGE_BASE64");
                writer.image("referenceContent", image);
            }),
        }
        writer.selfie(&self.selfie);
        writer.finish()
    }
}

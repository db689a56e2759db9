//! The 1:1 comparison of a face with an earlier one.
//!
//! Must not exist without something to compare with.

use bytes::Bytes;

use super::Body;
use super::body::Writer;
use super::context::{Context, with_context, with_optional_subject};
use crate::catalogue::violation::Violations;
use crate::selfie::image::Place;
use crate::{Image, ProcessId, Selfie, Subject};

/// The face to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reference {
    /// The selfie of an earlier process, sent as `referenceProcessId`, the form that every
    /// generation documents.
    Process(ProcessId),
    /// A picture, which only `references[]` of the newest generation can carry.
    Image(Image),
}

impl Reference {
    /// Reads a picture to compare with: a file, or base64 of one in any form that
    /// [`Image::from_input`] accepts.
    ///
    /// # Errors
    /// All violations at once, at `references[0].referenceContent`: nothing given, format (20505),
    /// unreadable header (20900), too large (20506), too small (20807).
    pub fn image_from_input(input: Bytes) -> Result<Self, Violations> {
        Image::from_input_at(Place::REFERENCE, input).map(Self::Image)
    }

    /// Checks a picture to its end, as [`Image::verify`] does. A process cannot be checked.
    ///
    /// # Errors
    /// As [`Image::verify`], at `references[0].referenceContent`.
    pub fn verify(&self) -> Result<(), Violations> {
        match self {
            Self::Image(image) => image.verify_at(Place::REFERENCE),
            Self::Process(_) => Ok(()),
        }
    }
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
    context: Context,
}

with_context!(ComparisonRequest);
with_optional_subject! {
    /// The same request with the person, whom a key with liveness beside the comparison needs
    /// (biometric token page).
    ComparisonRequest
}

impl ComparisonRequest {
    /// Compares `selfie` with `reference`.
    #[must_use]
    pub fn new(reference: impl Into<Reference>, selfie: impl Into<Selfie>) -> Self {
        Self {
            reference: reference.into(),
            selfie: selfie.into(),
            subject: None,
            context: Context::NONE,
        }
    }

    /// The face to compare with.
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
        self.written(Writer::new())
    }

    /// The body without what later versions of this library add or normalize.
    pub(super) fn first_form(&self) -> Body {
        self.written(Writer::of_first_form())
    }

    fn written(&self, mut writer: Writer) -> Body {
        if let Some(subject) = &self.subject {
            writer.subject(subject, &self.context);
        }
        self.context.write(&mut writer);
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

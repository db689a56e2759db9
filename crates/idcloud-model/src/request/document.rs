//! A document: captured now, or reused.
//!
//! Must not exist without the process that proves who holds it.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use super::Body;
use super::body::Writer;
use super::context::{Context, with_context};
use crate::catalogue::violation::{Rule, Violation, Violations};
use crate::selfie::image::Place;
use crate::{DocumentId, DuiType, Image, ProcessId, Subject};

/// What the document is for, `document.purpose`.
///
/// The list is IDCloud's and may grow: any single word is a purpose.
///
/// ```
/// use idcloud_model::request::Purpose;
///
/// assert_eq!("onboarding".parse(), Ok(Purpose::ONBOARDING));
/// assert_eq!("newpurpose".parse::<Purpose>()?.as_str(), "newpurpose");
/// # Ok::<(), idcloud_model::request::PurposeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Purpose(std::borrow::Cow<'static, str>);

impl Purpose {
    /// `creditprocess`.
    pub const CREDIT_PROCESS: Self = Self::known("creditprocess");
    /// `carpurchase`.
    pub const CAR_PURCHASE: Self = Self::known("carpurchase");
    /// `paybypaycheck`.
    pub const PAY_BY_PAYCHECK: Self = Self::known("paybypaycheck");
    /// `onboarding`.
    pub const ONBOARDING: Self = Self::known("onboarding");
    /// `fgts`.
    pub const FGTS: Self = Self::known("fgts");

    /// The documented purposes.
    pub const KNOWN: [Self; 5] = [
        Self::CREDIT_PROCESS,
        Self::CAR_PURCHASE,
        Self::PAY_BY_PAYCHECK,
        Self::ONBOARDING,
        Self::FGTS,
    ];

    const fn known(word: &'static str) -> Self {
        Self(std::borrow::Cow::Borrowed(word))
    }

    /// The text that is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not one word of letters, digits, hyphens and underscores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a purpose is one word such as onboarding, creditprocess, carpurchase, paybypaycheck or fgts"
)]
pub struct PurposeError;

impl FromStr for Purpose {
    type Err = PurposeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let word = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if word {
            Ok(Self(text.to_owned().into()))
        } else {
            Err(PurposeError)
        }
    }
}

/// Where the document comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentSource {
    /// Pictures of it: one (an open licence) or two (front and back).
    Files(Vec<Image>),
    /// A document that IDCloud kept; its id comes from the lookup of reusable documents.
    Reuse(DocumentId),
}

/// A request about a document (document capture and reuse pages).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRequest {
    subject: Subject,
    purpose: Purpose,
    auth_process_id: ProcessId,
    source: DocumentSource,
    context: Context,
}

with_context!(DocumentRequest);

impl DocumentRequest {
    /// Captures a document from one or two pictures: files, or base64 of them in any form that
    /// [`Image::from_input`] accepts.
    ///
    /// `auth_process_id` is a completed biometric process of the same person, at most 24 hours old.
    ///
    /// # Errors
    /// Not one or two files, and every fault of each, at `document.files[…].data`: empty, format
    /// (20505), unreadable header (20900), too large (20506), too small (20807).
    pub fn capture(
        subject: Subject,
        purpose: Purpose,
        auth_process_id: ProcessId,
        files: impl IntoIterator<Item = Bytes>,
    ) -> Result<Self, Violations> {
        let files: Vec<_> = files.into_iter().collect();
        if !(1..=Place::DOCUMENT_FILES.len()).contains(&files.len()) {
            return Err(Violations::one("document.files", Rule::DocumentFiles));
        }
        let mut images = Vec::with_capacity(files.len());
        let mut found: Vec<Violation> = Vec::new();
        for (place, input) in Place::DOCUMENT_FILES.into_iter().zip(files) {
            match Image::from_input_at(place, input) {
                Ok(image) => images.push(image),
                Err(violations) => found.extend(violations),
            }
        }
        if let Some(violations) = Violations::collect(found) {
            return Err(violations);
        }
        Ok(Self::new(
            subject,
            purpose,
            auth_process_id,
            DocumentSource::Files(images),
        ))
    }

    /// Checks every picture to its end, as [`Image::verify`] does.
    ///
    /// # Errors
    /// As [`Image::verify`], for each picture at `document.files[…].data`.
    pub fn verify(&self) -> Result<(), Violations> {
        let DocumentSource::Files(files) = &self.source else {
            return Ok(());
        };
        let found = Place::DOCUMENT_FILES
            .into_iter()
            .zip(files)
            .filter_map(|(place, file)| file.verify_at(place).err())
            .flatten();
        Violations::collect(found).map_or(Ok(()), Err)
    }

    /// Reuses a document that IDCloud kept.
    #[must_use]
    pub const fn reuse(
        subject: Subject,
        purpose: Purpose,
        auth_process_id: ProcessId,
        document_id: DocumentId,
    ) -> Self {
        Self::new(
            subject,
            purpose,
            auth_process_id,
            DocumentSource::Reuse(document_id),
        )
    }

    const fn new(
        subject: Subject,
        purpose: Purpose,
        auth_process_id: ProcessId,
        source: DocumentSource,
    ) -> Self {
        Self {
            subject,
            purpose,
            auth_process_id,
            source,
            context: Context::NONE,
        }
    }

    /// The person.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What the document is for.
    #[must_use]
    pub const fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// The process that proves who holds the document.
    #[must_use]
    pub const fn auth_process_id(&self) -> &ProcessId {
        &self.auth_process_id
    }

    /// Where the document comes from.
    #[must_use]
    pub const fn source(&self) -> &DocumentSource {
        &self.source
    }

    pub(super) fn body(&self) -> Body {
        self.written(Writer::new())
    }

    /// The body without what later versions of this library add or normalize, such as
    /// `subject.duiType`.
    pub(super) fn first_form(&self) -> Body {
        self.written(Writer::of_first_form())
    }

    fn written(&self, mut writer: Writer) -> Body {
        let kind = DuiType::of(self.subject.code());
        writer.subject_of_kind(&self.subject, &self.context, Some(&kind));
        self.context.write(&mut writer);
        writer.object("document", |writer| {
            writer.text("purpose", self.purpose.as_str());
            writer.text("authProcessId", self.auth_process_id.as_str());
            match &self.source {
                DocumentSource::Reuse(id) => writer.text("documentId", id.as_str()),
                DocumentSource::Files(files) => {
                    writer.array("files", files, |writer, file| writer.image("data", file));
                }
            }
        });
        writer.finish()
    }
}

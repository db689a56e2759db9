//! The body of a create, read and checked rule by rule.
//!
//! Must not copy a picture, nor repeat a value in an error.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use idcloud_model::{Capability, PersonName, ProcessId, RiskCode, SubjectCode};
use serde::Deserialize;

use crate::core::wire::error_catalogue::Refusal;
use crate::{Dialect, KeyProfile};

/// The content of a create, after every check except those of pictures and of other processes.
pub(crate) struct CreateBody<'a> {
    pub(crate) code: Option<SubjectCode>,
    pub(crate) name: Option<PersonName>,
    /// The caller's own name for the person, if given.
    pub(crate) client_reference: Option<Cow<'a, str>>,
    pub(crate) content: Content<'a>,
}

/// The selfie or document. Texts are not empty, and otherwise not yet checked.
pub(crate) enum Content<'a> {
    /// A face; with a reference if the key compares.
    Face {
        selfie: Cow<'a, str>,
        reference: Option<Reference<'a>>,
    },
    /// A document, and the process that proves who holds it.
    Document {
        proof: Cow<'a, str>,
        source: DocumentSource<'a>,
    },
}

impl Content<'_> {
    /// Distinguishes requests about the same person: the selfie, or the document.
    pub(crate) fn substance(&self) -> &str {
        match self {
            Self::Face { selfie, .. } => selfie,
            Self::Document { source, .. } => match source {
                DocumentSource::Files(files) => files.first().map_or("", |file| file),
                DocumentSource::Kept(id) => id,
            },
        }
    }
}

/// The face to compare with.
pub(crate) enum Reference<'a> {
    /// The selfie of the process with this id.
    Process(Cow<'a, str>),
    /// A picture.
    Picture(Cow<'a, str>),
}

/// The source of a document.
pub(crate) enum DocumentSource<'a> {
    /// Pictures: one or two.
    Files(Vec<Cow<'a, str>>),
    /// A kept document, by its id.
    Kept(Cow<'a, str>),
}

/// The members that a create may have, in every documented spelling.
///
/// `null` counts as absent. A member of a wrong type, or given twice, makes the body invalid. An
/// unknown member is ignored, since no document says otherwise.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    subject: Option<WireSubject<'a>>,
    #[serde(rename = "useCase")]
    _use_case: Option<Text<'a>>,
    #[serde(rename = "subsidiaryId")]
    _subsidiary_id: Option<Text<'a>>,
    #[serde(rename = "imageBase64", alias = "imagebase64")]
    selfie: Option<Text<'a>>,
    #[serde(rename = "referenceProcessId", alias = "referenteProcessId")]
    reference_process: Option<Text<'a>>,
    references: Option<Vec<WireReference<'a>>>,
    document: Option<WireDocument<'a>>,
}

#[derive(Default, Deserialize)]
struct WireSubject<'a> {
    #[serde(borrow)]
    code: Option<Text<'a>>,
    #[serde(rename = "duiType")]
    dui_type: Option<Text<'a>>,
    name: Option<Text<'a>>,
    #[serde(rename = "email")]
    _email: Option<Text<'a>>,
    #[serde(rename = "phone")]
    _phone: Option<Text<'a>>,
    #[serde(rename = "gender")]
    _gender: Option<Text<'a>>,
    #[serde(rename = "birthDate")]
    _birth_date: Option<Text<'a>>,
    #[serde(rename = "clientReference")]
    client_reference: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireReference<'a> {
    #[serde(borrow)]
    reference_type: Option<Text<'a>>,
    reference_content: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDocument<'a> {
    #[serde(borrow)]
    purpose: Option<Text<'a>>,
    auth_process_id: Option<Text<'a>>,
    document_id: Option<Text<'a>>,
    files: Option<Vec<WireFile<'a>>>,
}

#[derive(Deserialize)]
struct WireFile<'a> {
    #[serde(borrow)]
    data: Option<Text<'a>>,
}

/// A text that is borrowed from the body unless it has escapes. (`Option<Cow>` by itself would
/// always copy.)
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Text<'a> {
    /// The text; `None` if it is empty, which IDCloud treats as absent.
    fn given(text: Option<Self>) -> Option<Cow<'a, str>> {
        text.map(|Text(text)| text)
            .filter(|text| !text.trim().is_empty())
    }
}

impl<'a> CreateBody<'a> {
    /// Parses `body` for a key with `profile` that answers in `dialect`; both decide what is
    /// required.
    pub(crate) fn read(
        body: &'a [u8],
        profile: KeyProfile,
        dialect: Dialect,
    ) -> Result<Self, Refusal> {
        let wire: Wire<'a> = serde_json::from_slice(body).map_err(|_| Refusal::BAD_BODY)?;
        let (required, document) = if is_about_a_document(profile, wire.document.is_some()) {
            let document = wire.document.ok_or(Refusal::BAD_BODY)?;
            (
                Required::about_a_document(dialect),
                Some(document.content()?),
            )
        } else {
            (Required::about_a_face(profile), None)
        };
        let reference = if required.reference {
            Some(Reference::of(wire.references, wire.reference_process)?)
        } else {
            None
        };
        if required.code && wire.subject.is_none() {
            return Err(Refusal::NO_SUBJECT);
        }
        let subject = wire.subject.unwrap_or_default();
        let (code, name) = (Text::given(subject.code), Text::given(subject.name));
        if required.code && code.is_none() {
            return Err(Refusal::NO_CODE);
        }
        if required.dui_type && Text::given(subject.dui_type).is_none() {
            return Err(Refusal::BAD_BODY);
        }
        let is_other = required.any_code && code.as_deref().is_some_and(is_of_another_kind);
        // A person without a CPF or CURP is unknown to the simulator.
        let code = code
            .filter(|_| !is_other)
            .map(|text| unformatted(&text))
            .transpose()?;
        if required.name && name.is_none() {
            return Err(Refusal::NO_NAME);
        }
        let content = match document {
            Some(document) => document,
            None => Content::Face {
                selfie: Text::given(wire.selfie).ok_or(Refusal::NO_IMAGE)?,
                reference,
            },
        };
        Ok(Self {
            code,
            name: name.and_then(|text| text.parse().ok()),
            content,
            client_reference: Text::given(subject.client_reference),
        })
    }
}

/// The selfie of a body, without checks.
pub(crate) fn selfie(body: &[u8]) -> Option<Cow<'_, str>> {
    let wire: Wire<'_> = serde_json::from_slice(body).ok()?;
    Text::given(wire.selfie)
}

/// The members that a key requires.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is required or not, whatever the others are"
)]
struct Required {
    code: bool,
    any_code: bool,
    dui_type: bool,
    name: bool,
    reference: bool,
}

impl Required {
    /// The page of the newest contract requires the kind of the code, and does not say how a create
    /// without it is refused.
    fn about_a_document(dialect: Dialect) -> Self {
        Self {
            code: true,
            any_code: false,
            dui_type: dialect >= Dialect::V2026,
            name: false,
            reference: false,
        }
    }

    fn about_a_face(key: KeyProfile) -> Self {
        let name = key.has(Capability::Identity);
        let compares = key.has(Capability::FaceMatch);
        Self {
            code: name
                || key.has(Capability::BehaviorAlert)
                || key.has(Capability::TrustDecision)
                || compares && key.has(Capability::Liveness),
            any_code: key.has(Capability::BehaviorAlert) && !name && !compares,
            dui_type: false,
            name,
            reference: compares,
        }
    }
}

/// Whether the create is about a document: always for a key with only that capability, otherwise if
/// the body has one.
fn is_about_a_document(key: KeyProfile, has_document: bool) -> bool {
    key.has(Capability::Document)
        && (has_document || key.capabilities().iter().eq([Capability::Document]))
}

impl<'a> Reference<'a> {
    /// The face to compare with, in the newest form or an older one. A missing one has no code of
    /// its own.
    fn of(
        references: Option<Vec<WireReference<'a>>>,
        process: Option<Text<'a>>,
    ) -> Result<Self, Refusal> {
        let newest = references.and_then(|references| references.into_iter().next());
        let (kind, content) = match newest {
            Some(reference) => (
                Text::given(reference.reference_type),
                Text::given(reference.reference_content),
            ),
            None => (
                Some("REFERENCE_TYPE_PROCESS_ID".into()),
                Text::given(process),
            ),
        };
        match (kind.as_deref(), content) {
            (Some("REFERENCE_TYPE_IMAGE_BASE64"), Some(content)) => Ok(Self::Picture(content)),
            (Some("REFERENCE_TYPE_PROCESS_ID"), Some(content)) => {
                process_id(content).map(Self::Process)
            }
            _ => Err(Refusal::BAD_BODY),
        }
    }
}

impl<'a> WireDocument<'a> {
    /// None of these members has a code of its own when missing.
    fn content(self) -> Result<Content<'a>, Refusal> {
        Text::given(self.purpose).ok_or(Refusal::BAD_BODY)?;
        let proof = Text::given(self.auth_process_id).ok_or(Refusal::BAD_BODY)?;
        let source = if let Some(id) = Text::given(self.document_id) {
            DocumentSource::Kept(id)
        } else {
            let files = self.files.unwrap_or_default().into_iter();
            let files: Option<Vec<_>> = files.map(|file| Text::given(file.data)).collect();
            let files = files.filter(|files| (1..=2).contains(&files.len()));
            DocumentSource::Files(files.ok_or(Refusal::BAD_BODY)?)
        };
        Ok(Content::Document {
            proof: process_id(proof)?,
            source,
        })
    }
}

fn process_id(text: Cow<'_, str>) -> Result<Cow<'_, str>, Refusal> {
    match text.parse::<ProcessId>() {
        Ok(_) => Ok(text),
        Err(_) => Err(Refusal::BAD_BODY),
    }
}

/// A CPF or CURP in the only form of the wire format: digits and letters.
pub(crate) fn unformatted(text: &str) -> Result<SubjectCode, Refusal> {
    text.parse()
        .ok()
        .filter(|code: &SubjectCode| code.expose() == text)
        .ok_or(Refusal::INVALID_CODE)
}

/// Whether a code is of a kind that fraud risk classification accepts besides CPF and CURP: an
/// e-mail address, a number in E.164, another document. A text of digits and punctuation is a
/// mistyped CPF.
fn is_of_another_kind(text: &str) -> bool {
    let is_mistyped = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b' '));
    !is_mistyped && text.parse::<SubjectCode>().is_err() && text.parse::<RiskCode>().is_ok()
}

/// Whether the headers announce plain JSON. A proxy answers anything else with 415, before IDCloud.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    media_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"))
        && !headers.contains_key(CONTENT_ENCODING)
}

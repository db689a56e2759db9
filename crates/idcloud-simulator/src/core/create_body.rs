//! The body of a create, read and checked rule by rule.
//! Never copies the picture, and never repeats a value in an error.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use idcloud_model::{Capability, PersonName, SubjectCode};
use serde::Deserialize;

use super::refusal::Refusal;
use crate::KeyProfile;

/// What a create asks, after every rule but the selfie's.
pub(crate) struct CreateBody<'a> {
    pub(crate) code: Option<SubjectCode>,
    pub(crate) name: Option<PersonName>,
    /// The text of `imageBase64`; not empty, otherwise not yet judged.
    pub(crate) selfie: Cow<'a, str>,
    /// The caller's own name for the person, where it gave one.
    pub(crate) client_reference: Option<Cow<'a, str>>,
}

/// The members that a create may have, with both documented spellings of the selfie's.
///
/// `null` counts as absent. A member of a wrong type, or given twice, is no valid body. What is not known is passed over,
/// since no document says otherwise.
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
}

#[derive(Deserialize)]
struct WireSubject<'a> {
    #[serde(borrow)]
    code: Option<Text<'a>>,
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

/// A text that stays where it is in the body if it has no escapes. (`Option<Cow>` by itself would always copy.)
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Text<'a> {
    /// The text; `None` when it is empty, which IDCloud treats as not given.
    fn given(text: Option<Self>) -> Option<Cow<'a, str>> {
        text.map(|Text(text)| text)
            .filter(|text| !text.trim().is_empty())
    }
}

impl<'a> CreateBody<'a> {
    /// Reads `body` for a key with `profile`: identity needs code and name, a behavior alert needs the code.
    pub(crate) fn read(body: &'a [u8], profile: KeyProfile) -> Result<Self, Refusal> {
        let wire: Wire<'a> = serde_json::from_slice(body).map_err(|_| Refusal::BAD_BODY)?;
        let needs_name = profile.has(Capability::Identity);
        let needs_code = needs_name || profile.has(Capability::BehaviorAlert);
        if needs_code && wire.subject.is_none() {
            return Err(Refusal::NO_SUBJECT);
        }
        let (code, name, client_reference) = wire.subject.map_or((None, None, None), |subject| {
            (subject.code, subject.name, subject.client_reference)
        });
        let (code, name) = (Text::given(code), Text::given(name));
        if needs_code && code.is_none() {
            return Err(Refusal::NO_CODE);
        }
        if needs_name && name.is_none() {
            return Err(Refusal::NO_NAME);
        }
        let selfie = Text::given(wire.selfie).ok_or(Refusal::NO_IMAGE)?;
        Ok(Self {
            code: code.map(|text| unformatted(&text)).transpose()?,
            name: name.and_then(|text| text.parse().ok()),
            selfie,
            client_reference: Text::given(client_reference),
        })
    }
}

/// The selfie of a body that is not judged.
pub(crate) fn selfie(body: &[u8]) -> Option<Cow<'_, str>> {
    let wire: Wire<'_> = serde_json::from_slice(body).ok()?;
    Text::given(wire.selfie)
}

/// A CPF or CURP in the one form that the wire knows: digits and letters alone.
fn unformatted(text: &str) -> Result<SubjectCode, Refusal> {
    text.parse()
        .ok()
        .filter(|code: &SubjectCode| code.expose() == text)
        .ok_or(Refusal::INVALID_CODE)
}

/// Whether the headers announce plain JSON. Anything else never reaches IDCloud: proxies answer it with 415.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    media_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"))
        && !headers.contains_key(CONTENT_ENCODING)
}

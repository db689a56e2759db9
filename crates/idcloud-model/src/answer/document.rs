//! A document that IDCloud read: its type, whether it belongs to the subject, and its fields.
//!
//! Must not print its content, which is personal.

use std::fmt;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::answer::evidence::UnknownMembers;
use crate::answer::face_match::Match;
use crate::answer::wire::{self, Subtree, keep};
use crate::{DocumentContent, DocumentId, DocumentKind, UnknownValue};

/// `document` of an answer.
#[derive(Clone, PartialEq, Default)]
pub struct Document {
    id: Option<DocumentId>,
    kind: Option<String>,
    cpf_match: Option<Match>,
    face_match: Option<Match>,
    content: Option<Value>,
    file_urls: Vec<Zeroizing<String>>,
}

impl Document {
    /// The document's id, for reusing it.
    #[must_use]
    pub const fn id(&self) -> Option<&DocumentId> {
        self.id.as_ref()
    }

    /// The type, unchanged, such as `unico.moja.dictionary.br.rg.v2.Rg`.
    #[must_use]
    pub fn type_name(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// The type's name, if it has a documented form: `unico.moja.dictionary.…`, or the name of a
    /// kind of document (`BR_RG`, `CNH`).
    ///
    /// Any other text could be a word of the document, and is neither stored nor printed by
    /// default.
    #[must_use]
    pub fn known_type_name(&self) -> Option<&str> {
        self.type_name().filter(|name| is_type_name(name))
    }

    /// The kind of document, as far as its type says.
    #[must_use]
    pub fn kind(&self) -> DocumentKind {
        self.kind
            .as_deref()
            .map_or(DocumentKind::Other, DocumentKind::from_type)
    }

    /// The fields that were read, by name; `None` if the picture could not be read.
    #[must_use]
    pub fn fields(&self) -> Option<DocumentContent<'_>> {
        self.content.as_ref().map(DocumentContent::new)
    }

    /// Whether the document's CPF is the subject's.
    #[must_use]
    pub const fn cpf_match(&self) -> Option<&Match> {
        self.cpf_match.as_ref()
    }

    /// Whether the document's face is the subject's.
    #[must_use]
    pub const fn face_match(&self) -> Option<&Match> {
        self.face_match.as_ref()
    }

    /// The content, unchanged: an object or a list. Personal data: do not log it.
    #[must_use]
    pub const fn content(&self) -> Option<&Value> {
        self.content.as_ref()
    }

    /// Signed URLs of the pictures, valid for ten minutes. Personal data: do not log them.
    pub fn file_urls(&self) -> impl Iterator<Item = &str> {
        self.file_urls.iter().map(|url| url.as_str())
    }

    /// Reads `document`; an empty object counts as none. A value that is no object, or an object
    /// without a known member, is listed as unknown, and its match is an unknown value.
    pub(crate) fn from_wire(
        subtree: Subtree,
        path: &str,
        unknown: &mut UnknownMembers,
        conflict: &mut bool,
    ) -> Option<Self> {
        let members = match subtree {
            Subtree::Members(members) => members,
            Subtree::Other(value) => {
                unknown.push(path.to_owned(), value.clone());
                return Some(Self {
                    cpf_match: Some(Match::Unknown(UnknownValue::new(value))),
                    ..Self::default()
                });
            }
        };
        if members.is_empty() {
            return None;
        }
        let mut document = Self::default();
        if !members.iter().any(|(name, _)| known(name).is_some()) {
            document.cpf_match = Some(Match::Unknown(UnknownValue::new(Value::Object(Map::new()))));
        }
        for (name, value) in members {
            match known(&name) {
                Some("id") => match value.as_str().and_then(DocumentId::from_wire) {
                    Some(id) => document.id = Some(id),
                    None if value.is_null() => {}
                    None => unknown.push(format!("{path}.{name}"), value),
                },
                Some("type") => match value {
                    Value::String(kind) => document.kind = Some(kind),
                    Value::Null => {}
                    other => unknown.push(format!("{path}.{name}"), other),
                },
                Some("cpfMatch") => keep(&mut document.cpf_match, wire::scalar(value), conflict),
                Some("faceMatch") => keep(&mut document.face_match, wire::scalar(value), conflict),
                Some("content") => document.content = Some(value).filter(|value| !value.is_null()),
                Some("fileUrls") => document.read_file_urls(value, path, unknown),
                Some(_) | None => unknown.push(format!("{path}.{name}"), value),
            }
        }
        Some(document)
    }

    /// A list of URLs, or a single one.
    fn read_file_urls(&mut self, value: Value, path: &str, unknown: &mut UnknownMembers) {
        let values = match value {
            Value::Array(values) => values,
            Value::Null => Vec::new(),
            single => vec![single],
        };
        for value in values {
            match value {
                Value::String(url) => self.file_urls.push(url.into()),
                other => unknown.push(format!("{path}.fileUrls"), other),
            }
        }
    }
}

/// The member's documented name, in any spelling.
fn known(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 6] = ["id", "type", "cpfMatch", "faceMatch", "content", "fileUrls"];
    NAMES.into_iter().find(|known| wire::is_same(known, name))
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("cpf_match", &self.cpf_match)
            .field("face_match", &self.face_match)
            .finish_non_exhaustive()
    }
}

/// Whether a text has the form of a document's type.
pub(crate) fn is_type_name(name: &str) -> bool {
    const KINDS: [&str; 13] = [
        "rg",
        "cnh",
        "cin",
        "cpf",
        "passaporte",
        "passport",
        "rne",
        "rnm",
        "crnm",
        "ctps",
        "ine",
        "curp",
        "unknown",
    ];
    const LONGEST: usize = 80;
    let parts = || name.split(['.', '_', '-']);
    let is_word = |part: &str| {
        let letters = part.trim_end_matches(|last: char| last.is_ascii_digit());
        let digits = part.len() - letters.len();
        digits <= 2 && part.len() <= 16 && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let is_kind = |part: &str| KINDS.iter().any(|kind| kind.eq_ignore_ascii_case(part));
    let is_country =
        |part: &str| part.eq_ignore_ascii_case("br") || part.eq_ignore_ascii_case("mx");
    name.len() <= LONGEST
        && if name.starts_with("unico.moja.dictionary.") {
            parts().all(is_word) && parts().any(is_kind)
        } else {
            parts().all(|part| is_kind(part) || is_country(part)) && parts().any(is_kind)
        }
}

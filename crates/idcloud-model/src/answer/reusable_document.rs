//! A person's documents that IDCloud kept for reuse.
//!
//! Must not miss either form of *none*: an empty list, and a list of one empty object.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::answer::document::is_type_name;
use crate::answer::wire;
use crate::{DocumentId, ReadError, SubjectCode};

/// The `type` of a lookup: the kind of document to look for.
///
/// The newest documents list four; an older page's sample shows `BR_CPF`. The list is IDCloud's and
/// may grow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentType(Cow<'static, str>);

impl DocumentType {
    /// The general registry card, `BR_RG`.
    pub const RG: Self = Self(Cow::Borrowed("BR_RG"));
    /// The driving licence, `BR_CNH`.
    pub const CNH: Self = Self(Cow::Borrowed("BR_CNH"));
    /// The national identity card, `BR_CIN`.
    pub const CIN: Self = Self(Cow::Borrowed("BR_CIN"));
    /// The passport, `BR_PASSPORT`.
    pub const PASSPORT: Self = Self(Cow::Borrowed("BR_PASSPORT"));

    /// The documented types.
    pub const KNOWN: [Self; 4] = [Self::RG, Self::CNH, Self::CIN, Self::PASSPORT];

    /// The text that is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not one word of letters, digits and underscores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a document type is one word such as BR_RG, BR_CNH, BR_CIN or BR_PASSPORT")]
pub struct DocumentTypeError;

impl FromStr for DocumentType {
    type Err = DocumentTypeError;

    /// Parses a type; a documented one in any case, and also without its prefix (`rg`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = text.trim().to_ascii_uppercase();
        if let Some(known) = Self::KNOWN
            .into_iter()
            .find(|known| known.0 == word || known.0.strip_prefix("BR_") == Some(&word))
        {
            return Ok(known);
        }
        let shaped = (1..=64).contains(&word.len())
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if shaped {
            Ok(Self(Cow::Owned(word)))
        } else {
            Err(DocumentTypeError)
        }
    }
}

/// A lookup of reusable documents: the person, and the kind. IDCloud requires both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReusableDocumentsQuery {
    code: SubjectCode,
    kind: DocumentType,
}

impl ReusableDocumentsQuery {
    /// Looks for documents of `kind` that belong to `code`.
    #[must_use]
    pub fn new(code: impl Into<SubjectCode>, kind: DocumentType) -> Self {
        Self {
            code: code.into(),
            kind,
        }
    }

    /// The person's CPF or CURP. It is sent in the URL, so anything that logs URLs logs it.
    #[must_use]
    pub const fn code(&self) -> &SubjectCode {
        &self.code
    }

    /// The kind of document.
    #[must_use]
    pub const fn kind(&self) -> &DocumentType {
        &self.kind
    }
}

/// A document that can be reused.
#[derive(Clone, PartialEq, Eq)]
pub struct ReusableDocument {
    kind: Option<String>,
    id: DocumentId,
}

impl ReusableDocument {
    /// Parses the lookup's answer. No documents are an empty list, in either form that IDCloud
    /// sends.
    ///
    /// # Errors
    /// The bytes are not an object. An item without a usable id is skipped, because it cannot be
    /// reused.
    pub fn list_from_json(bytes: &[u8]) -> Result<Vec<Self>, ReadError> {
        let answer = wire::object(bytes)?;
        let items = wire::members(&answer, "items").filter_map(Value::as_array);
        Ok(items.flatten().filter_map(Self::from_json).collect())
    }

    fn from_json(item: &Value) -> Option<Self> {
        let members = item.as_object()?;
        let text = |name| wire::members(members, name).find_map(Value::as_str);
        Some(Self {
            id: DocumentId::from_wire(text("documentId")?)?,
            kind: text("documentType").map(str::to_owned),
        })
    }

    /// The type, unchanged, such as `unico.moja.dictionary.br.rg.v2.Rg`.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// The type if it has a documented form, as for
    /// [`Document::known_type_name`](crate::Document::known_type_name).
    #[must_use]
    pub fn known_kind(&self) -> Option<&str> {
        self.kind().filter(|kind| is_type_name(kind))
    }

    /// The id for reusing the document.
    #[must_use]
    pub const fn id(&self) -> &DocumentId {
        &self.id
    }
}

/// The type may be any text, so it is not printed.
impl fmt::Debug for ReusableDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReusableDocument")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_found_in_both_ways_and_some() {
        let id = "2aaf6037-0153-415d-b9fe-cf7e8198408f";
        let item = format!(r#"{{"items":[{{"documentType":"T","documentId":"{id}"}},{{}}]}}"#);
        for (body, found) in [
            (r#"{"items":[]}"#, 0),
            (r#"{"items":[{}]}"#, 0),
            (r#"{"items":null}"#, 0),
            ("{}", 0),
            (item.as_str(), 1),
        ] {
            let list = ReusableDocument::list_from_json(body.as_bytes()).unwrap();
            assert_eq!(list.len(), found, "{body}");
        }
        for (body, error) in [
            ("", ReadError::Empty),
            ("[]", ReadError::NotAnObject),
            (r#"{"items":["#, ReadError::Truncated),
            ("x", ReadError::NotJson),
        ] {
            assert_eq!(
                ReusableDocument::list_from_json(body.as_bytes()),
                Err(error)
            );
        }
    }

    #[test]
    fn types() {
        assert_eq!("rg".parse(), Ok(DocumentType::RG));
        assert_eq!("br_cnh".parse(), Ok(DocumentType::CNH));
        assert_eq!("BR_NEW".parse::<DocumentType>().unwrap().as_str(), "BR_NEW");
        assert!("BR NEW".parse::<DocumentType>().is_err());
        assert!("".parse::<DocumentType>().is_err());
    }
}

//! The documents of a subject that can be used again.
//! It must never take the empty object, which is sent for "none", for a document.

use std::fmt;
use std::str::FromStr;

use idcloud_model::DocumentId;
use serde::Deserialize;

use crate::BoxError;
use crate::config_error::{ConfigError, ConfigErrorKind};

/// Which sort of document is asked for (IDCloud documentation, "Reuse and capture of documents").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DocumentType {
    /// `BR_RG`, the Brazilian identity card.
    BrRg,
    /// `BR_CNH`, the Brazilian driving licence.
    BrCnh,
    /// `BR_CIN`, the Brazilian national identity card.
    BrCin,
    /// `BR_PASSPORT`, the Brazilian passport.
    BrPassport,
    /// Any other name: capital letters, digits and underscores.
    Other(DocumentTypeName),
}

/// A document type's name that this version does not know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DocumentTypeName(Box<str>);

impl DocumentType {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::BrRg => "BR_RG",
            Self::BrCnh => "BR_CNH",
            Self::BrCin => "BR_CIN",
            Self::BrPassport => "BR_PASSPORT",
            Self::Other(DocumentTypeName(name)) => name,
        }
    }
}

impl FromStr for DocumentType {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "BR_RG" => Self::BrRg,
            "BR_CNH" => Self::BrCnh,
            "BR_CIN" => Self::BrCin,
            "BR_PASSPORT" => Self::BrPassport,
            other
                if (1..=64).contains(&other.len())
                    && other
                        .bytes()
                        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') =>
            {
                Self::Other(DocumentTypeName(other.into()))
            }
            _ => {
                return Err(ConfigError::new(
                    ConfigErrorKind::Malformed,
                    "document_type",
                    "only capital letters, digits and underscores can stand in it",
                    "use a name such as BR_CNH",
                ));
            }
        })
    }
}

impl fmt::Display for DocumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A document that can be used again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReusableDocument {
    /// The id to ask for it with.
    pub id: DocumentId,
    /// What sort of document it is, as IDCloud names it; absent where the answer does not say.
    pub document_type: Option<Box<str>>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    items: Option<Vec<Item>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(default)]
    document_id: Option<String>,
    #[serde(default)]
    document_type: Option<String>,
}

/// Reads the list. One empty object, an empty list and no list all mean *none*.
pub(crate) fn read_reusable_documents(body: &[u8]) -> Result<Vec<ReusableDocument>, BoxError> {
    // The error of the JSON reader could quote the body.
    let wire: Wire =
        serde_json::from_slice(body).map_err(|_| "the answer is not a list of documents")?;
    Ok(wire
        .items
        .unwrap_or_default()
        .into_iter()
        .filter_map(|item| {
            Some(ReusableDocument {
                id: item.document_id?.parse().ok()?,
                document_type: item.document_type.map(Into::into),
            })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_found_has_three_forms() {
        for none in [r#"{"items":[{}]}"#, r#"{"items":[]}"#, "{}"] {
            assert_eq!(read_reusable_documents(none.as_bytes()).unwrap(), []);
        }
        assert!(read_reusable_documents(b"[").is_err());
    }

    #[test]
    fn documents_are_read() {
        let body = br#"{"items":[{"documentType":"unico.moja.dictionary.br.cnh.v2.Cnh",
            "documentId":"7c1bd0b2-6a6c-4a5e-8f39-0d3c7a5d1111"}]}"#;
        let documents = read_reusable_documents(body).unwrap();
        assert_eq!(documents.len(), 1);
        assert_eq!(
            documents[0].id.as_str(),
            "7c1bd0b2-6a6c-4a5e-8f39-0d3c7a5d1111"
        );
    }
}

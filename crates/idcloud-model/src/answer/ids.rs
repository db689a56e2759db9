//! The ids of processes, documents and branches.
//!
//! Must not be changed when it is sent, nor compared by case.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::PersonalNumber;

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a UUID: 8-4-4-4-12 hexadecimal digits")]
pub struct IdError;

/// The longest id, in bytes, that an answer may carry.
const MAX_WIRE_ID: usize = 64;

/// Declares an id type: kept unchanged, compared without case.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Box<str>);

        impl $name {
            /// The id as it was received.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Accepts an id of an answer.
            ///
            /// Every published id is a UUID, but an id of a billed process is too valuable to
            /// refuse for its form: anything that is safe in a URL's path is kept. A text with a
            /// person's number in it is no id: ids are stored and printed.
            pub(crate) fn from_wire(text: &str) -> Option<Self> {
                if is_uuid(text) {
                    return Some(Self(text.into()));
                }
                let safe = (1..=MAX_WIRE_ID).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                    && PersonalNumber::find_in(text).is_none();
                safe.then(|| Self(text.into()))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let text = text.trim();
                if is_uuid(text) { Ok(Self(text.into())) } else { Err(IdError) }
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                for byte in self.0.bytes() {
                    state.write_u8(byte.to_ascii_lowercase());
                }
                state.write_u8(0xff);
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::from_wire(&text).ok_or_else(|| D::Error::custom("not an id"))
            }
        }
    };
}

id! {
    /// The id of a process: a UUID in any case.
    ///
    /// ```
    /// use idcloud_model::ProcessId;
    ///
    /// let id: ProcessId = "D7A8B471-E69C-42B7-AF14-05E83365A944".parse()?;
    /// assert_eq!(id, "d7a8b471-e69c-42b7-af14-05e83365a944".parse()?);
    /// assert_eq!(id.as_str(), "D7A8B471-E69C-42B7-AF14-05E83365A944");
    /// # Ok::<(), idcloud_model::IdError>(())
    /// ```
    ProcessId
}

id! {
    /// The id of a document kept by IDCloud (`document.id`, `items[].documentId`).
    DocumentId
}

id! {
    /// The id of a branch of the customer, needed only when the service account has several.
    SubsidiaryId
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uuids_are_typed_in() {
        for (text, valid) in [
            ("80371b2a-3ac7-432e-866d-57fe37896ac6", true),
            ("80371B2A-3ac7-432e-866d-57fe37896ac6", true),
            ("80371b2a3ac7432e866d57fe37896ac6", false),
            ("80371b2a-3ac7-432e-866d-57fe37896ac", false),
            ("80371b2a-3ac7-432e-866d-57fe37896acg", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<ProcessId>().is_ok(), valid, "{text}");
        }
    }

    /// Never pay twice: an id in an unexpected form is kept, unless it could change a URL.
    #[test]
    fn wire_ids_are_kept_when_they_are_safe() {
        for (text, kept) in [
            ("abc_1-2", true),
            ("", false),
            ("a/b", false),
            ("a?b", false),
            ("a b", false),
        ] {
            assert_eq!(ProcessId::from_wire(text).is_some(), kept, "{text}");
        }
        assert!(ProcessId::from_wire(&"a".repeat(65)).is_none());
    }
}

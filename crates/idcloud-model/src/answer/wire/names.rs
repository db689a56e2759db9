//! Spellings of members: Pascal case in old generations, underscores from the document reader.
//!
//! Must not take two spellings of one name for two members, or one of them could hide the other.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use serde_json::{Map, Value};

/// Whether two names differ only in case and underscores.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        name.bytes()
            .filter(|byte| *byte != b'_')
            .map(|byte| byte.to_ascii_lowercase())
    }
    // Most names are spelled alike; of the others most are excluded by their length alone.
    one.eq_ignore_ascii_case(other)
        || ((one.contains('_') || other.contains('_')) && letters(one).eq(letters(other)))
}

/// Every value of a member, in any spelling.
pub(crate) fn members<'a>(
    object: &'a Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = &'a Value> + Clone {
    object
        .iter()
        .filter(move |(key, _)| is_same(key, name))
        .map(|(_, value)| value)
}

/// A member's name, borrowed from the answer if possible.
pub(super) struct Name<'de>(pub(super) Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (one, other, same) in [
            ("unicoId", "UnicoId", true),
            ("unicoId", "unico_id", true),
            ("unicoId", "unicoIds", false),
            ("faceMatch", "face_match", true),
            ("id", "_id_", true),
            ("id", "", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
        }
    }
}

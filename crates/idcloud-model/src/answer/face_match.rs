//! The 1:1 comparison: is it the face of an earlier process or picture?
//!
//! Must not count as either result if its two forms disagree.

use serde_json::Value;

use crate::UnknownValue;
use crate::answer::wire::Scalar;

/// One form of the 1:1 result: true, false, or a value that this version does not know.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Match {
    /// The same person; for a document, the same CPF or face.
    Same,
    /// Not the same.
    Different,
    /// A value that this version does not know.
    Unknown(UnknownValue),
}

impl Match {
    /// True, false, or `None` for an unknown value.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Same => Some(true),
            Self::Different => Some(false),
            Self::Unknown(_) => None,
        }
    }
}

impl Scalar for Match {
    fn from_word(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("true") {
            Some(Self::Same)
        } else if word.eq_ignore_ascii_case("false") {
            Some(Self::Different)
        } else {
            None
        }
    }

    fn from_bool(value: bool) -> Option<Self> {
        Some(if value { Self::Same } else { Self::Different })
    }

    fn unknown(value: Value) -> Self {
        Self::Unknown(UnknownValue::new(value))
    }
}

/// The 1:1 result of an answer, from its old form (`authenticated`), its newer one
/// (`biometryToken.result`), or both.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum FaceMatch<'a> {
    /// The same person.
    Same,
    /// Not the same person.
    Different,
    /// Both forms are present and differ.
    Contradiction,
    /// A value that this version does not know.
    Unknown(&'a UnknownValue),
}

impl<'a> FaceMatch<'a> {
    pub(crate) fn of(authenticated: Option<&'a Match>, token: Option<&'a Match>) -> Option<Self> {
        let one = match (authenticated, token) {
            (Some(old), Some(new)) if old != new => return Some(Self::Contradiction),
            (old, new) => old.or(new)?,
        };
        Some(match one {
            Match::Same => Self::Same,
            Match::Different => Self::Different,
            Match::Unknown(value) => Self::Unknown(value),
        })
    }

    /// True, false, or `None` if neither is certain.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Same => Some(true),
            Self::Different => Some(false),
            Self::Contradiction | Self::Unknown(_) => None,
        }
    }
}

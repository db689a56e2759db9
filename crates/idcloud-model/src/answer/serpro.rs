//! Serpro: how similar the face is to the government's picture of the CPF's holder.
//!
//! Must not be read as low similarity for -1 and -2: they mean that there was nothing to compare.

use serde_json::Value;

use crate::UnknownValue;
use crate::answer::wire::Scalar;

/// `government.serpro`.
///
/// Source: parameter specification; the Serpro similarity page of the newest contract says that -1
/// and -2 are signals and no low scores.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Serpro {
    /// A similarity from 0 to 100.
    Similarity(u8),
    /// -1: Serpro has no face for the CPF.
    NoFace,
    /// -2: Serpro could not be asked.
    Unavailable,
    /// Another integer.
    OutOfRange(i64),
    /// Not an integer.
    Unknown(UnknownValue),
}

impl Serpro {
    /// The similarity, if there is one.
    #[must_use]
    pub const fn similarity(&self) -> Option<u8> {
        match self {
            Self::Similarity(value) => Some(*value),
            _ => None,
        }
    }

    /// As JSON: the integer unchanged, or null if it is none.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Similarity(value) => (*value).into(),
            Self::NoFace => (-1).into(),
            Self::Unavailable => (-2).into(),
            Self::OutOfRange(value) => (*value).into(),
            Self::Unknown(_) => Value::Null,
        }
    }
}

impl Scalar for Serpro {
    fn from_integer(value: i64) -> Option<Self> {
        Some(match value {
            -1 => Self::NoFace,
            -2 => Self::Unavailable,
            _ => match u8::try_from(value) {
                Ok(similarity @ 0..=100) => Self::Similarity(similarity),
                _ => Self::OutOfRange(value),
            },
        })
    }

    fn unknown(value: Value) -> Self {
        Self::Unknown(UnknownValue::new(value))
    }
}

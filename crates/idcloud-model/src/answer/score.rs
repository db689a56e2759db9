//! Risk score: how likely the face is the holder's, when identity is inconclusive.
//!
//! Must not be compared with anything if it is outside -100..=100.

use serde_json::Value;

use crate::UnknownValue;
use crate::answer::wire::Scalar;

/// `score` (once IDCheck).
///
/// The documents give -90 to 95 and ±10 to ±100 with 0; every integer from -100 to 100 is accepted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RiskScore {
    /// An integer from -100 (certainly not the holder) to 100.
    Valid(i8),
    /// An integer outside that range.
    OutOfRange(i64),
    /// Not an integer.
    Unknown(UnknownValue),
}

impl RiskScore {
    /// The score, if it is valid.
    #[must_use]
    pub const fn value(&self) -> Option<i8> {
        match self {
            Self::Valid(score) => Some(*score),
            Self::OutOfRange(_) | Self::Unknown(_) => None,
        }
    }

    /// As JSON: the integer unchanged, or null if it is none.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Valid(score) => (*score).into(),
            Self::OutOfRange(score) => (*score).into(),
            Self::Unknown(_) => Value::Null,
        }
    }
}

impl Scalar for RiskScore {
    fn from_integer(value: i64) -> Option<Self> {
        Some(match i8::try_from(value) {
            Ok(score @ -100..=100) => Self::Valid(score),
            _ => Self::OutOfRange(value),
        })
    }

    fn unknown(value: Value) -> Self {
        Self::Unknown(UnknownValue::new(value))
    }
}

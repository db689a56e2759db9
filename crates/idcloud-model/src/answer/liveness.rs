//! Liveness: was a living person in front of the camera?
//!
//! The value 1 must never be read as checked without knowing what was sent and what the key has.

use serde_json::Value;

use crate::UnknownValue;
use crate::answer::wire::Scalar;

/// `liveness` as it came (once IDLive).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LivenessResult {
    /// 1: live, or not checked at all; [`LivenessReading`](crate::LivenessReading) tells which.
    Live,
    /// 2: not live.
    NotLive,
    /// 0: could not be determined (old 1:1 answers).
    Inconclusive,
    /// A value that this version does not know.
    Unknown(UnknownValue),
}

impl Scalar for LivenessResult {
    fn from_integer(value: i64) -> Option<Self> {
        match value {
            0 => Some(Self::Inconclusive),
            1 => Some(Self::Live),
            2 => Some(Self::NotLive),
            _ => None,
        }
    }

    fn unknown(value: Value) -> Self {
        Self::Unknown(UnknownValue::new(value))
    }
}

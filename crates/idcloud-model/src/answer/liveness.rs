//! Liveness: was a living person in front of the camera?
//!
//! Must not be read as checked for the value 1 alone, without the kind of selfie and the key's
//! capabilities.

use serde_json::Value;

use crate::UnknownValue;
use crate::answer::wire::Scalar;

/// `liveness` unchanged (once IDLive).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LivenessResult {
    /// 1: live, or not checked at all; [`LivenessReading`](crate::LivenessReading) distinguishes
    /// them.
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

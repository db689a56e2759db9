//! Interprets an answer's liveness for a question.
//!
//! Must not read the constant 1 as a check.

use serde_json::Value;

use crate::{Asked, Evidence, IdentityResult, LivenessResult, SelfieKind, UnknownValue};

/// What an answer says about liveness, given the question.
///
/// Liveness is checked only if a capture token was sent and the key has the capability. In every
/// other case IDCloud answers a constant 1, or nothing beside an identity `yes` (Onboarding page).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LivenessReading {
    /// Checked: a living person.
    Live,
    /// Checked, and included in an identity `yes`.
    Implied,
    /// Not a living person.
    NotLive,
    /// Could not be determined.
    Inconclusive,
    /// The constant 1, or nothing after `yes`, without any check.
    NotChecked,
    /// The same, for an unknown kind of selfie.
    Unverified,
    /// A value that this version does not know.
    Unknown(UnknownValue),
    /// The answer has no liveness.
    Absent,
}

impl LivenessReading {
    /// Interprets `evidence` for the question.
    #[must_use]
    pub fn of(evidence: &Evidence, asked: &Asked) -> Self {
        let unchecked = match asked.selfie() {
            SelfieKind::Unknown => Self::Unverified,
            _ => Self::NotChecked,
        };
        let implied = || evidence.identity() == Some(&IdentityResult::Yes);
        match evidence.liveness() {
            Some(LivenessResult::NotLive) => Self::NotLive,
            Some(LivenessResult::Inconclusive) => Self::Inconclusive,
            Some(LivenessResult::Unknown(value)) => Self::Unknown(value.clone()),
            Some(LivenessResult::Live) if asked.liveness_checked() => Self::Live,
            None if !implied() => Self::Absent,
            None if asked.liveness_checked() => Self::Implied,
            Some(LivenessResult::Live) | None => unchecked,
        }
    }

    /// As JSON: a name such as `not-checked`, an unknown value unchanged, or null.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Live => "live".into(),
            Self::Implied => "implied".into(),
            Self::NotLive => "not-live".into(),
            Self::Inconclusive => "inconclusive".into(),
            Self::NotChecked => "not-checked".into(),
            Self::Unverified => "unverified".into(),
            Self::Unknown(value) => value.json().clone(),
            Self::Absent => Value::Null,
        }
    }
}

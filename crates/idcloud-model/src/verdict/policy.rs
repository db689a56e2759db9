//! The caller's requirements beyond the table.
//!
//! Must not add a row: a policy only moves verdicts within the table's rows.

use serde::{Deserialize, Serialize};

/// The range of risk scores.
const SCORES: std::ops::RangeInclusive<i8> = -100..=100;

/// The highest similarity to the government's picture.
const MAX_SERPRO: u8 = 100;

/// The three settings of the table.
///
/// A stored policy with a requirement that no answer can meet is refused, so that a typing error
/// does not send every person to review.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Stored")]
pub struct Policy {
    approve_from: i8,
    require_liveness: bool,
    min_serpro: Option<u8>,
}

/// Why a stored policy is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// `approveFrom` is outside the range of scores.
    #[error("approveFrom is a risk score, from -100 to 100")]
    ApproveFrom,
    /// `minSerpro` is beyond the highest similarity.
    #[error("minSerpro is a similarity, from 0 to 100; leave it out to demand none")]
    MinSerpro,
}

/// A stored policy, unchecked.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Policy"))]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Stored {
    /// The lowest risk score that approves an inconclusive identity.
    #[cfg_attr(feature = "schema", schemars(range(min = -100, max = 100)))]
    approve_from: i64,
    /// Whether a verdict without checked liveness goes to review.
    require_liveness: bool,
    /// The least similarity to the government's picture.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    min_serpro: Option<i64>,
}

impl Default for Stored {
    fn default() -> Self {
        let Policy {
            approve_from,
            require_liveness,
            min_serpro,
        } = Policy::default();
        Self {
            approve_from: approve_from.into(),
            require_liveness,
            min_serpro: min_serpro.map(Into::into),
        }
    }
}

impl TryFrom<Stored> for Policy {
    type Error = PolicyError;

    fn try_from(stored: Stored) -> Result<Self, PolicyError> {
        let approve_from = i8::try_from(stored.approve_from)
            .ok()
            .filter(|score| SCORES.contains(score))
            .ok_or(PolicyError::ApproveFrom)?;
        let min_serpro = stored
            .min_serpro
            .map(|similarity| {
                u8::try_from(similarity)
                    .ok()
                    .filter(|similarity| *similarity <= MAX_SERPRO)
                    .ok_or(PolicyError::MinSerpro)
            })
            .transpose()?;
        Ok(Self {
            approve_from,
            require_liveness: stored.require_liveness,
            min_serpro,
        })
    }
}

impl Default for Policy {
    /// Approves scores from 50, does not require liveness, ignores Serpro.
    ///
    /// 50 is this project's choice: IDCloud publishes one threshold only, +50 as the precondition
    /// for reusing a document.
    fn default() -> Self {
        Self {
            approve_from: 50,
            require_liveness: false,
            min_serpro: None,
        }
    }
}

impl Policy {
    /// Sets the lowest risk score that approves an inconclusive identity. Zero and less never
    /// approve, whatever is set here.
    ///
    /// Clamped to -100..=100, the range of scores, so that a stored policy reads back.
    #[must_use]
    pub const fn with_approve_from(mut self, score: i8) -> Self {
        self.approve_from = if score < *SCORES.start() {
            *SCORES.start()
        } else if score > *SCORES.end() {
            *SCORES.end()
        } else {
            score
        };
        self
    }

    /// Sets whether a verdict without checked liveness goes to review.
    #[must_use]
    pub const fn with_require_liveness(mut self, required: bool) -> Self {
        self.require_liveness = required;
        self
    }

    /// Sets the least similarity to the government's picture; -1, -2 and no answer never meet it.
    ///
    /// Clamped to 0..=100, the range of similarities, so that a stored policy reads back.
    #[must_use]
    pub const fn with_min_serpro(mut self, similarity: Option<u8>) -> Self {
        self.min_serpro = match similarity {
            Some(beyond) if beyond > MAX_SERPRO => Some(MAX_SERPRO),
            within => within,
        };
        self
    }

    /// The lowest risk score that approves.
    #[must_use]
    pub const fn approve_from(&self) -> i8 {
        self.approve_from
    }

    /// Whether liveness must have been checked.
    #[must_use]
    pub const fn require_liveness(&self) -> bool {
        self.require_liveness
    }

    /// The least similarity to the government's picture.
    #[must_use]
    pub const fn min_serpro(&self) -> Option<u8> {
        self.min_serpro
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Policy, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    /// A threshold that no answer can reach is a mistake, not a policy.
    #[test]
    fn impossible_thresholds_are_refused() {
        for (json, error) in [
            (r#"{"approveFrom":101}"#, PolicyError::ApproveFrom),
            (r#"{"approveFrom":-101}"#, PolicyError::ApproveFrom),
            (r#"{"approveFrom":500}"#, PolicyError::ApproveFrom),
            (r#"{"minSerpro":101}"#, PolicyError::MinSerpro),
            (r#"{"minSerpro":-1}"#, PolicyError::MinSerpro),
            (r#"{"minSerpro":300}"#, PolicyError::MinSerpro),
        ] {
            let found = read(json).unwrap_err();
            assert!(found.starts_with(&error.to_string()), "{json}: {found}");
        }
        assert!(read(r#"{"approve":1}"#).is_err());
        assert_eq!(read("{}"), Ok(Policy::default()));
        assert_eq!(
            read(r#"{"approveFrom":100,"minSerpro":null}"#),
            Ok(Policy::default().with_approve_from(100))
        );
    }

    /// Every policy that the builder makes reads back from storage: a policy is stored with
    /// processes that were paid for.
    #[test]
    fn every_policy_comes_back() {
        for score in [i8::MIN, -101, -100, 0, 50, 100, 101, i8::MAX] {
            for similarity in [None, Some(0), Some(100), Some(101), Some(u8::MAX)] {
                let policy = Policy::default()
                    .with_approve_from(score)
                    .with_min_serpro(similarity)
                    .with_require_liveness(true);
                let stored = serde_json::to_string(&policy).unwrap();
                assert_eq!(read(&stored), Ok(policy), "{stored}");
            }
        }
    }
}

//! The rows of the decision table, by their ids.
//!
//! Must not change the meaning of an id: ids are public interface.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::catalogue::generated::scenarios::{NOTE_SIMULATED, SCENARIOS};
use crate::{Language, PendingProcess, Status};

/// The decision that follows from an answer.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Continue.
    Approve,
    /// A person has to decide.
    Review,
    /// Ask for a new capture, which is a new process and is billed again. IDCloud calls it retry.
    Recapture,
    /// Stop.
    Reject,
}

impl Decision {
    /// The name: `approve`, `review`, `recapture` or `reject`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Review => "review",
            Self::Recapture => "recapture",
            Self::Reject => "reject",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decision; give approve, review, recapture or reject")]
pub struct UnknownDecision;

impl FromStr for Decision {
    type Err = UnknownDecision;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let name = name.trim();
        [Self::Approve, Self::Review, Self::Recapture, Self::Reject]
            .into_iter()
            .find(|decision| decision.as_str() == name)
            .ok_or(UnknownDecision)
    }
}

macro_rules! scenarios {
    ($($(#[$doc:meta])* $name:ident = $id:literal => $decision:expr;)+) => {
        /// A row of the table of decisions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Scenario {
            $($(#[$doc])* $name,)+
        }

        impl Scenario {
            /// Every row, in the table's order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The row's id, such as `identity-yes`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// The decision, or `None` for the rows that say to wait.
            #[must_use]
            pub const fn decision(self) -> Option<Decision> {
                match self { $(Self::$name => $decision),+ }
            }
        }
    };
}

const WAIT: Option<Decision> = None;
const APPROVE: Option<Decision> = Some(Decision::Approve);
const REVIEW: Option<Decision> = Some(Decision::Review);
const RECAPTURE: Option<Decision> = Some(Decision::Recapture);
const REJECT: Option<Decision> = Some(Decision::Reject);

scenarios! {
    /// Status 1.
    Processing = "processing" => WAIT;
    /// Status 2.
    Divergence = "divergence" => WAIT;
    /// A status that this version does not know.
    UnknownStatus = "unknown-status" => WAIT;
    /// Status 5.
    ProcessingError = "processing-error" => RECAPTURE;
    /// Status 4.
    Canceled = "canceled" => RECAPTURE;
    /// Liveness 2.
    LivenessFailed = "liveness-failed" => REJECT;
    /// Identity `no`.
    IdentityNo = "identity-no" => REJECT;
    /// The 1:1 comparison is false.
    FaceMismatch = "face-mismatch" => REJECT;
    /// IDCloud itself rejects.
    TrustDenied = "trust-denied" => REJECT;
    /// A behavior alert with a score of zero or less.
    AlertWithoutSupport = "alert-without-support" => REJECT;
    /// Identity inconclusive with a negative score.
    ScoreNegative = "score-negative" => REJECT;
    /// The document is not the subject's.
    DocumentMismatch = "document-mismatch" => REJECT;
    /// A person found the process, and no program compared its person.
    SettledByHand = "settled-by-hand" => REVIEW;
    /// The evidence contradicts itself.
    Contradiction = "contradiction" => REVIEW;
    /// A value that this version does not know.
    UnknownValue = "unknown-value" => REVIEW;
    /// A behavior alert.
    Alert = "alert" => REVIEW;
    /// IDCloud sees a high risk.
    TrustHighRisk = "trust-high-risk" => REVIEW;
    /// IDCloud could not decide.
    TrustInconclusive = "trust-inconclusive" => REVIEW;
    /// IDCloud asks for a new capture.
    TrustRecapture = "trust-recapture" => RECAPTURE;
    /// Liveness 0.
    LivenessInconclusive = "liveness-inconclusive" => RECAPTURE;
    /// Identity inconclusive with a score of zero.
    ScoreZero = "score-zero" => RECAPTURE;
    /// Identity inconclusive, and the expected score never came.
    Drop = "drop" => RECAPTURE;
    /// Identity inconclusive with a score below the threshold.
    ScoreLow = "score-low" => REVIEW;
    /// The policy's Serpro similarity is not reached.
    SerproLow = "serpro-low" => REVIEW;
    /// The number on the document was not compared with the subject's.
    DocumentUnread = "document-unread" => REVIEW;
    /// Evidence that was asked for is absent.
    MissingEvidence = "missing-evidence" => REVIEW;
    /// The policy demands liveness, and it was not checked.
    LivenessNotChecked = "liveness-not-checked" => REVIEW;
    /// Identity inconclusive with a score from the threshold up.
    ScoreHigh = "score-high" => APPROVE;
    /// Identity inconclusive otherwise.
    IdentityInconclusive = "identity-inconclusive" => REVIEW;
    /// Identity `yes`, liveness checked.
    IdentityYes = "identity-yes" => APPROVE;
    /// Identity `yes`, liveness not checked.
    IdentityYesWithoutLiveness = "identity-yes-without-liveness" => APPROVE;
    /// IDCloud itself approves.
    TrustApproved = "trust-approved" => APPROVE;
    /// The 1:1 comparison is true, liveness checked.
    FaceMatch = "face-match" => APPROVE;
    /// The 1:1 comparison is true, liveness not checked.
    FaceMatchWithoutLiveness = "face-match-without-liveness" => APPROVE;
    /// A living person, and nothing else was asked for.
    Live = "live" => APPROVE;
    /// The document belongs to the subject.
    DocumentMatched = "document-matched" => APPROVE;
    /// Nothing else matched.
    Unlisted = "unlisted" => REVIEW;
}

/// A text that is no row's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a scenario; the reference page of scenarios lists their ids")]
pub struct UnknownScenario;

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::from_id(id.trim()).ok_or(UnknownScenario)
    }
}

impl Serialize for Scenario {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Scenario {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_id(&id).ok_or_else(|| D::Error::custom(UnknownScenario))
    }
}

impl Scenario {
    /// The row with this id; `None` if this version has no such row.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|scenario| scenario.id() == id)
    }

    /// What happened, what it does not prove, and what to do next, in one sentence.
    #[must_use]
    pub fn explanation(self, language: Language) -> &'static str {
        // The table is generated from the same list, in the same order; a test compares them.
        SCENARIOS
            .iter()
            .find(|entry| entry.id == self.id())
            .map_or("", |entry| entry.text.in_language(language))
    }
}

/// The sentence that every simulated verdict carries.
#[must_use]
pub fn simulated_notice(language: Language) -> &'static str {
    NOTE_SIMULATED.in_language(language)
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl PendingProcess {
    /// The row of the table that says to wait.
    #[must_use]
    pub const fn scenario(&self) -> Scenario {
        match self.status() {
            Status::Processing => Scenario::Processing,
            Status::Divergence => Scenario::Divergence,
            _ => Scenario::UnknownStatus,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spec and the code have the same rows, in the same order, with the same decisions, and
    /// each is explained in both languages.
    #[test]
    fn the_spec_has_the_same_rows() {
        let spec: Vec<_> = SCENARIOS
            .iter()
            .map(|entry| (entry.id, entry.decision))
            .collect();
        let code: Vec<_> = Scenario::ALL
            .iter()
            .map(|scenario| {
                (
                    scenario.id(),
                    scenario.decision().map_or("wait", Decision::as_str),
                )
            })
            .collect();
        assert_eq!(spec, code);
        for (scenario, entry) in Scenario::ALL.iter().zip(SCENARIOS) {
            for language in Language::ALL {
                let explanation = scenario.explanation(*language);
                assert_eq!(explanation, entry.text.in_language(*language));
                assert!(explanation.len() > 20, "{scenario}");
            }
        }
    }

    /// An id is public interface: a stored id parses back.
    #[test]
    fn ids_and_names_are_read_again() {
        for scenario in Scenario::ALL {
            assert_eq!(Scenario::from_id(scenario.id()), Some(*scenario));
            assert_eq!(scenario.to_string().parse(), Ok(*scenario));
            let stored = serde_json::to_string(scenario).unwrap();
            assert_eq!(stored, format!("\"{}\"", scenario.id()));
            assert_eq!(
                serde_json::from_str::<Scenario>(&stored).unwrap(),
                *scenario
            );
            if let Some(decision) = scenario.decision() {
                assert_eq!(decision.to_string().parse(), Ok(decision));
            }
        }
        assert_eq!("Drop".parse::<Scenario>(), Err(UnknownScenario));
        assert!(serde_json::from_str::<Scenario>("\"none\"").is_err());
        assert_eq!("accept".parse::<Decision>(), Err(UnknownDecision));
    }
}

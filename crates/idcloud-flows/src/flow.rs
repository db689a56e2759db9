//! What a process is created for: one name for each kind of handle.
//!
//! Must not change a name: records stored under it would not be found again.

use std::fmt;
use std::str::FromStr;

use idcloud_model::{Capabilities, IdentityExtras};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a process is created for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Flow {
    /// Identity verification, with all other capabilities of the key.
    Identity,
    /// The behavior alert alone.
    BehaviorAlert,
    /// Liveness alone.
    Liveness,
    /// The 1:1 comparison.
    Comparison,
    /// A document, captured or used again.
    Document,
}

impl Flow {
    /// Every flow.
    pub const ALL: [Self; 5] = [
        Self::Identity,
        Self::BehaviorAlert,
        Self::Liveness,
        Self::Comparison,
        Self::Document,
    ];

    /// The name, such as `behavior-alert`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::BehaviorAlert => "behavior-alert",
            Self::Liveness => "liveness",
            Self::Comparison => "comparison",
            Self::Document => "document",
        }
    }

    /// The capability that every key of this flow is assumed to have: a caller uses the flow for
    /// nothing else.
    #[must_use]
    pub const fn implied(self) -> Capabilities {
        let none = Capabilities::NONE;
        match self {
            Self::Identity => none.with_identity(IdentityExtras::NONE),
            Self::BehaviorAlert => none.with_behavior_alert(),
            Self::Liveness => none.with_liveness(),
            Self::Comparison => none.with_face_match(),
            Self::Document => none.with_document(),
        }
    }

    /// The evidence that an answer of this flow can hold. The key's other capabilities are not
    /// expected: only a document request returns document evidence, and only a request with a
    /// reference returns the comparison.
    /// [`CreateRequest::evoked`](idcloud_model::request::CreateRequest::evoked) has the evidence of
    /// one request.
    #[must_use]
    pub const fn evoked(self) -> Capabilities {
        let of_a_face = Capabilities::NONE
            .with_liveness()
            .with_behavior_alert()
            .with_trust_decision();
        let extras = IdentityExtras::NONE.with_risk_score().with_serpro();
        match self {
            Self::Identity | Self::BehaviorAlert => of_a_face.with_identity(extras),
            Self::Liveness => of_a_face,
            Self::Comparison => of_a_face.with_identity(extras).with_face_match(),
            Self::Document => Capabilities::NONE.with_document(),
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a flow; give identity, behavior-alert, liveness, comparison or document")]
pub struct UnknownFlow;

impl FromStr for Flow {
    type Err = UnknownFlow;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|flow| flow.as_str() == name)
            .ok_or(UnknownFlow)
    }
}

impl Serialize for Flow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Flow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        name.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stored name parses back into its flow.
    #[test]
    fn names() {
        for flow in Flow::ALL {
            assert_eq!(flow.to_string().parse(), Ok(flow));
            let stored = serde_json::to_string(&flow).unwrap();
            assert_eq!(serde_json::from_str::<Flow>(&stored).unwrap(), flow);
            assert_eq!(flow.implied().iter().count(), 1);
        }
        assert_eq!("onboard".parse::<Flow>(), Err(UnknownFlow));
    }
}

//! The capabilities of an API key.
//!
//! Must not hold a set that IDCloud cannot provide: no risk score and no Serpro without identity.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One kind of evidence that an API key may provide.
///
/// Capabilities belong to the API key and not to the request (overview of the by-Client
/// integration), so a key is always declared together with its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Capability {
    /// A living person is in front of the camera (once IDLive).
    Liveness,
    /// The face is the CPF's holder's (once IDUnico).
    Identity,
    /// The face is known from fraud (once IDTrust).
    BehaviorAlert,
    /// How likely the face is the holder's, when identity is inconclusive (once IDCheck).
    RiskScore,
    /// How similar the face is to the government's picture.
    Serpro,
    /// The face is that of an earlier process or picture, 1:1 (once IDToken).
    FaceMatch,
    /// A document was read and matched (once IDDocs).
    Document,
    /// IDCloud's own decision, `idCloud.result` (Trust).
    TrustDecision,
}

impl Capability {
    /// Every capability, in the order of the decision table.
    pub const ALL: [Self; 8] = [
        Self::Liveness,
        Self::Identity,
        Self::BehaviorAlert,
        Self::RiskScore,
        Self::Serpro,
        Self::FaceMatch,
        Self::Document,
        Self::TrustDecision,
    ];

    /// The name, such as `behavior-alert`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Liveness => "liveness",
            Self::Identity => "identity",
            Self::BehaviorAlert => "behavior-alert",
            Self::RiskScore => "risk-score",
            Self::Serpro => "serpro",
            Self::FaceMatch => "face-match",
            Self::Document => "document",
            Self::TrustDecision => "trust-decision",
        }
    }

    pub(crate) const fn bit(self) -> u8 {
        match self {
            Self::Liveness => 1,
            Self::Identity => 1 << 1,
            Self::BehaviorAlert => 1 << 2,
            Self::RiskScore => 1 << 3,
            Self::Serpro => 1 << 4,
            Self::FaceMatch => 1 << 5,
            Self::Document => 1 << 6,
            Self::TrustDecision => 1 << 7,
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Capability {
    type Err = CapabilityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|capability| capability.as_str() == text)
            .ok_or(CapabilityError::Unknown)
    }
}

impl Serialize for Capability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Capability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        name.parse().map_err(D::Error::custom)
    }
}

/// Why a list of capabilities is no set that a key can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CapabilityError {
    /// A name that is not a capability's.
    #[error(
        "not a capability; give a list of liveness, identity, behavior-alert, risk-score, serpro, face-match, document, trust-decision"
    )]
    Unknown,
    /// Risk score or Serpro without identity, which IDCloud does not offer (Onboarding page).
    #[error("{0} exists only together with identity; add identity to the list")]
    NeedsIdentity(Capability),
}

/// Capabilities that exist only beside identity.
///
/// ```compile_fail
/// // A risk score without identity cannot be written.
/// let _ = idcloud_model::Capabilities::NONE.with_liveness().with_risk_score();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct IdentityExtras(u8);

impl IdentityExtras {
    /// Identity alone.
    pub const NONE: Self = Self(0);

    /// Adds the risk score.
    #[must_use]
    pub const fn with_risk_score(self) -> Self {
        Self(self.0 | Capability::RiskScore.bit())
    }

    /// Adds the similarity to the government's picture.
    #[must_use]
    pub const fn with_serpro(self) -> Self {
        Self(self.0 | Capability::Serpro.bit())
    }
}

/// A set of capabilities that a key can have.
///
/// ```
/// use idcloud_model::{Capabilities, Capability, IdentityExtras};
///
/// let declared: Capabilities = "liveness,identity,risk-score".parse()?;
/// let typed = Capabilities::NONE
///     .with_liveness()
///     .with_identity(IdentityExtras::NONE.with_risk_score());
/// assert_eq!(declared, typed);
/// assert!(declared.contains(Capability::RiskScore));
/// assert!("risk-score".parse::<Capabilities>().is_err());
/// # Ok::<(), idcloud_model::CapabilityError>(())
/// ```
///
/// An API key carries this type as what IDCloud is expected to answer. A second type for the same
/// set would have to be kept equal to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Capabilities(u8);

impl Capabilities {
    /// No capability.
    pub const NONE: Self = Self(0);

    /// Adds liveness.
    #[must_use]
    pub const fn with_liveness(self) -> Self {
        Self(self.0 | Capability::Liveness.bit())
    }

    /// Adds identity and its extras.
    #[must_use]
    pub const fn with_identity(self, extras: IdentityExtras) -> Self {
        Self(self.0 | Capability::Identity.bit() | extras.0)
    }

    /// Adds the behavior alert.
    #[must_use]
    pub const fn with_behavior_alert(self) -> Self {
        Self(self.0 | Capability::BehaviorAlert.bit())
    }

    /// Adds the 1:1 comparison.
    #[must_use]
    pub const fn with_face_match(self) -> Self {
        Self(self.0 | Capability::FaceMatch.bit())
    }

    /// Adds documents.
    #[must_use]
    pub const fn with_document(self) -> Self {
        Self(self.0 | Capability::Document.bit())
    }

    /// Adds IDCloud's own decision.
    #[must_use]
    pub const fn with_trust_decision(self) -> Self {
        Self(self.0 | Capability::TrustDecision.bit())
    }

    /// The set of `capabilities`, or why no key can have it.
    pub fn try_from_iter(
        capabilities: impl IntoIterator<Item = Capability>,
    ) -> Result<Self, CapabilityError> {
        let bits = capabilities
            .into_iter()
            .fold(0, |bits, capability| bits | capability.bit());
        Self::checked(bits)
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The capabilities in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        // Neither set has a risk score or Serpro without identity, so neither does their
        // intersection.
        Self(self.0 & other.0)
    }

    /// Whether the set has `capability`.
    #[must_use]
    pub const fn contains(self, capability: Capability) -> bool {
        self.0 & capability.bit() != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The capabilities, in the order of [`Capability::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL
            .into_iter()
            .filter(move |capability| self.contains(*capability))
    }

    fn checked(bits: u8) -> Result<Self, CapabilityError> {
        let set = Self(bits);
        match [Capability::RiskScore, Capability::Serpro]
            .into_iter()
            .find(|extra| set.contains(*extra))
        {
            Some(extra) if !set.contains(Capability::Identity) => {
                Err(CapabilityError::NeedsIdentity(extra))
            }
            _ => Ok(set),
        }
    }
}

impl FromStr for Capabilities {
    type Err = CapabilityError;

    /// Parses a comma-separated list; white space and empty items are skipped.
    fn from_str(list: &str) -> Result<Self, Self::Err> {
        let mut bits = 0;
        for name in list.split(',').filter(|name| !name.trim().is_empty()) {
            bits |= name.parse::<Capability>()?.bit();
        }
        Self::checked(bits)
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, capability) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            f.write_str(capability.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capabilities({self})")
    }
}

impl Serialize for Capabilities {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Capability::as_str))
    }
}

impl<'de> Deserialize<'de> for Capabilities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        names.join(",").parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of the 256 sets either has identity if it needs it, or is refused; an accepted set
    /// round-trips.
    #[test]
    fn every_set() {
        for bits in 0..=u8::MAX {
            let names: Vec<_> = Capability::ALL
                .into_iter()
                .filter(|c| bits & c.bit() != 0)
                .collect();
            let needs =
                names.contains(&Capability::RiskScore) || names.contains(&Capability::Serpro);
            let possible = !needs || names.contains(&Capability::Identity);
            let set = Capabilities::try_from_iter(names.iter().copied());
            assert_eq!(set.is_ok(), possible, "{names:?}");
            if let Ok(set) = set {
                assert_eq!(set.to_string().parse(), Ok(set));
                assert_eq!(set.iter().collect::<Vec<_>>(), names);
                let stored = serde_json::to_string(&set).unwrap();
                assert_eq!(serde_json::from_str::<Capabilities>(&stored).unwrap(), set);
            }
        }
    }

    #[test]
    fn one_capability_is_stored_as_its_name() {
        for capability in Capability::ALL {
            let stored = serde_json::to_value(capability).unwrap();
            assert_eq!(stored, capability.as_str());
            assert_eq!(
                serde_json::from_value::<Capability>(stored).unwrap(),
                capability
            );
        }
        assert!(serde_json::from_str::<Capability>("\"livenes\"").is_err());
    }

    #[test]
    fn lists() {
        assert_eq!("".parse(), Ok(Capabilities::NONE));
        assert_eq!(
            " liveness , ,identity"
                .parse::<Capabilities>()
                .unwrap()
                .to_string(),
            "liveness,identity"
        );
        assert_eq!(
            "livenes".parse::<Capabilities>(),
            Err(CapabilityError::Unknown)
        );
        assert_eq!(
            "serpro".parse::<Capabilities>(),
            Err(CapabilityError::NeedsIdentity(Capability::Serpro))
        );
    }
}

//! The standard keys: one for each kind of integration.
//! Must not have two keys with the same profile.

use idcloud_model::{Capabilities, IdentityExtras};

use crate::KeyProfile;

/// A key that every served simulator has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StandardKey {
    /// A short name, such as `liveness`.
    pub name: &'static str,
    /// Its purpose, in a few words.
    pub purpose: &'static str,
    /// The capabilities that it has.
    pub capabilities: Capabilities,
    /// Whether plain pictures are refused.
    pub capture_only: bool,
}

impl StandardKey {
    /// The key's profile.
    #[must_use]
    pub fn profile(&self) -> KeyProfile {
        KeyProfile::new(self.capabilities).with_capture_only(self.capture_only)
    }

    const fn new(name: &'static str, purpose: &'static str, capabilities: Capabilities) -> Self {
        Self {
            name,
            purpose,
            capabilities,
            capture_only: false,
        }
    }

    const fn for_captures_only(mut self) -> Self {
        self.capture_only = true;
        self
    }
}

/// The standard keys. The first one, with every capability of an onboarding, is the default.
#[must_use]
pub const fn key_ring() -> &'static [StandardKey] {
    KEY_RING
}

const EXTRAS: IdentityExtras = IdentityExtras::NONE.with_risk_score().with_serpro();
const IDENTITY: Capabilities = Capabilities::NONE.with_identity(IdentityExtras::NONE);
const WITHOUT_LIVENESS: Capabilities = Capabilities::NONE
    .with_identity(EXTRAS)
    .with_behavior_alert();
const ONBOARDING: Capabilities = WITHOUT_LIVENESS.with_liveness();
const COMPARISON: Capabilities = Capabilities::NONE.with_face_match();

const KEY_RING: &[StandardKey] = &[
    StandardKey::new(
        "onboarding",
        "every capability of an onboarding",
        ONBOARDING,
    ),
    StandardKey::new(
        "liveness",
        "liveness alone; takes capture tokens only",
        Capabilities::NONE.with_liveness(),
    )
    .for_captures_only(),
    StandardKey::new(
        "identity-without-liveness",
        "an onboarding that checks no liveness",
        WITHOUT_LIVENESS,
    ),
    StandardKey::new(
        "identity-without-score",
        "an onboarding that asks for no risk score",
        IDENTITY.with_liveness().with_behavior_alert(),
    ),
    StandardKey::new("comparison", "1:1 alone", COMPARISON),
    StandardKey::new(
        "comparison-with-liveness",
        "1:1 with liveness",
        COMPARISON.with_liveness(),
    ),
    StandardKey::new(
        "document",
        "documents alone",
        Capabilities::NONE.with_document(),
    ),
    StandardKey::new(
        "capture-only",
        "an onboarding whose security method refuses plain pictures",
        ONBOARDING,
    )
    .for_captures_only(),
    StandardKey::new(
        "trust",
        "identity with IDCloud's own decision",
        IDENTITY.with_trust_decision(),
    ),
];

#[cfg(test)]
mod tests {
    use idcloud_model::Capability;

    use super::*;

    /// The names are distinct, the default has every capability of an onboarding, and no two keys
    /// are alike.
    #[test]
    fn the_ring_is_sound() {
        for (position, key) in KEY_RING.iter().enumerate() {
            for earlier in &KEY_RING[..position] {
                assert_ne!(key.name, earlier.name);
                assert_ne!(key.profile(), earlier.profile(), "{}", key.name);
            }
        }
        for capability in [
            Capability::Liveness,
            Capability::Identity,
            Capability::BehaviorAlert,
            Capability::RiskScore,
            Capability::Serpro,
        ] {
            assert!(KEY_RING[0].capabilities.contains(capability));
        }
    }
}

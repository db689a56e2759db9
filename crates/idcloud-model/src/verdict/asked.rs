//! The question: the other half of every verdict.
//!
//! Must not be missing when an answer is judged.

use serde::{Deserialize, Serialize};

use crate::{Capabilities, Capability, SelfieKind};

/// What the caller may expect of an answer: the key's capabilities, the kind of selfie, whether the
/// process was seen pending, and whether a person found it.
///
/// ```
/// use idcloud_model::{Asked, Capabilities, SelfieKind};
///
/// let asked = Asked::new(Capabilities::NONE.with_liveness(), SelfieKind::CaptureToken);
/// assert!(asked.liveness_checked());
/// ```
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    capabilities: Capabilities,
    selfie: SelfieKind,
    #[serde(default)]
    seen_pending: bool,
    // Omitted if false, so that values stored before this member existed read and write the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    settled_by_hand: bool,
}

impl Asked {
    /// The question of a key with `capabilities` and a `selfie`.
    #[must_use]
    pub const fn new(capabilities: Capabilities, selfie: SelfieKind) -> Self {
        Self {
            capabilities,
            selfie,
            seen_pending: false,
            settled_by_hand: false,
        }
    }

    /// Sets whether the process was seen with status 1 or 2.
    ///
    /// Such a process that ends inconclusive without a score was dropped by the score's engine.
    #[must_use]
    pub const fn with_seen_pending(mut self, seen: bool) -> Self {
        self.seen_pending = seen;
        self
    }

    /// Sets whether a person found the process and no program compared its person.
    ///
    /// An ambiguous end leaves no process id; a person then looks for the process elsewhere and
    /// names it. One mistyped id would give the verdict about another person, so such a process
    /// approves nothing until a program has compared its person.
    ///
    /// ```
    /// use idcloud_model::{Asked, Capabilities, SelfieKind};
    ///
    /// let asked = Asked::new(Capabilities::NONE.with_liveness(), SelfieKind::CaptureToken);
    /// assert!(asked.with_settled_by_hand(true).settled_by_hand());
    /// ```
    #[must_use]
    pub const fn with_settled_by_hand(mut self, settled: bool) -> Self {
        self.settled_by_hand = settled;
        self
    }

    /// Adds capabilities to the key's.
    #[must_use]
    pub const fn with_more(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = self.capabilities.union(capabilities);
        self
    }

    /// The key's capabilities.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// The kind of selfie.
    #[must_use]
    pub const fn selfie(&self) -> SelfieKind {
        self.selfie
    }

    /// Whether the process was seen with status 1 or 2.
    #[must_use]
    pub const fn seen_pending(&self) -> bool {
        self.seen_pending
    }

    /// Whether a person found the process and no program compared its person.
    #[must_use]
    pub const fn settled_by_hand(&self) -> bool {
        self.settled_by_hand
    }

    /// Whether liveness is checked at all: a capture token was sent with a key that has the
    /// capability.
    #[must_use]
    pub const fn liveness_checked(&self) -> bool {
        matches!(self.selfie, SelfieKind::CaptureToken) && self.has(Capability::Liveness)
    }

    pub(crate) const fn has(self, capability: Capability) -> bool {
        self.capabilities.contains(capability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values stored before a member existed still read, and write the same.
    #[test]
    fn stored_questions_keep_their_form() {
        let stored = r#"{"capabilities":["identity"],"selfie":"image","seenPending":true}"#;
        let asked: Asked = serde_json::from_str(stored).unwrap();
        assert!(asked.seen_pending() && !asked.settled_by_hand());
        assert_eq!(serde_json::to_string(&asked).unwrap(), stored);
        let settled = asked.with_settled_by_hand(true);
        let stored = serde_json::to_string(&settled).unwrap();
        assert_eq!(serde_json::from_str::<Asked>(&stored).unwrap(), settled);
    }
}

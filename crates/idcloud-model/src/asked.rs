//! What was asked: the other half of every verdict.
//!
//! An answer must never be judged without it.

use serde::{Deserialize, Serialize};

use crate::{Capabilities, Capability, SelfieKind};

/// What the caller may expect of an answer: the key's capabilities, the kind of selfie, and whether the process was seen pending.
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
}

impl Asked {
    /// What a key with `capabilities` is asked when `selfie` is sent.
    #[must_use]
    pub const fn new(capabilities: Capabilities, selfie: SelfieKind) -> Self {
        Self {
            capabilities,
            selfie,
            seen_pending: false,
        }
    }

    /// The same, with whether the process was seen in status 1 or 2.
    ///
    /// A process that was, and ends inconclusive without a score, was dropped by the score's engine.
    #[must_use]
    pub const fn with_seen_pending(mut self, seen: bool) -> Self {
        self.seen_pending = seen;
        self
    }

    /// The same, with these capabilities beside the key's.
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

    /// Whether the process was seen in status 1 or 2.
    #[must_use]
    pub const fn seen_pending(&self) -> bool {
        self.seen_pending
    }

    /// Whether liveness is checked at all: a capture token went to a key that has the capability.
    #[must_use]
    pub const fn liveness_checked(&self) -> bool {
        matches!(self.selfie, SelfieKind::CaptureToken) && self.has(Capability::Liveness)
    }

    pub(crate) const fn has(self, capability: Capability) -> bool {
        self.capabilities.contains(capability)
    }
}

//! What an API key of the simulator is provisioned with.
//! Never holds the key itself.

use idcloud_model::{Capabilities, Capability};

/// What a key is provisioned with: the capabilities that it answers, and whether it insists on captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyProfile {
    capabilities: Capabilities,
    capture_only: bool,
}

impl KeyProfile {
    /// A key with `capabilities`.
    ///
    /// It takes plain pictures as well as captures, unless liveness is all that it can answer: a plain picture proves
    /// nothing about that, and the Liveness page asks for the SDK's file.
    #[must_use]
    pub fn new(capabilities: Capabilities) -> Self {
        Self {
            capabilities,
            capture_only: capabilities.iter().eq([Capability::Liveness]),
        }
    }

    /// Whether plain pictures are refused with 10506, as with a key whose security method is switched on.
    #[must_use]
    pub const fn with_capture_only(mut self, capture_only: bool) -> Self {
        self.capture_only = capture_only;
        self
    }

    /// What the key answers.
    #[must_use]
    pub const fn capabilities(self) -> Capabilities {
        self.capabilities
    }

    /// Whether plain pictures are refused.
    #[must_use]
    pub const fn is_capture_only(self) -> bool {
        self.capture_only
    }

    pub(crate) const fn has(self, capability: Capability) -> bool {
        self.capabilities.contains(capability)
    }
}

impl From<Capabilities> for KeyProfile {
    fn from(capabilities: Capabilities) -> Self {
        Self::new(capabilities)
    }
}

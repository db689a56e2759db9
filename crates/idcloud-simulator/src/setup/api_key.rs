//! The profile of an API key of the simulator.
//!
//! Must not hold the key itself.

use idcloud_model::{Capabilities, Capability};

use crate::Dialect;

/// The profile of a key: its capabilities, the dialect of its answers, and whether it requires
/// captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyProfile {
    capabilities: Capabilities,
    capture_only: bool,
    dialect: Option<Dialect>,
    later_alert: Option<bool>,
}

impl KeyProfile {
    /// A key with `capabilities`, in the simulator's own dialect.
    ///
    /// It accepts plain pictures as well as captures, unless liveness is its only capability: a
    /// plain picture cannot prove liveness, and the Liveness page asks for the SDK's file.
    #[must_use]
    pub fn new(capabilities: Capabilities) -> Self {
        Self {
            capabilities,
            capture_only: capabilities.iter().eq([Capability::Liveness]),
            dialect: None,
            later_alert: None,
        }
    }

    /// Sets whether plain pictures are refused with 10506, as by a key whose security method is
    /// switched on.
    #[must_use]
    pub const fn with_capture_only(mut self, capture_only: bool) -> Self {
        self.capture_only = capture_only;
        self
    }

    /// Sets the dialect of the key's answers.
    #[must_use]
    pub const fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Sets whether the behavior alert comes with a later lookup instead of the create. By default
    /// the dialect decides; both were published.
    #[must_use]
    pub const fn with_later_alert(mut self, later: bool) -> Self {
        self.later_alert = Some(later);
        self
    }

    /// The key's capabilities.
    #[must_use]
    pub const fn capabilities(self) -> Capabilities {
        self.capabilities
    }

    /// Whether plain pictures are refused.
    #[must_use]
    pub const fn is_capture_only(self) -> bool {
        self.capture_only
    }

    /// The dialect of the key's answers; `None` for the simulator's own.
    #[must_use]
    pub const fn dialect(self) -> Option<Dialect> {
        self.dialect
    }

    pub(crate) const fn has(self, capability: Capability) -> bool {
        self.capabilities.contains(capability)
    }

    /// Whether the behavior alert comes later in answers of `dialect`.
    pub(crate) fn alerts_later(self, dialect: Dialect) -> bool {
        self.has(Capability::BehaviorAlert) && self.later_alert.unwrap_or(dialect.answers_later())
    }
}

impl From<Capabilities> for KeyProfile {
    fn from(capabilities: Capabilities) -> Self {
        Self::new(capabilities)
    }
}

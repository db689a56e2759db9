//! What is wrong with a setting: its name, the rule it breaks and the remedy.
//!
//! Must not show the setting's value, which may be a secret.

use std::fmt;

use crate::BoxError;

/// The kind of mistake in a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// The setting is absent or empty.
    Missing,
    /// The setting cannot be parsed.
    Malformed,
    /// The setting can be parsed, and its kind is not supported.
    Unsupported,
    /// The setting is valid by itself and not allowed here.
    NotAllowed,
}

/// A setting that cannot be used. Nothing was sent.
pub struct ConfigError {
    kind: ConfigErrorKind,
    field: &'static str,
    rule: &'static str,
    remedy: &'static str,
    source: Option<BoxError>,
}

impl ConfigError {
    pub(crate) const fn new(
        kind: ConfigErrorKind,
        field: &'static str,
        rule: &'static str,
        remedy: &'static str,
    ) -> Self {
        Self {
            kind,
            field,
            rule,
            remedy,
            source: None,
        }
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind of mistake.
    #[must_use]
    pub const fn kind(&self) -> ConfigErrorKind {
        self.kind
    }

    /// The setting's name, for instance `private_key`.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The rule that the setting breaks.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        self.remedy
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.field, self.rule, self.remedy)
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigError")
            .field("kind", &self.kind)
            .field("field", &self.field)
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

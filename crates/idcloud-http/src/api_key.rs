//! An API key together with what it is declared to provide.
//! It must never show the key.

use std::fmt;

use zeroize::Zeroizing;

use crate::config_error::{ConfigError, ConfigErrorKind};
use idcloud_model::Capabilities;

/// An API key and the evidence that it is declared to provide.
///
/// Capabilities hang on the key and not on the request (IDCloud documentation, Onboarding page), so
/// a key is always declared together with its set: an answer can only be judged against what was
/// asked for.
#[derive(Clone)]
pub struct ApiKey {
    secret: std::sync::Arc<Zeroizing<String>>,
    capabilities: Capabilities,
}

impl ApiKey {
    /// A key and its capabilities. The key must be visible ASCII without blanks.
    pub fn new(
        secret: impl Into<String>,
        capabilities: Capabilities,
    ) -> Result<Self, ConfigError> {
        const REMEDY: &str = "copy the key exactly as Unico gave it";
        let secret = Zeroizing::new(secret.into());
        if secret.is_empty() {
            return Err(ConfigError::new(
                ConfigErrorKind::Missing,
                "api_key",
                "it is empty",
                REMEDY,
            ));
        }
        if !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ConfigError::new(
                ConfigErrorKind::Malformed,
                "api_key",
                "only visible ASCII characters can stand in a header",
                REMEDY,
            ));
        }
        Ok(Self {
            secret: std::sync::Arc::new(secret),
            capabilities,
        })
    }

    /// The evidence that the key is declared to provide.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    pub(crate) fn expose(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("secret", &"[redacted]")
            .field("capabilities", &self.capabilities)
            .finish()
    }
}

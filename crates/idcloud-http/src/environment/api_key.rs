//! An API key together with what it is declared to provide.
//! It must never show the key.

use std::fmt;

use bytes::Bytes;
use http::HeaderValue;
use idcloud_model::Capabilities;
use zeroize::Zeroizing;

use crate::environment::config_error::{ConfigError, ConfigErrorKind};

/// An API key and the evidence that it is declared to provide.
///
/// Capabilities hang on the key and not on the request (IDCloud documentation, Onboarding page), so
/// a key is always declared together with its set: an answer can only be judged against what was
/// asked for.
#[derive(Clone)]
pub struct ApiKey {
    header: HeaderValue,
    capabilities: Capabilities,
}

impl ApiKey {
    /// A key and its capabilities. The key must be visible ASCII without blanks.
    ///
    /// Its memory is wiped when the last clone, and the last request that carries it, is dropped.
    pub fn new(secret: impl Into<String>, capabilities: Capabilities) -> Result<Self, ConfigError> {
        const REMEDY: &str = "copy the key exactly as Unico gave it";
        let secret = Zeroizing::new(secret.into().into_bytes());
        if secret.is_empty() {
            return Err(ConfigError::new(
                ConfigErrorKind::Missing,
                "api_key",
                "it is empty",
                REMEDY,
            ));
        }
        let malformed = || {
            ConfigError::new(
                ConfigErrorKind::Malformed,
                "api_key",
                "only visible ASCII characters can stand in a header",
                REMEDY,
            )
        };
        if !secret.iter().all(u8::is_ascii_graphic) {
            return Err(malformed());
        }
        let mut header =
            HeaderValue::from_maybe_shared(Bytes::from_owner(secret)).map_err(|_| malformed())?;
        header.set_sensitive(true);
        Ok(Self {
            header,
            capabilities,
        })
    }

    /// The same key, declared with these capabilities as well.
    #[must_use]
    pub const fn also_with(mut self, more: Capabilities) -> Self {
        self.capabilities = self.capabilities.union(more);
        self
    }

    /// The evidence that the key is declared to provide.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// Whether this is the same key, declared to provide the same.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.header == other.header && self.capabilities == other.capabilities
    }

    /// The value of the header `apikey`, marked as sensitive.
    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("header", &"[redacted]")
            .field("capabilities", &self.capabilities)
            .finish()
    }
}

//! Signs assertions: with a key in memory, or through a service that keeps it.
//!
//! Must not hand out or log the key.

use std::fmt;

use async_trait::async_trait;

use crate::BoxError;

/// Makes RSASSA-PKCS1-v1_5 signatures with SHA-256 (RS256), the only algorithm IDCloud accepts
/// (IDCloud documentation, Authentication page).
#[async_trait]
pub trait Signer: Send + Sync {
    /// Signs `message`, which is not hashed yet, and returns the raw signature.
    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// An assertion could not be signed; nothing was sent.
pub struct SignError {
    source: Option<BoxError>,
}

impl SignError {
    /// A failure with its cause. The cause's text must not hold key material.
    #[must_use]
    pub fn new(source: impl Into<BoxError>) -> Self {
        Self {
            source: Some(source.into()),
        }
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the assertion could not be signed")
    }
}

impl fmt::Debug for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignError").finish_non_exhaustive()
    }
}

impl std::error::Error for SignError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

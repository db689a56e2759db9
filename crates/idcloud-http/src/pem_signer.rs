//! Signs with an RSA private key read from a PEM file, through rustls' key provider.
//! It must never touch the process-wide crypto provider, and never show the key.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use rustls::SignatureScheme;
use rustls::sign::SigningKey;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::signer::{SignError, Signer};

const FIELD: &str = "private_key";
const REMEDY: &str = "use the *.key.pem file that Unico's credentials page gave";

/// An RSA key in memory.
pub(crate) struct PemSigner {
    key: Arc<dyn SigningKey>,
}

impl PemSigner {
    /// Reads the first private key of a PEM file.
    pub(crate) fn parse(pem: &[u8]) -> Result<Self, ConfigError> {
        refuse_by_label(pem)?;
        let der = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|_| malformed("it is broken: the PEM armour or its base64 cannot be read"))?;
        // rustls' own provider value, not the process default: another crate may have none or
        // another one installed.
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let key = provider
            .key_provider
            .load_private_key(der)
            .map_err(|_| malformed("the key inside cannot be read, or is too small"))?;
        if key
            .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
            .is_none()
        {
            return Err(not_rsa());
        }
        Ok(Self { key })
    }
}

/// Names what a file holds when that is not an RSA private key.
fn refuse_by_label(pem: &[u8]) -> Result<(), ConfigError> {
    if pem.is_empty() {
        return Err(ConfigError::new(
            ConfigErrorKind::Missing,
            FIELD,
            "it is empty",
            REMEDY,
        ));
    }
    let has = |label: &str| {
        pem.windows(label.len())
            .any(|window| window == label.as_bytes())
    };
    if has("BEGIN EC PRIVATE KEY") || has("BEGIN EC PARAMETERS") {
        return Err(not_rsa());
    }
    if has("BEGIN ENCRYPTED PRIVATE KEY") || has("Proc-Type: 4,ENCRYPTED") {
        return Err(ConfigError::new(
            ConfigErrorKind::Unsupported,
            FIELD,
            "it is protected by a password",
            "decrypt it first, for instance with `openssl pkey`",
        ));
    }
    if has("BEGIN PRIVATE KEY") || has("BEGIN RSA PRIVATE KEY") {
        return Ok(());
    }
    if has("BEGIN PUBLIC KEY") || has("BEGIN CERTIFICATE") || has("BEGIN RSA PUBLIC KEY") {
        return Err(ConfigError::new(
            ConfigErrorKind::Unsupported,
            FIELD,
            "it holds a public key or a certificate, not the private key",
            REMEDY,
        ));
    }
    if has("BEGIN OPENSSH PRIVATE KEY") {
        return Err(ConfigError::new(
            ConfigErrorKind::Unsupported,
            FIELD,
            "it is an OpenSSH key",
            REMEDY,
        ));
    }
    Err(malformed("it holds no PEM private key"))
}

fn malformed(rule: &'static str) -> ConfigError {
    ConfigError::new(ConfigErrorKind::Malformed, FIELD, rule, REMEDY)
}

fn not_rsa() -> ConfigError {
    ConfigError::new(
        ConfigErrorKind::Unsupported,
        FIELD,
        "it is not an RSA key (EC and Ed25519 keys cannot make RS256 signatures)",
        REMEDY,
    )
}

#[async_trait]
impl Signer for PemSigner {
    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signer = self
            .key
            .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
            .ok_or_else(|| SignError::new("the key cannot make RS256 signatures"))?;
        signer.sign(message).map_err(SignError::new)
    }
}

impl fmt::Debug for PemSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PemSigner").finish_non_exhaustive()
    }
}

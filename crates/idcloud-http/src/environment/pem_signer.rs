//! Signs with an RSA private key read from a PEM file, through rustls' key provider.
//! It must never touch the process-wide crypto provider, and never show the key.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use rustls::SignatureScheme;
use rustls::sign::SigningKey;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use crate::environment::config_error::{ConfigError, ConfigErrorKind};
use crate::environment::signer::{SignError, Signer};

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

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::signature::{self, KeyPair as _};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn pem(label: &str, der: &[u8]) -> String {
        let body = STANDARD.encode(der);
        let lines: Vec<_> = body
            .as_bytes()
            .chunks(64)
            .map(|line| str::from_utf8(line).unwrap())
            .collect();
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            lines.join("\n")
        )
    }

    /// The `RSAPrivateKey` inside a PKCS#8 envelope: the content of its last OCTET STRING.
    fn pkcs1(pkcs8: &[u8]) -> &[u8] {
        let rsa_encryption = [0x01, 0x01, 0x01, 0x05, 0x00, 0x04, 0x82];
        let at = pkcs8
            .windows(7)
            .position(|window| window == rsa_encryption)
            .unwrap();
        &pkcs8[at + 9..]
    }

    fn rsa() -> (signature::RsaKeyPair, Vec<u8>) {
        let pair = signature::RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let der = pair.as_der().unwrap().as_ref().to_vec();
        (pair, der)
    }

    /// PKCS#8 and PKCS#1 keys sign; the signature is RS256 over the message.
    #[tokio::test]
    async fn rsa_keys_sign() {
        let (pair, der) = rsa();
        let windows_lines = pem("PRIVATE KEY", &der).replace('\n', "\r\n");
        for text in [
            pem("PRIVATE KEY", &der),
            pem("RSA PRIVATE KEY", pkcs1(&der)),
            windows_lines,
        ] {
            let signer = PemSigner::parse(text.as_bytes()).unwrap();
            let made = signer.sign(b"message").await.unwrap();
            let public = signature::UnparsedPublicKey::new(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                pair.public_key(),
            );
            public.verify(b"message", &made).unwrap();
            assert!(!format!("{signer:?}").contains("key:"));
        }
    }

    /// What is no RSA private key is refused by name, and its content is never shown.
    #[test]
    fn other_files_are_refused_by_name() {
        let ec = signature::EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_ASN1_SIGNING)
            .unwrap()
            .to_pkcs8v1()
            .unwrap();
        let (_, mut broken) = rsa();
        broken.truncate(600);
        let rows: [(String, ConfigErrorKind, &str); 9] = [
            (String::new(), ConfigErrorKind::Missing, "empty"),
            ("not a key".into(), ConfigErrorKind::Malformed, "no PEM"),
            (
                pem("PRIVATE KEY", ec.as_ref()),
                ConfigErrorKind::Unsupported,
                "not an RSA key",
            ),
            (
                pem("EC PRIVATE KEY", b"x"),
                ConfigErrorKind::Unsupported,
                "not an RSA key",
            ),
            (
                pem("ENCRYPTED PRIVATE KEY", b"x"),
                ConfigErrorKind::Unsupported,
                "password",
            ),
            (
                pem("CERTIFICATE", b"x"),
                ConfigErrorKind::Unsupported,
                "public key",
            ),
            (
                pem("OPENSSH PRIVATE KEY", b"x"),
                ConfigErrorKind::Unsupported,
                "OpenSSH",
            ),
            (
                pem("PRIVATE KEY", &broken),
                ConfigErrorKind::Malformed,
                "cannot be read",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\n!!\n".into(),
                ConfigErrorKind::Malformed,
                "broken",
            ),
        ];
        for (text, kind, rule) in rows {
            let error = PemSigner::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert_eq!(error.field(), "private_key");
            assert!(error.rule().contains(rule), "{error}");
        }
    }

    /// No crypto provider of the process is needed, or installed.
    #[test]
    fn the_process_default_is_left_alone() {
        let _ = PemSigner::parse(pem("PRIVATE KEY", &rsa().1).as_bytes()).unwrap();
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}

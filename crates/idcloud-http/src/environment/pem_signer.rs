//! Signs with an RSA private key read from a PEM file, through rustls' key provider.
//!
//! Must not touch the process-wide crypto provider, nor show the key.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use rustls::SignatureScheme;
use rustls::sign::SigningKey;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use crate::environment::config_error::{ConfigError, ConfigErrorKind};
use crate::environment::pem_text::{self, PemFault};
use crate::environment::signer::{SignError, Signer};

const FIELD: &str = "private_key";
const REMEDY: &str = "use the *.key.pem file that Unico's credentials page gave";

/// The smallest key, in bits, that the provider signs with.
const LEAST_BITS: usize = 2_048;

/// An RSA key in memory.
pub(crate) struct PemSigner {
    key: Arc<dyn SigningKey>,
}

impl PemSigner {
    /// Reads the first private key of a PEM file.
    pub(crate) fn parse(pem: &[u8]) -> Result<Self, ConfigError> {
        if pem.iter().all(u8::is_ascii_whitespace) {
            return Err(ConfigError::new(
                ConfigErrorKind::Missing,
                FIELD,
                "it is empty",
                REMEDY,
            ));
        }
        let pem = pem_text::tidy(pem).map_err(|fault| malformed(fault.rule()))?;
        let pem = pem.as_bytes();
        refuse_by_label(pem)?;
        let der =
            PrivateKeyDer::from_pem_slice(pem).map_err(|_| malformed(PemFault::CutShort.rule()))?;
        // Checked first: the provider's error does not distinguish a key that is too small from a
        // broken one.
        if modulus_bits(der.secret_der()).is_some_and(|bits| bits < LEAST_BITS) {
            return Err(malformed("its RSA key has less than 2048 bits"));
        }
        // rustls' own provider value, not the process default: another crate may have none or
        // another one installed.
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let key = provider
            .key_provider
            .load_private_key(der)
            .map_err(|_| malformed("the key inside cannot be read: it was cut short or changed"))?;
        if key
            .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
            .is_none()
        {
            return Err(not_rsa());
        }
        Ok(Self { key })
    }
}

/// Names the content of a file that is not an RSA private key.
fn refuse_by_label(pem: &[u8]) -> Result<(), ConfigError> {
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

/// How many bits the modulus of an RSA private key has, in PKCS#1 or within PKCS#8; `None` for
/// anything else.
fn modulus_bits(der: &[u8]) -> Option<usize> {
    const INTEGER: u8 = 0x02;
    const OCTETS: u8 = 0x04;
    const SEQUENCE: u8 = 0x30;
    let (sequence, _) = element(der, SEQUENCE)?;
    let (_, behind_version) = element(sequence, INTEGER)?;
    if let Some((_, behind_algorithm)) = element(behind_version, SEQUENCE) {
        return modulus_bits(element(behind_algorithm, OCTETS)?.0);
    }
    let (modulus, _) = element(behind_version, INTEGER)?;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let first = modulus.get(zeros)?;
    let unused = usize::try_from(first.leading_zeros()).ok()?;
    ((modulus.len() - zeros) * 8).checked_sub(unused)
}

/// The content of the DER element of this kind that `der` begins with, and what follows it (X.690,
/// definite lengths).
fn element(der: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let length = digits
                .iter()
                .fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    (*found == kind)
        .then(|| rest.split_at_checked(length))
        .flatten()
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
        let variable = format!("\"{}\"", pem("PRIVATE KEY", &der).replace('\n', "\\n"));
        let one_line = pem("PRIVATE KEY", &der).replace('\n', " ");
        let whole = STANDARD.encode(pem("PRIVATE KEY", &der));
        for text in [
            pem("PRIVATE KEY", &der),
            pem("RSA PRIVATE KEY", pkcs1(&der)),
            windows_lines,
            variable,
            one_line,
            whole,
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

    /// A file that is no RSA private key is refused by name, and its content is never shown.
    #[test]
    fn other_files_are_refused_by_name() {
        let ec = signature::EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_ASN1_SIGNING)
            .unwrap()
            .to_pkcs8v1()
            .unwrap();
        // The beginning of a key of 1024 bits: version and modulus.
        let small = [
            &b"\x30\x81\x87\x02\x01\x00\x02\x81\x81\x00"[..],
            &[0xa5; 128],
        ]
        .concat();
        let (_, mut broken) = rsa();
        broken.truncate(600);
        let rows: [(String, ConfigErrorKind, &str); 11] = [
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
                "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----".into(),
                ConfigErrorKind::Malformed,
                "broken",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nMIIB\n".into(),
                ConfigErrorKind::Malformed,
                "END",
            ),
            (
                pem("RSA PRIVATE KEY", &small),
                ConfigErrorKind::Malformed,
                "2048",
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

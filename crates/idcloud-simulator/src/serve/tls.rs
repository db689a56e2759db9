//! A certificate for a served simulator, and the authority that signs it.
//!
//! Must not keep the authority's key: it signs nothing else.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::encoding::pem;

/// A server's TLS configuration, and the certificate that its clients must trust.
#[derive(Clone)]
pub struct TlsIdentity {
    authority_pem: String,
    config: Arc<ServerConfig>,
}

/// Why there is no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A name is neither a host's name nor an address.
    #[error("a certificate is for host names and addresses")]
    Name,
    /// This machine could not generate a key or a certificate.
    #[error("no certificate could be made")]
    NoCertificate,
}

impl TlsIdentity {
    /// Generates an authority, which signs a certificate for `names` (host names and addresses).
    ///
    /// The authority's key is discarded, so that it can never sign another certificate for a client
    /// that trusts it.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn generate(names: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, TlsError> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let fault = |_| TlsError::NoCertificate;
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        authority
            .distinguished_name
            .push(DnType::CommonName, "idcloud simulator");
        let key = KeyPair::generate().map_err(fault)?;
        let authority = CertifiedIssuer::self_signed(authority, key).map_err(fault)?;
        let mut served = CertificateParams::new(names).map_err(|_| TlsError::Name)?;
        served.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        served
            .distinguished_name
            .push(DnType::CommonName, "idcloud simulator server");
        let key = KeyPair::generate().map_err(fault)?;
        let certificate = served.signed_by(&key, &authority).map_err(fault)?;
        let private =
            PrivateKeyDer::try_from(key.serialize_der()).map_err(|_| TlsError::NoCertificate)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| TlsError::NoCertificate)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .map_err(|_| TlsError::NoCertificate)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            authority_pem: pem::block("CERTIFICATE", authority.der()),
            config: Arc::new(config),
        })
    }

    /// The authority's certificate in PEM, for clients to trust in addition to the public ones.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity").finish_non_exhaustive()
    }
}

//! The account that a tenant's services act as: its issuer name and its signer.
//!
//! Must not show the key.

use std::fmt;
use std::sync::Arc;

use crate::environment::config_error::{ConfigError, ConfigErrorKind};
use crate::environment::signer::Signer;

/// A service account of an IDCloud tenant.
///
/// Accounts are requested from Unico, one for each environment; the private key is downloaded once
/// as a PEM file (IDCloud documentation, Authentication page, "Obtaining credentials").
#[derive(Clone)]
pub struct ServiceAccount {
    issuer: Arc<str>,
    tenant_id: Arc<str>,
    signer: Arc<dyn Signer>,
}

impl ServiceAccount {
    /// An account whose RSA private key is in a PEM file (PKCS#8 or PKCS#1).
    ///
    /// `account` is the account's name without the tenant, `tenant_id` the tenant's id as Unico
    /// gave it, `pem` the file's content. Keys that are not RSA are refused by name.
    #[cfg(feature = "reqwest")]
    pub fn from_pem(account: &str, tenant_id: &str, pem: &[u8]) -> Result<Self, ConfigError> {
        let signer = crate::environment::pem_signer::PemSigner::parse(pem)?;
        Self::with_signer(account, tenant_id, Arc::new(signer))
    }

    /// An account whose key is kept elsewhere, for instance in a key management service.
    pub fn with_signer(
        account: &str,
        tenant_id: &str,
        signer: Arc<dyn Signer>,
    ) -> Result<Self, ConfigError> {
        check(
            account,
            "account",
            "use the account's name alone, without `@` and the tenant",
        )?;
        check(
            tenant_id,
            "tenant_id",
            "use the tenant's id as Unico gave it",
        )?;
        Ok(Self {
            issuer: format!("{account}@{tenant_id}.iam.acesso.io").into(),
            tenant_id: tenant_id.into(),
            signer,
        })
    }

    /// The account's full name, as the claim `iss` has it: `account@tenant.iam.acesso.io`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The tenant's id.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// The account's signer: for programs that make assertions of their own.
    #[must_use]
    pub fn signer(&self) -> &dyn Signer {
        &*self.signer
    }
}

fn check(value: &str, field: &'static str, remedy: &'static str) -> Result<(), ConfigError> {
    if value.is_empty() {
        return Err(ConfigError::new(
            ConfigErrorKind::Missing,
            field,
            "it is empty",
            remedy,
        ));
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if !value.bytes().all(plain) {
        return Err(ConfigError::new(
            ConfigErrorKind::Malformed,
            field,
            "only letters, digits, `-`, `_` and `.` can stand in it",
            remedy,
        ));
    }
    Ok(())
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccount")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

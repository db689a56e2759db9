//! Test service accounts: a name, a tenant and a real RSA key, as Unico would issue them.
//! Must not be a credential of anything but a simulator, and is still never printed.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::encoding::pem;

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// A service account of the simulator, with everything that a client needs to obtain access tokens.
///
/// Made by [`Simulator::issue_account`](crate::Simulator::issue_account), or restored from stored
/// parts by [`TestAccount::from_pem`]. The key is a real RSA key of 2,048 bits: assertions are
/// signed and verified exactly as in production.
#[derive(Clone)]
pub struct TestAccount {
    account: String,
    tenant_id: String,
    private_key_pem: String,
    public_key: Vec<u8>,
}

/// Why a test account could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The text is not one PEM block `PRIVATE KEY` (PKCS#8) in base64.
    #[error("the private key is not a PKCS#8 PEM block")]
    NotPem,
    /// The block does not hold an RSA key that can sign.
    #[error("the private key is not an RSA key")]
    NotRsa,
    /// The account's or the tenant's name is empty or holds a character that `iss` cannot carry.
    #[error("an account and a tenant are named by letters, digits, '-' and '_'")]
    Name,
    /// This machine could not generate a key.
    #[error("no RSA key could be generated")]
    NoKey,
}

/// How the token endpoint treats an account's assertions. Each state but the first has a code of
/// its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountState {
    /// Accepted.
    #[default]
    Active,
    /// The application is switched off: 1.0.14.
    ApplicationInactive,
    /// The account is switched off: 1.2.11.
    Inactive,
    /// The account was given another key: 1.2.6.
    KeyReplaced,
    /// The account lacks permissions: 1.2.14.
    NotPermitted,
    /// The account may not be used from here: 1.3.1.
    AddressRestricted,
    /// The account may not be used now: 1.3.2.
    TimeRestricted,
}

impl AccountState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Active,
        Self::ApplicationInactive,
        Self::Inactive,
        Self::KeyReplaced,
        Self::NotPermitted,
        Self::AddressRestricted,
        Self::TimeRestricted,
    ];

    /// The name, such as `key-replaced`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ApplicationInactive => "application-inactive",
            Self::Inactive => "inactive",
            Self::KeyReplaced => "key-replaced",
            Self::NotPermitted => "not-permitted",
            Self::AddressRestricted => "address-restricted",
            Self::TimeRestricted => "time-restricted",
        }
    }
}

impl TestAccount {
    /// Generates a key for the account `account` of `tenant_id`.
    pub(crate) fn generate(account: String, tenant_id: String) -> Result<Self, AccountError> {
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| AccountError::NoKey)?;
        let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| AccountError::NoKey)?;
        Ok(Self {
            account,
            tenant_id,
            private_key_pem: pem::block("PRIVATE KEY", der.as_ref()),
            public_key: key.public_key().as_ref().to_vec(),
        })
    }

    /// Restores an account that an earlier run issued.
    ///
    /// `private_key_pem` is a PKCS#8 PEM block of an RSA key, as
    /// [`private_key_pem`](Self::private_key_pem) returns.
    ///
    /// # Errors
    /// [`AccountError`] if `iss` cannot carry a name, or the text is not such a key.
    pub fn from_pem(
        account: &str,
        tenant_id: &str,
        private_key_pem: &str,
    ) -> Result<Self, AccountError> {
        if !is_name(account) || !is_name(tenant_id) {
            return Err(AccountError::Name);
        }
        let der = der(private_key_pem).ok_or(AccountError::NotPem)?;
        let key = KeyPair::from_pkcs8(&der).map_err(|_| AccountError::NotRsa)?;
        Ok(Self {
            account: account.to_owned(),
            tenant_id: tenant_id.to_owned(),
            private_key_pem: private_key_pem.to_owned(),
            public_key: key.public_key().as_ref().to_vec(),
        })
    }

    /// The account's name: the part of `iss` before the at sign.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The tenant's id, a UUID: the part of `iss` right after the at sign.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// The private key as a PKCS#8 PEM block. Write it only to a file that only its owner can read.
    #[must_use]
    pub fn private_key_pem(&self) -> &str {
        &self.private_key_pem
    }

    /// The public key, DER of `RSAPublicKey`.
    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }
}

impl fmt::Debug for TestAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestAccount")
            .field("account", &self.account)
            .field("tenant_id", &self.tenant_id)
            .finish_non_exhaustive()
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn der(pem: &str) -> Option<Vec<u8>> {
    let base64: String = pem
        .trim()
        .strip_prefix(PEM_BEGIN)?
        .strip_suffix(PEM_END)?
        .split_ascii_whitespace()
        .collect();
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An account can be stored and restored; its key stays out of `Debug`.
    #[test]
    fn round_trip_without_leak() {
        let made = TestAccount::generate("clerk".into(), "t-1".into()).unwrap();
        let again = TestAccount::from_pem("clerk", "t-1", made.private_key_pem()).unwrap();
        assert_eq!(again.public_key(), made.public_key());
        let shown = format!("{again:?}");
        assert!(
            shown.contains("clerk") && !shown.contains("PRIVATE"),
            "{shown}"
        );
        assert!(made.private_key_pem().lines().all(|line| line.len() <= 64));
    }

    /// Invalid names and keys have distinct errors.
    #[test]
    fn refuses_others() {
        let error = |account, pem| TestAccount::from_pem(account, "t", pem).unwrap_err();
        assert_eq!(error("a@b", ""), AccountError::Name);
        assert_eq!(error("", ""), AccountError::Name);
        assert_eq!(error("a", "hello"), AccountError::NotPem);
        let hollow = format!("{PEM_BEGIN}\nAAAA\n{PEM_END}");
        assert_eq!(error("a", &hollow), AccountError::NotRsa);
    }
}

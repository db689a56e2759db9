//! The signed assertion that a client exchanges for an access token, and every error in it.
//!
//! Must not accept what the Authentication page does not describe: the same client would fail in
//! production.

use std::time::Duration;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;

use crate::encoding::jws::Jws;

/// The claims of an assertion; any other is refused.
const CLAIMS: [&str; 5] = ["iss", "aud", "scope", "iat", "exp"];
/// The text after the tenant in `iss`.
const ISSUER_SUFFIX: &str = ".iam.acesso.io";
/// The longest time from `iat` to `exp`, in seconds.
const LONGEST_LIFE: u64 = 3_600;
/// How far `iat` may lie in the future, in seconds, because clocks differ.
const CLOCK_TOLERANCE: u64 = 60;

/// Why an assertion is refused. Each has its code in `error_description`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OAuthFault {
    /// The tenant in `iss` is unknown.
    UnknownTenant,
    /// The application is switched off.
    ApplicationInactive,
    /// The payload has no `scope`.
    NoScope,
    /// `exp` has passed.
    Expired,
    /// The signature or a parameter is wrong.
    Invalid,
    /// The account was given another key.
    KeyReplaced,
    /// This assertion was used before.
    Used,
    /// The account is switched off, or the tenant has no such account.
    AccountInactive,
    /// The account lacks permissions, or asks for a scope other than `*`, the only one that these
    /// accounts have.
    NoPermission,
    /// Too many consecutive failed attempts; for a while no assertion is accepted.
    Locked,
    /// The payload has `sub`.
    Impersonates,
    /// Not a JWS, or a header other than the documented one.
    Undecodable,
    /// One of the five claims is missing, has another type, or cannot be parsed; in the newest
    /// generation, the key is another.
    BadClaims,
    /// The payload has a claim beyond the five.
    ExtraClaim,
    /// The account may not be used from this address.
    AddressRestricted,
    /// The account may not be used at this time.
    TimeRestricted,
}

impl OAuthFault {
    /// The code from the Authentication page.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::UnknownTenant => "1.0.1",
            Self::ApplicationInactive => "1.0.14",
            Self::NoScope => "1.1.1",
            Self::Expired => "1.2.4",
            Self::Invalid => "1.2.5",
            Self::KeyReplaced => "1.2.6",
            Self::Used => "1.2.7",
            Self::AccountInactive => "1.2.11",
            Self::NoPermission => "1.2.14",
            Self::Locked => "1.2.18",
            Self::Impersonates => "1.2.19",
            Self::Undecodable => "1.2.20",
            Self::BadClaims => "1.2.21",
            Self::ExtraClaim => "1.2.22",
            Self::AddressRestricted => "1.3.1",
            Self::TimeRestricted => "1.3.2",
        }
    }
}

/// The account and the tenant that `jws` names, as far as they can be parsed.
pub(crate) fn issuer<'a>(jws: &'a Jws<'_>) -> Option<(&'a str, &'a str)> {
    jws.claims
        .get("iss")?
        .as_str()?
        .strip_suffix(ISSUER_SUFFIX)?
        .split_once('@')
}

/// A parsed assertion. Nothing in it is proved before [`verify`](Self::verify).
pub(crate) struct Assertion<'a> {
    jws: &'a Jws<'a>,
    audience: &'a str,
    scope: &'a str,
    issued: u64,
    expires: u64,
}

impl<'a> Assertion<'a> {
    /// Parses `jws`, and checks only its form: header, names and types of the claims.
    pub(crate) fn read(jws: &'a Jws<'a>) -> Result<Self, OAuthFault> {
        if !jws.is_jwt_with("RS256") {
            return Err(OAuthFault::Undecodable);
        }
        if jws.claims.contains_key("sub") {
            return Err(OAuthFault::Impersonates);
        }
        if jws
            .claims
            .keys()
            .any(|name| !CLAIMS.contains(&name.as_str()))
        {
            return Err(OAuthFault::ExtraClaim);
        }
        if !jws.claims.contains_key("scope") {
            return Err(OAuthFault::NoScope);
        }
        let text = |name| jws.claims.get(name).and_then(Value::as_str);
        let number = |name| jws.claims.get(name).and_then(Value::as_u64);
        let read = || {
            issuer(jws)?;
            Some(Self {
                jws,
                audience: text("aud")?,
                scope: text("scope")?,
                issued: number("iat")?,
                expires: number("exp")?,
            })
        };
        read().ok_or(OAuthFault::BadClaims)
    }

    /// Identifies this assertion.
    pub(crate) fn signature(&self) -> &[u8] {
        &self.jws.signature
    }

    /// `exp`, since 1970: from then on the assertion is refused as expired, so it need not be
    /// remembered.
    pub(crate) fn expires(&self) -> Duration {
        Duration::from_secs(self.expires)
    }

    /// Checks signature, audience, scope and times. The caller checks single use, which needs
    /// memory.
    ///
    /// `wrong_key` is the fault for a wrong signature: the generations differ.
    pub(crate) fn verify(
        &self,
        public_key: &[u8],
        audience: &str,
        wrong_key: OAuthFault,
        now: u64,
    ) -> Result<(), OAuthFault> {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key)
            .verify(self.jws.signed.as_bytes(), &self.jws.signature)
            .map_err(|_| wrong_key)?;
        let lives_as_allowed = self.issued < self.expires
            && self.expires - self.issued <= LONGEST_LIFE
            && self.issued <= now.saturating_add(CLOCK_TOLERANCE);
        if self.audience != audience || !lives_as_allowed {
            return Err(OAuthFault::Invalid);
        }
        if self.expires <= now {
            return Err(OAuthFault::Expired);
        }
        if self.scope != "*" {
            return Err(OAuthFault::NoPermission);
        }
        Ok(())
    }
}

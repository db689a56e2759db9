//! The token endpoint: an access token for an assertion.
//!
//! Must not grant twice for one assertion, nor say more in a refusal than its code.

use std::time::{Duration, SystemTime};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::core::oauth::assertion::{self, Assertion, OAuthFault};
use crate::core::process::single_use::Used;
use crate::core::tenant::tenants::Tenants;
use crate::core::wire::answer::Answer;
use crate::core::wire::rejection::Refused;
use crate::encoding::form;
use crate::encoding::jws::Jws;
use crate::encoding::time_format::seconds;
use crate::{Config, Dialect};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The endpoint's configuration and state.
pub(crate) struct Endpoint<'a> {
    pub(crate) config: &'a Config,
    pub(crate) tenants: &'a mut Tenants,
    pub(crate) used: &'a mut Used,
}

/// An accepted assertion of this tenant.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) tenant: String,
}

/// The assertion of a token request, whose form must have exactly two members.
pub(crate) fn assertion(headers: &HeaderMap, body: &[u8]) -> Result<String, Refused> {
    const INVALID: &str = "invalid_request";
    let is_form = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| {
            value
                .trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
    if !is_form {
        return Err(Refused::BadForm(INVALID));
    }
    let mut members = form::parse(body).ok_or(Refused::BadForm(INVALID))?;
    members.sort_unstable();
    match <[(String, String); 2]>::try_from(members) {
        Ok([(assertion, text), (grant_type, value)])
            if assertion == "assertion" && grant_type == "grant_type" =>
        {
            if value == JWT_BEARER {
                Ok(text)
            } else {
                Err(Refused::BadForm("unsupported_grant_type"))
            }
        }
        _ => Err(Refused::BadForm(INVALID)),
    }
}

impl Endpoint<'_> {
    /// Checks an assertion: form, tenant, account, signature and claims, single use, and last the
    /// account's permissions.
    ///
    /// Every assertion in a known account's name counts against the tenant's budget, and a refused
    /// one also as a failed attempt.
    pub(crate) fn accept(self, text: &str, now: SystemTime) -> Result<Grant, Refused> {
        let jws = Jws::parse(text).ok_or(OAuthFault::Undecodable)?;
        let issuer = assertion::issuer(&jws);
        if let Some((_, tenant)) = issuer {
            self.tenants
                .admit(tenant, self.config.rate_limit, now)
                .map_err(Refused::TooManyRequests)?;
        }
        let read = Assertion::read(&jws);
        let (Some((name, tenant)), Ok(assertion)) = (issuer, &read) else {
            let account = issuer.and_then(|(name, tenant)| self.tenants.account(tenant, name));
            if let Some(account) = account {
                if account.is_locked(now) {
                    return Err(OAuthFault::Locked.into());
                }
                account.refused(self.config.account_lock, now);
            }
            return Err(read.err().unwrap_or(OAuthFault::BadClaims).into());
        };
        if !self.tenants.contains(tenant) {
            return Err(OAuthFault::UnknownTenant.into());
        }
        let account = self
            .tenants
            .account(tenant, name)
            .ok_or(OAuthFault::AccountInactive)?;
        if account.is_locked(now) {
            return Err(OAuthFault::Locked.into());
        }
        account.inactive()?;
        let wrong_key = match self.config.dialect {
            Dialect::V2026 => OAuthFault::BadClaims,
            _ => OAuthFault::Invalid,
        };
        let identity_url = &self.config.identity_url;
        let mut judged =
            assertion.verify(&account.public_key, identity_url, wrong_key, seconds(now));
        if judged.is_ok() && self.used.contains(assertion.signature()) {
            judged = Err(OAuthFault::Used);
        }
        if let Err(fault) = judged {
            account.refused(self.config.account_lock, now);
            return Err(fault.into());
        }
        account.accepted();
        account.restricted()?;
        self.used
            .mark(assertion.signature().to_vec(), assertion.expires(), now);
        Ok(Grant {
            tenant: tenant.to_owned(),
        })
    }
}

/// The answer with a token.
pub(crate) fn granted(token: &str, life: Duration) -> Answer {
    let body = json!({
        "access_token": token,
        "expires_in": life.as_secs(),
        "token_type": "Bearer",
    });
    Answer::json(StatusCode::OK, &body)
}

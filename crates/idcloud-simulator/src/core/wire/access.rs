//! Authentication of one request: its access token and API key.
//!
//! Must not say more about a wrong key or token than IDCloud does.

use std::time::SystemTime;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::KeyProfile;
use crate::core::oauth::access_token::{AccessTokens, TokenFault};
use crate::core::tenant::tenants::Tenants;
use crate::core::wire::error_catalogue::Refusal;

/// The tenant and key of a request whose token and key are valid.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) tenant: String,
    pub(crate) key: KeyProfile,
}

/// The two headers that every request of the API must have.
pub(crate) struct Presented<'a> {
    authorization: &'a str,
    api_key: &'a str,
}

impl<'a> Presented<'a> {
    /// Reads both headers. A missing one is refused before the other's value is checked.
    pub(crate) fn read(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let authorization =
            text(headers, AUTHORIZATION.as_str()).ok_or(Refusal::NO_AUTHORIZATION)?;
        let api_key = api_key(headers).ok_or(Refusal::NO_API_KEY)?;
        Ok(Self {
            authorization,
            api_key,
        })
    }

    /// The tenant of the access token. The budget is the tenant's, so this comes before the key.
    pub(crate) fn tenant(&self, tokens: &AccessTokens, now: SystemTime) -> Result<String, Refusal> {
        let token = self
            .authorization
            .strip_prefix("Bearer ")
            .ok_or(Refusal::INVALID_TOKEN)?;
        tokens
            .tenant_of(token, now)
            .map(str::to_owned)
            .map_err(|fault| match fault {
                TokenFault::Malformed => Refusal::MALFORMED_TOKEN,
                TokenFault::Unknown => Refusal::INVALID_TOKEN,
                TokenFault::Expired => Refusal::EXPIRED_TOKEN,
            })
    }

    /// The API key's profile, provided that the key is `tenant`'s.
    pub(crate) fn with_key(&self, tenants: &Tenants, tenant: String) -> Result<Access, Refusal> {
        let key = tenants
            .key_of(&tenant, self.api_key)
            .ok_or(Refusal::UNKNOWN_API_KEY)?;
        Ok(Access { tenant, key })
    }
}

/// The API key in the headers, known or not.
pub(crate) fn api_key(headers: &HeaderMap) -> Option<&str> {
    text(headers, "apikey")
}

/// A header's text; `None` if it is absent or empty. A value that is not ASCII counts as a wrong
/// one.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?;
    let text = value.to_str().unwrap_or("?").trim();
    (!text.is_empty()).then_some(text)
}

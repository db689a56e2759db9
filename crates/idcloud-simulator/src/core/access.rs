//! Who asks: the access token and the API key of one request.
//! Never says more about a wrong key or token than IDCloud does.

use std::time::SystemTime;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::access_token::{AccessTokens, TokenFault};
use super::refusal::Refusal;
use super::tenants::Tenants;
use crate::KeyProfile;

/// A request whose token and key are good.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) tenant: String,
    pub(crate) key: KeyProfile,
}

/// The tenant whose access token `headers` carry. The budget is the tenant's, so this comes before anything else.
pub(crate) fn tenant(
    headers: &HeaderMap,
    tokens: &AccessTokens,
    now: SystemTime,
) -> Result<String, Refusal> {
    let authorization = text(headers, AUTHORIZATION.as_str()).ok_or(Refusal::NO_AUTHORIZATION)?;
    let token = authorization
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
pub(crate) fn with_key(
    headers: &HeaderMap,
    tenants: &Tenants,
    tenant: String,
) -> Result<Access, Refusal> {
    let key = text(headers, "apikey").ok_or(Refusal::NO_API_KEY)?;
    let key = tenants
        .key_of(&tenant, key)
        .ok_or(Refusal::UNKNOWN_API_KEY)?;
    Ok(Access { tenant, key })
}

/// A header's text; `None` when it is absent or empty. What is not ASCII can match nothing, and counts as a wrong value.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?;
    let text = value.to_str().unwrap_or("?").trim();
    (!text.is_empty()).then_some(text)
}

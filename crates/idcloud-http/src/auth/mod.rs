//! The access token: how it is fetched, cached, shared and replaced.
//!
//! Must not show an assertion, a key or a token.

pub(crate) mod access_token;
pub(crate) mod active_account;
pub(crate) mod assertion;
pub(crate) mod exchange;
pub(crate) mod in_transit;
pub(crate) mod refusal_backoff;
pub(crate) mod shared_outcome;
pub(crate) mod stall_detector;
pub(crate) mod token_cache;
pub(crate) mod token_response;

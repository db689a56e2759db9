//! The identity server: assertions in, access tokens out.
//! Must not accept an assertion that IDCloud would refuse.

pub(crate) mod access_token;
pub(crate) mod account_standing;
pub(crate) mod assertion;
pub(crate) mod token;
pub(crate) mod token_signer;

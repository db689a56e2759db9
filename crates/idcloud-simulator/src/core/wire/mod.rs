//! How requests are read and answers are written.
//! Must not accept a body that IDCloud is known to refuse.

pub(crate) mod access;
pub(crate) mod answer;
#[cfg(feature = "server")]
pub(crate) mod body_use;
pub(crate) mod create_body;
pub(crate) mod error_catalogue;
pub(crate) mod ids;
pub(crate) mod image;
pub(crate) mod rejection;
pub(crate) mod render;
pub(crate) mod route;
pub(crate) mod selfie;

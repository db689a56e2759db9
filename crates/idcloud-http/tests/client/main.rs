//! The client from outside.
//!
//! Most tests run over a script and in virtual time; `sockets` runs over real sockets in real time.

#![expect(
    clippy::disallowed_methods,
    reason = "tests run on tokio's paused time or in real time, not on an injected clock"
)]
#![expect(
    clippy::unwrap_used,
    reason = "what these lints forbid is how a test fails"
)]

mod budget;
mod common;
mod errors;
mod pipeline;
#[cfg(feature = "reqwest")]
mod server;
#[cfg(feature = "reqwest")]
mod sockets;
mod time_left;
#[cfg(feature = "reqwest")]
mod tls_server;
mod tokens;

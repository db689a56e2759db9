//! Tests that listen to spans and logs: in a process of their own, one at a time.
//!
//! Whether anyone listens is remembered for each place that speaks, in one cache a process. Beside tests that do not listen, that
//! cache is made and asked at once, and what is said in between is lost.

#![expect(
    clippy::disallowed_methods,
    reason = "tests run on tokio's paused time or in real time, not on an injected clock"
)]
#![expect(
    clippy::unwrap_used,
    reason = "what these lints forbid is how a test fails"
)]

use tokio::sync::Mutex;

#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../client/common.rs"]
mod common;
#[cfg(feature = "reqwest")]
mod resend;
#[cfg(feature = "reqwest")]
#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../client/server.rs"]
mod server;
mod spans;

/// Held by the test that listens.
static ALONE: Mutex<()> = Mutex::const_new(());

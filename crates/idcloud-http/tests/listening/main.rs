//! Tests that subscribe to spans and logs: in a process of their own, one at a time.
//!
//! `tracing` caches for each call site whether any subscriber is interested, in one cache per
//! process. Beside tests without a subscriber, that cache is filled and read at once, and events in
//! between are lost.

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

/// Held by the test that subscribes.
static ALONE: Mutex<()> = Mutex::const_new(());

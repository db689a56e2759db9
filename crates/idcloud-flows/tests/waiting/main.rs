//! Waits, and the notifications for them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helper fails as the test does"
)]

#[expect(dead_code, reason = "its `main` is for running it by hand")]
#[path = "../../examples/axum_webhook.rs"]
mod axum_webhook;
mod journaled;
mod stopped;
mod waits;
mod webhook;
mod webhook_example;

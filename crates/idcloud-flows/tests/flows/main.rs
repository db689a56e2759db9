//! Handles from end to end: against the simulator for what IDCloud does, against a script for what
//! it does not do on demand.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helper fails as the test does"
)]

mod attempts;
mod drain;
mod found;
mod handles;
mod identity;
mod journaled;
mod panics;
mod recorded;
mod rows;
mod said_again;
mod simulated;
mod support;
mod tenants;
mod unconfirmed;
mod watched_journal;

//! The program as a user runs it: real processes, real sockets, exact output.
//!
//! Every run's streams are also searched for personal data and secrets, which they must not
//! contain.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

mod answers;
mod bad_input;
mod batch;
mod batch_ends;
mod batch_memory;
mod between;
mod credentials;
mod documentation;
mod doors;
mod explain;
mod files;
mod flows;
mod interrupt;
mod local;
mod memory;
mod preflight;
mod request;
mod rows;
mod schemas;
mod simulator;
mod support;
mod tenants;

//! From a pending process to its end: polls, hints, and one waiter for many processes.
//!
//! Must not take the end of a wait for the end of a process.

pub(crate) mod error;
pub(crate) mod hints;
pub(crate) mod poll;
pub(crate) mod poll_plan;
pub(crate) mod polling;
pub(crate) mod waiter;

//! Runs one verification: submits it, waits for it, handles interruptions, records it.
//! Must not end with a verdict that was not received.

pub(crate) mod handle;
pub(crate) mod interrupted;
pub(crate) mod interrupts;
pub(crate) mod journal_file;
pub(crate) mod outcome;
pub(crate) mod progress;
pub(crate) mod verification;

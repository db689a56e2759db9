//! One submission, from a request to its process, with its journal and its new attempts.
//!
//! Must not send a create that the journal has not made durable.

pub(crate) mod drain;
pub(crate) mod error;
pub(crate) mod journaling;
pub(crate) mod machine;
pub(crate) mod options;
pub(crate) mod submitter;

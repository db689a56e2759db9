//! What may be repeated, and when.
//!
//! Must not repeat a create that may have run.

pub(crate) mod attempt;
pub(crate) mod backoff;
pub(crate) mod policy;

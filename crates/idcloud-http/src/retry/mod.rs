//! What may be repeated, and when.
//!
//! Must not call a create harmless that may have been processed.

pub(crate) mod attempt;
pub(crate) mod backoff;
pub(crate) mod policy;

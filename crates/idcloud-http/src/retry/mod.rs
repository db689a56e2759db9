//! What may be repeated, and when.
//! It must never call a create harmless that may have been processed.

pub(crate) mod attempt;
pub(crate) mod backoff;
pub(crate) mod policy;

//! The meaning of an answer to a question: the decision table.
//!
//! Must not approve what was not asked.

pub(crate) mod asked;
pub(crate) mod capability;
pub(crate) mod decide;
pub(crate) mod liveness_reading;
pub(crate) mod mismatch;
pub(crate) mod policy;
pub(crate) mod scenario;

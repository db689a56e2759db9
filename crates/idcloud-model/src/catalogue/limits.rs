//! The limits that IDCloud publishes, each with its unit.
//!
//! Must not hold a number of its own: they stand in the spec, from which the reference pages are made too.

pub use crate::catalogue::generated::limits::*;

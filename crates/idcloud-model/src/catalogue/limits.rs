//! The limits that IDCloud publishes, each with its unit.
//!
//! Must not hold a number of its own: they are in the spec, from which the reference pages are
//! generated too.

pub use crate::catalogue::generated::limits::*;

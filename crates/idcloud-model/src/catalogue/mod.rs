//! Lists from IDCloud's documents: error codes, limits, languages.
//!
//! Must not hold a code that no document lists.

pub(crate) mod error_code;
pub(crate) mod generated;
pub(crate) mod language;
pub mod limits;
pub(crate) mod violation;

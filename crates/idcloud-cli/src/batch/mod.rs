//! Many onboardings from one file: reading the rows, submitting them, reporting each result.
//!
//! Must not hold more of the input than the rows in flight, nor repeat a value of a row that it
//! refuses.

pub(crate) mod input;
pub(crate) mod report;
pub(crate) mod results;
pub(crate) mod run;

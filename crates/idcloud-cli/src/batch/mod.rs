//! Many onboardings from one file: reading the rows, running them, telling what came of each.
//!
//! Must not hold more of the input than the rows in flight, nor repeat a value of a row that it refuses.

pub(crate) mod input;
pub(crate) mod report;
pub(crate) mod results;
pub(crate) mod run;

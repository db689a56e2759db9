//! Many onboardings from one file: reading the rows, running them, telling what came of each.
//!
//! Never holds more of the input than the rows in flight, and never repeats a value of a row that it refuses.

pub(crate) mod input;
pub(crate) mod report;
pub(crate) mod results;
pub(crate) mod run;

pub(crate) mod csv_header;
pub(crate) mod csv_record;
pub(crate) mod lines;
pub(crate) mod quotes;

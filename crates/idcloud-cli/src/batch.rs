//! Many onboardings from one file: reading the rows, running them, telling what came of each.
//!
//! Never holds more of the input than the rows in flight, and never repeats a value of a row that it refuses.

#[cfg(test)]
mod any_input;
pub(crate) mod column;
pub(crate) mod csv_header;
pub(crate) mod csv_record;
pub(crate) mod csv_rows;
pub(crate) mod departed;
pub(crate) mod driver;
pub(crate) mod earlier_results;
pub(crate) mod elsewhere;
pub(crate) mod estimate;
pub(crate) mod fields;
pub(crate) mod halt;
pub(crate) mod html;
pub(crate) mod job;
pub(crate) mod json_rows;
pub(crate) mod last_pass;
pub(crate) mod lines;
pub(crate) mod meter;
pub(crate) mod outcome;
pub(crate) mod pace;
pub(crate) mod page;
pub(crate) mod quotes;
pub(crate) mod recollection;
pub(crate) mod recover;
pub(crate) mod references;
pub(crate) mod remarks;
pub(crate) mod row;
pub(crate) mod row_object;
pub(crate) mod rows;
pub(crate) mod same_person;
pub(crate) mod sink;
pub(crate) mod source;
pub(crate) mod standing;
pub(crate) mod summary;
pub(crate) mod survey;
pub(crate) mod told;
pub(crate) mod unwritten;
pub(crate) mod version;
pub(crate) mod window;

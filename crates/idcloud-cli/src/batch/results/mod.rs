//! The output of a batch: one row for each row of the input.
//! Must not show a half-written file.

pub(crate) mod earlier_results;
pub(crate) mod output_file;
pub(crate) mod row_object;
pub(crate) mod write_results;

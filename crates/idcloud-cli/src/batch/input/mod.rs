//! The input file of a batch: rows by their format, checked one by one.
//! Must not hold the whole file.

pub(crate) mod csv_record;
pub(crate) mod quotes;

pub(crate) mod csv_header;
pub(crate) mod lines;

#[cfg(test)]
pub(crate) mod any_input;
pub(crate) mod column;
pub(crate) mod csv_rows;
pub(crate) mod fields;
pub(crate) mod json_rows;
pub(crate) mod references;
pub(crate) mod row;
pub(crate) mod rows;
pub(crate) mod same_person;
pub(crate) mod source;
pub(crate) mod version;

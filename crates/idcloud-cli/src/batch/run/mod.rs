//! A run over the rows: what happens to each row, how many run at once, and when the run stops.
//! Must not submit a row whose reference the journal knows.

pub(crate) mod circuit_breaker;
pub(crate) mod departed;
pub(crate) mod driver;
pub(crate) mod elsewhere;
pub(crate) mod estimate;
pub(crate) mod journal_scan;
pub(crate) mod outcome;
pub(crate) mod progress_bar;
pub(crate) mod recollection;
pub(crate) mod recover;
pub(crate) mod row_errors;
pub(crate) mod row_failures;
pub(crate) mod standing;
pub(crate) mod submit_row;
pub(crate) mod throughput;
pub(crate) mod unwritten;
pub(crate) mod window;

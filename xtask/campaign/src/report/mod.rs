//! The reliability page: the campaign's results, and how fast each sabotage was noticed.
//! Must not claim what was not run.

pub(crate) mod mutants;
pub(crate) mod page;
pub(crate) mod sabotage_report;

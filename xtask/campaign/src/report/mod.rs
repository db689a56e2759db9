//! The page of reliability: what the campaign found, and what each sabotage took.
//! Must not claim what was not run.

pub(crate) mod mutants;
pub(crate) mod page;
pub(crate) mod sabotage_report;

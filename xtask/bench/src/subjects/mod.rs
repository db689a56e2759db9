//! The measured subjects, one file for each part of the workspace.
//! Must not time what can be counted.

pub mod budget;
pub mod journal;
pub mod model;
pub mod simulator;
pub mod waiting;

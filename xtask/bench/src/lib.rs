//! The project's measurements, each with an alternative for comparison, in one run.
//!
//! Run by `cargo xtask bench`. Must not judge by time: times are reported, counts are gates.

pub mod measure;
pub mod sides;
pub mod subjects;

pub mod figure;
pub mod report;

/// Any error, for a developer.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

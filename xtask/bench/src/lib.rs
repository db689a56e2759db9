//! The project's measurements, each beside what it is compared with, in one run.
//!
//! Run by `cargo xtask bench`. Must never judge by time: times are reported, counts are held.

pub mod measure;
pub mod sides;
pub mod subjects;

pub mod figure;
pub mod report;

/// Whatever went wrong, told to a developer.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

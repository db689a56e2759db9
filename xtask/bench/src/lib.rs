//! The project's measurements, each beside what it is compared with, in one run.
//!
//! Run by `cargo xtask bench`. Must never judge by time: times are reported, counts are held.

pub mod allocations;
pub mod assembled;
pub mod bare_reqwest;
pub mod budget;
pub mod caller;
pub mod compiled;
pub mod figure;
pub mod instructions;
pub mod journal;
pub mod model;
pub mod ours;
pub mod output;
pub mod page;
pub mod pages;
pub mod peak;
pub mod pictures;
pub mod raw_hyper;
pub mod raw_socket;
pub mod reasons;
pub mod report;
pub mod sample;
pub mod series;
pub mod server;
pub mod simulator;
pub mod stopwatch;
pub mod traffic;
pub mod usage;
pub mod usual_json;
pub mod waiting;

/// Whatever went wrong, told to a developer.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

//! The measurements: instructions, allocations, memory, time.
//! Must not judge a figure.

pub mod allocations;
pub mod compiled;
pub mod instructions;
pub mod peak;
pub mod series;
pub mod stopwatch;
pub mod usage;

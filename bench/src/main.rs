//! The project's measurements, each beside what it is compared with, in one run.
//!
//! Run by `cargo xtask bench`. Must never judge by time in CI: times are reported, counts are held.

mod measure;
mod model;

use std::io::Write as _;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    let figures = model::figures();
    let mut held = true;
    for figure in &figures {
        held &= figure.is_held();
        if writeln!(out, "{figure}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

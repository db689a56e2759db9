//! Prints every figure with its goal, and fails where a gate is missed. This file only dispatches.

use std::alloc::System;
use std::env;
use std::io::Write as _;
use std::process::ExitCode;

use bench::figure::{self, Figure};
use bench::server::Server;
use bench::traffic::Traffic;
use bench::{
    Failure, allocations, budget, instructions, journal, model, peak, simulator, usage, waiting,
};
use cap::Cap;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

/// Counts allocations (`stats_alloc`) and holds the peak (`cap`): both wrap the system's allocator,
/// so neither needs unsafe code here.
#[global_allocator]
static ALLOCATOR: Cap<&'static StatsAlloc<System>> = Cap::new(&INSTRUMENTED_SYSTEM, usize::MAX);

const USAGE: &str = "usage: bench [--counts] [--without-instructions]";

fn main() -> ExitCode {
    let mut asked = Asked::default();
    for argument in env::args().skip(1) {
        match argument.as_str() {
            "--counts" => asked.counts_alone = true,
            "--without-instructions" => asked.without_instructions = true,
            _ => return told(USAGE, 2),
        }
    }
    match figures(asked) {
        Ok(figures) => {
            let missed = figures.iter().any(Figure::is_missed);
            told(&figure::table(&figures), missed.into())
        }
        Err(failure) => told(&format!("error: {failure}"), 1),
    }
}

#[derive(Clone, Copy, Default)]
struct Asked {
    counts_alone: bool,
    without_instructions: bool,
}

fn figures(asked: Asked) -> Result<Vec<Figure>, Failure> {
    let traffic = Traffic::beside_this_program()?;
    let server = Server::start(&traffic)?;
    let address = server.address();
    // First, because a peak that was higher before would hide this one.
    let peak = peak::figure(address, &ALLOCATOR)?;
    let mut figures = Vec::new();
    if !asked.without_instructions {
        figures.extend(instructions::figures(&traffic, address)?);
    }
    figures.extend(allocations::figures(address)?);
    figures.extend(budget::figures()?);
    figures.extend(waiting::figures()?);
    figures.push(model::preflight_allocations());
    if !asked.counts_alone {
        figures.extend(usage::figures(&traffic, address)?);
        figures.push(peak);
        figures.push(simulator::figure()?);
        figures.push(waiting::memory(&ALLOCATOR)?);
        figures.extend(model::times());
        figures.extend(journal::figures()?);
    }
    Ok(figures)
}

fn told(text: &str, code: u8) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}") {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::FAILURE,
    }
}

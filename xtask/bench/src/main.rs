//! Prints every figure with its goal, or writes the page about them; fails if a gate is missed.
//! This file only dispatches.

use std::alloc::System;
use std::env;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use bench::Failure;
use bench::measure::peak;
use bench::report::output;
use bench::report::page;
use bench::report::pages::Circumstances;
use bench::report::pictures;
use bench::report::{Asked, Report};
use cap::Cap;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

/// Counts allocations (`stats_alloc`) and limits the peak (`cap`): both wrap the system's
/// allocator, so this crate needs no unsafe code.
#[global_allocator]
static ALLOCATOR: Cap<&'static StatsAlloc<System>> = Cap::new(&INSTRUMENTED_SYSTEM, usize::MAX);

const USAGE: &str =
    "usage: bench [--counts | --write FILE] [--without-instructions] [--format text|json]";

fn main() -> ExitCode {
    let arguments = match read(env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(failure) => return told(&format!("error: {failure}\n{USAGE}"), 2),
    };
    let outcome = match &arguments.peak_at {
        Some(address) => {
            peak::of_a_create(address, &ALLOCATOR).map(|peak| (peak.to_string(), true))
        }
        None => measured(&arguments),
    };
    match outcome {
        Ok((text, holds)) => told(&text, (!holds).into()),
        Err(failure) => told(&format!("error: {failure}"), 1),
    }
}

#[derive(Default)]
struct Arguments {
    asked: Asked,
    json: bool,
    write: Option<PathBuf>,
    peak_at: Option<String>,
}

fn read(arguments: impl Iterator<Item = String>) -> Result<Arguments, Failure> {
    let mut read = Arguments::default();
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--counts" => read.asked.counts_alone = true,
            "--without-instructions" => read.asked.without_instructions = true,
            "--compiled" => read.asked.compiled.push(value()?.parse()?),
            "--write" => read.write = Some(value()?.into()),
            peak::ARGUMENT => read.peak_at = Some(value()?),
            "--format" => match value()?.as_str() {
                "json" => read.json = true,
                "text" => read.json = false,
                other => return Err(format!("no format {other}").into()),
            },
            other => return Err(format!("no argument {other}").into()),
        }
    }
    if read.write.is_some() && (read.asked.counts_alone || read.asked.without_instructions) {
        return Err("the page is written of everything".into());
    }
    Ok(read)
}

/// The text to print, and whether every gate holds.
fn measured(arguments: &Arguments) -> Result<(String, bool), Failure> {
    let report = Report::of(&arguments.asked, &ALLOCATOR)?;
    if let Some(file) = &arguments.write {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let pictures = pictures::pictures(&report);
        let page = page::page(&report, &pictures, &Circumstances::of_now(threads));
        bench::report::pages::write(file, &page, &pictures)?;
    }
    let text = if arguments.json {
        output::list(&report.figures)
    } else {
        output::table(&report.figures)
    };
    Ok((text, report.holds()))
}

/// Prints the figures to standard output. A reader that closed it makes the run fail.
fn told(text: &str, code: u8) -> ExitCode {
    let line = format!("{}\n", text.trim_end());
    let said = if text.starts_with("error: ") {
        std::io::stderr().write_all(line.as_bytes())
    } else {
        std::io::stdout().write_all(line.as_bytes())
    };
    said.map_or(ExitCode::FAILURE, |()| ExitCode::from(code))
}

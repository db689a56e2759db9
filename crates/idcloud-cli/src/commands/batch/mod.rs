//! `idcloud batch`: many onboardings, resumable, never twice.
//!
//! Must not submit a row that the journal has an answer for.

pub(crate) mod args;

mod before_run;
mod dry_run;
mod report;
mod results;
mod run;
mod status;

use std::hash::RandomState;
use std::path::Path;

use crate::batch::input::rows::Rows;
use crate::batch::report::summary::Summary;
use crate::batch::run::standing::Comparison;
use crate::commands::batch::args::BatchCommand;
use crate::commands::batch::args::BatchRunArgs;
use crate::config::settings::Settings;
use crate::failure::exit::Exit;
use crate::failure::journal;
use crate::failure::{Failure, Refusal};
use crate::output::Output;
use crate::verify::interrupts::Interrupts;

/// Runs the command.
pub(crate) fn run(
    command: BatchCommand,
    settings: &Settings,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    match command {
        BatchCommand::Run(args) if args.dry_run => dry_run::run(&args, settings, output),
        BatchCommand::Run(args) => run::run(&args, settings, interrupts, output),
        BatchCommand::Status(args) => status::run(&args, output),
        BatchCommand::Report(args) => report::run(&args, settings, output),
    }
}

/// Opens an input, and tells of columns that nobody reads: one of them may be meant.
fn open(input: &Path, hasher: &RandomState, output: &mut Output<'_>) -> Result<Rows, Failure> {
    let rows = Rows::open(input, hasher).map_err(Failure::refused_offline)?;
    for position in rows.ignored() {
        // Whoever closed standard error does not want to be told.
        let _ = output.note(&format!(
            "note: column {position} of the header is not known, and not read"
        ));
    }
    Ok(rows)
}

/// Tells of the records that could not be read, beside what the rest came to; with them a command does not end well.
fn tell_unreadable(summary: &Summary, output: &mut Output<'_>) -> Exit {
    for row in &summary.told_unreadable {
        // Whoever closed standard error does not want to be told.
        let _ = output.failure(&journal::told(row));
    }
    if summary.unreadable > 0 {
        Exit::Fault
    } else {
        Exit::Answered
    }
}

/// How rows are compared with what the journal remembers; selfies are looked for beside the input.
fn comparison(args: &BatchRunArgs) -> Comparison {
    Comparison {
        directory: args.input.parent().unwrap_or(Path::new("")).to_owned(),
        trust_references: args.trust_references,
    }
}

fn unreadable(refusal: Refusal) -> Failure {
    Failure::refused_offline(vec![refusal])
}

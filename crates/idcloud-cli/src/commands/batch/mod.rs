//! `idcloud batch`: many onboardings, resumable, each submitted only once.
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

/// Opens an input, and prints a note for each column that is not read: it may be meant for one that
/// is.
fn open(input: &Path, hasher: &RandomState, output: &mut Output<'_>) -> Result<Rows, Failure> {
    let rows = Rows::open(input, hasher).map_err(Failure::refused_offline)?;
    for position in rows.ignored() {
        // A closed standard error is the caller's choice: continue without the note.
        let _ = output.note(&format!(
            "note: column {position} of the header is not known, and not read"
        ));
    }
    Ok(rows)
}

/// Prints the records that could not be read, beside the counts of the others. With any of them the
/// command ends with exit code 1.
fn print_unreadable(summary: &Summary, output: &mut Output<'_>) -> Exit {
    for row in &summary.listed_unreadable {
        // A closed standard error is the caller's choice: continue without the message.
        let _ = output.failure(&journal::unreadable(row));
    }
    if summary.unreadable > 0 {
        Exit::Fault
    } else {
        Exit::Answered
    }
}

/// How rows are compared with the journal's records. Selfie paths are relative to the input's
/// directory.
fn comparison(args: &BatchRunArgs) -> Comparison {
    Comparison {
        directory: args.input.parent().unwrap_or(Path::new("")).to_owned(),
        trust_references: args.trust_references,
    }
}

fn unreadable(refusal: Refusal) -> Failure {
    Failure::refused_offline(vec![refusal])
}

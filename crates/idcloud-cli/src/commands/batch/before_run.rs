//! Checks before a batch starts: its files, and what the journal and earlier results have of its
//! rows.
//!
//! Must not create or change a file, nor send anything.

use std::hash::RandomState;
use std::path::Path;

use idcloud_http::{Clock as _, Environment, SystemClock};
use idcloud_sqlite::SqliteReader;

use super::unreadable;
use crate::batch::input::references::References;
use crate::batch::input::rows::Rows;
use crate::batch::input::source::Form;
use crate::batch::results::output_file::{self, FIELD};
use crate::batch::run::recollection::{Looked, Recollected};
use crate::commands::batch::args::BatchRunArgs;
use crate::config::settings::Settings;
use crate::failure::Failure;
use crate::files::kept_files::{KeptFiles, is_one_file, same};
use crate::files::made_here::{Made, Standing, foreign, no_file, standing};
use crate::output::Output;

/// The destination of a run's rows, as far as it is known.
#[derive(Clone, Copy)]
pub(super) struct Destination<'a> {
    /// The environment's name.
    pub(super) name: Option<&'static str>,
    /// The environment itself, with the account.
    pub(super) environment: Option<&'a Environment>,
}

/// Earlier results at the output path, and their form.
pub(super) type Results<'a> = Option<(&'a Path, Form)>;

/// Checks that the output replaces no file that it must not. Call it before anything else is
/// opened.
///
/// # Errors
/// The output would replace such a file.
pub(super) fn results<'a>(
    args: &'a BatchRunArgs,
    settings: &Settings,
) -> Result<Results<'a>, Failure> {
    match &args.output {
        Some(path) => place(path, args, settings),
        None => Ok(None),
    }
}

/// Compares input, journal and earlier results, and returns what the results have and the journal
/// does not.
///
/// # Errors
/// The input cannot be read to its end, or the journal does not have what was submitted earlier.
pub(super) fn recollect(
    args: &BatchRunArgs,
    journal: Option<&SqliteReader>,
    results: Results<'_>,
    destination: Destination<'_>,
    output: &mut Output<'_>,
) -> Result<Recollected, Failure> {
    let references = References::read(&args.input).map_err(Failure::refused_offline)?;
    let looked = Looked {
        input: &args.input,
        references: &references,
        journal,
        results,
        environment: destination.name,
        place: destination.environment,
        accepts_new_journal: args.new_journal,
        now: SystemClock::new().now(),
    };
    let recollected = looked.compare()?;
    for note in recollected.notes() {
        // A closed standard error is the caller's choice: continue without the note.
        let _ = output.note(note);
    }
    Ok(recollected)
}

/// Earlier results at this path, if there are any.
fn place<'a>(
    path: &'a Path,
    args: &BatchRunArgs,
    settings: &Settings,
) -> Result<Results<'a>, Failure> {
    let refused = |refusal| Failure::usage(vec![refusal]);
    KeptFiles::configured(settings)
        .with("INPUT", &args.input)
        .with_journal(&args.journal)
        .refuse(FIELD, path)
        .map_err(refused)?;
    let form = output_file::form(path).map_err(refused)?;
    let made = Made::Results(form);
    let stands = standing(path, made).map_err(|_| refused(foreign(FIELD, made)))?;
    if matches!(stands, Standing::Empty | Standing::Foreign)
        && let Some(line) = whose_selfie(path, &args.input)?
    {
        let label = format!("the selfie of line {line}");
        return Err(refused(same(FIELD, &label)));
    }
    match stands {
        Standing::Foreign => Err(refused(foreign(FIELD, made))),
        Standing::NoFile => Err(refused(no_file(FIELD))),
        Standing::Ours => Ok(Some((path, form))),
        Standing::Empty | Standing::Nothing => Ok(None),
    }
}

/// The line of the first row whose selfie is this file.
fn whose_selfie(path: &Path, input: &Path) -> Result<Option<u64>, Failure> {
    let directory = input.parent().unwrap_or(Path::new(""));
    let mut rows = Rows::open(input, &RandomState::new()).map_err(Failure::refused_offline)?;
    while let Some(line) = rows.next().map_err(unreadable)? {
        if let Ok(row) = &line.row
            && is_one_file(path, &row.selfie_path(directory))
        {
            return Ok(Some(line.begins));
        }
    }
    Ok(None)
}

//! What is looked at before a batch begins: its files, and what is known of its rows.
//!
//! Never makes or changes a file, and never sends anything.

use std::hash::RandomState;
use std::path::Path;

use super::unreadable;
use crate::args::BatchRunArgs;
use crate::batch::recollection::Looked;
use crate::batch::references::References;
use crate::batch::rows::Rows;
use crate::batch::sink::{self, FIELD};
use crate::failure::Failure;
use crate::journal_file;
use crate::kept_files::{KeptFiles, is_one_file, same};
use crate::made_here::{Made, Standing, foreign, standing};
use crate::output::Output;
use crate::settings::Settings;

/// Sees that nothing stands in the way of a run. `environment` is where it sends its rows.
///
/// # Errors
/// The input cannot be read to its end, the output would replace what it may not, or what was submitted earlier is not remembered.
pub(super) fn check(
    args: &BatchRunArgs,
    settings: &Settings,
    environment: Option<&'static str>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let references = References::read(&args.input).map_err(Failure::refused_offline)?;
    let results = match &args.output {
        Some(path) => place(path, args, settings)?,
        None => None,
    };
    let journal = journal_file::look_if_there(&args.journal)?;
    let looked = Looked {
        input: &args.input,
        references: &references,
        journal: journal.as_ref(),
        results,
        environment,
        accepts_new_journal: args.new_journal,
    };
    if let Some(note) = looked.compare()?.note() {
        // Whoever closed standard error does not want to be told.
        let _ = output.note(note);
    }
    Ok(())
}

/// Earlier results where the output goes, if there are any.
fn place<'a>(
    path: &'a Path,
    args: &BatchRunArgs,
    settings: &Settings,
) -> Result<Option<(&'a Path, crate::batch::source::Form)>, Failure> {
    let refused = |refusal| Failure::usage(vec![refusal]);
    KeptFiles::configured(settings)
        .with("INPUT", &args.input)
        .with_journal(&args.journal)
        .refuse(FIELD, path)
        .map_err(refused)?;
    let form = sink::form(path).map_err(refused)?;
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
        Standing::Ours => Ok(Some((path, form))),
        Standing::Empty | Standing::Nothing => Ok(None),
    }
}

/// The line of the first row that has this file as its selfie.
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

//! `idcloud batch report`: writes a page about a batch.
//!
//! Must not write personal data: the journal has none.

use idcloud_http::{Clock as _, SystemClock};

use super::print_unreadable;
use crate::batch::report::page::page;
use crate::batch::run::journal_scan::count_entries;
use crate::commands::batch::args::BatchReportArgs;
use crate::config::settings::Settings;
use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::files::kept_files::KeptFiles;
use crate::files::made_here::{Made, refuse_foreign};
use crate::files::private_file;
use crate::output::Output;
use crate::verify::journal_file;

/// The flag that errors name.
const FIELD: &str = "--output";

/// Runs the command.
pub(super) fn run(
    args: &BatchReportArgs,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    KeptFiles::configured(settings)
        .with_journal(&args.journal)
        .refuse(FIELD, &args.output)
        .and_then(|()| refuse_foreign(FIELD, &args.output, Made::Report))
        .map_err(|refusal| Failure::usage(vec![refusal]))?;
    let journal = journal_file::look(&args.journal)?;
    let clock = SystemClock::new();
    let summary = count_entries(&journal, clock.now())?;
    let page = page(&summary, clock.now());
    private_file::write(&args.output, page.as_bytes()).map_err(|_| {
        Failure::usage(vec![Refusal::new(
            FIELD,
            "cannot be written there",
            "name a file in a directory that exists and that you may write to",
        )])
    })?;
    // A closed standard error is the caller's choice: continue without the note.
    let _ = output.note(&format!("The page lists {} references.", summary.total()));
    Ok(print_unreadable(&summary, output))
}

//! `idcloud batch run --dry-run`: every row checked, and what a run will cost.
//!
//! Never sends anything, and never makes a journal.

use idcloud_flows::Flow;
use idcloud_flows::journal::{EntryFilter, Reference, State};
use idcloud_http::{Clock as _, SystemClock};
use idcloud_journal::SqliteReader;

use super::{directory, open, unreadable};
use crate::args::BatchRunArgs;
use crate::batch::estimate::Estimate;
use crate::batch::told::at_line;
use crate::config;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::journal_file;
use crate::output::Output;
use crate::settings::Settings;
use crate::submit_failure;

/// Runs the command.
pub(super) fn run(
    args: &BatchRunArgs,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let rate = config::rate(&settings.layers).map_err(|refusal| Failure::usage(vec![refusal]))?;
    let known = Known::open(args)?;
    let mut rows = open(&args.input, output)?;
    let (mut total, mut invalid, mut submitted) = (0, 0, 0);
    while let Some(line) = rows.next().map_err(unreadable)? {
        total += 1;
        let checked = match (&line.reference, line.row) {
            (Some(reference), Ok(_)) if known.has(reference)? => {
                submitted += 1;
                continue;
            }
            (_, row) => row.and_then(|row| row.request(directory(&args.input), known.clock.now())),
        };
        if let Err(refusals) = checked {
            invalid += 1;
            // Whoever closed standard error does not want to be told.
            let _ = output.failure(&at_line(line.begins, Failure::refused_offline(refusals)));
        }
    }
    let estimate = Estimate::new(total, invalid, submitted, rate);
    output
        .result(&estimate, |to, style| estimate.write_text(to, style))
        .map_err(|_| Failure::fault("the estimate could not be written to standard output"))?;
    Ok(if invalid > 0 {
        Exit::RefusedHere
    } else {
        Exit::Answered
    })
}

/// What the journal has, where there is one: of any environment and account, since a dry run opens none.
struct Known {
    journal: Option<SqliteReader>,
    clock: SystemClock,
}

impl Known {
    fn open(args: &BatchRunArgs) -> Result<Self, Failure> {
        let journal = if args.journal.exists() {
            Some(journal_file::look(&args.journal)?)
        } else {
            None
        };
        Ok(Self {
            journal,
            clock: SystemClock::new(),
        })
    }

    /// Whether a run would not create a process for this reference.
    fn has(&self, reference: &Reference) -> Result<bool, Failure> {
        /// Environments and accounts that have a reference in common.
        const MANY: usize = 1_000;
        let Some(journal) = &self.journal else {
            return Ok(false);
        };
        let filter = EntryFilter::new()
            .with_flow(Flow::Identity)
            .with_reference(reference.clone());
        let page = journal
            .entries(&filter, None, MANY, self.clock.now())
            .map_err(|error| submit_failure::of_journal(&error))?;
        // What cannot be read is refused by a run.
        let is_unreadable = !page.unreadable().is_empty();
        Ok(is_unreadable
            || page.entries().iter().any(|entry| {
                !matches!(
                    entry.state(),
                    State::NotSent(_) | State::Resend | State::Claimed { .. }
                )
            }))
    }
}

//! `idcloud batch status`: the progress of a batch, also while it runs.
//!
//! Must not change the journal.

use std::collections::BTreeMap;
use std::io::{self, Write};

use idcloud_http::{Clock as _, SystemClock};
use serde::Serialize;

use super::print_unreadable;
use crate::batch::report::summary::Summary;
use crate::batch::run::journal_scan::count_entries;
use crate::batch::run::outcome::Outcome;
use crate::commands::batch::args::BatchStatusArgs;
use crate::failure::Failure;
use crate::failure::exit::Exit;
use crate::output::Output;
use crate::output::style::Style;
use crate::output::timestamp::rfc3339;
use crate::verify::journal_file;

/// Runs the command.
pub(super) fn run(args: &BatchStatusArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let journal = journal_file::look(&args.journal)?;
    let summary = count_entries(&journal, SystemClock::new().now())?;
    let object = Object::of(&summary);
    output
        .result(&object, |to, style| write_text(&summary, to, style))
        .map_err(|_| Failure::fault("the status could not be written to standard output"))?;
    Ok(print_unreadable(&summary, output))
}

/// The progress of a batch. Its keys are public interface.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    references: usize,
    in_flight: usize,
    unreadable: usize,
    outcomes: BTreeMap<&'static str, usize>,
    decisions: BTreeMap<&'static str, usize>,
    simulated: usize,
    first_submitted: Option<String>,
    last_changed: Option<String>,
}

impl Object {
    fn of(summary: &Summary) -> Self {
        let mut decisions = BTreeMap::new();
        for ((decision, _), count) in &summary.scenarios {
            *decisions.entry(*decision).or_default() += count;
        }
        Self {
            references: summary.total(),
            in_flight: summary.in_flight,
            unreadable: summary.unreadable,
            outcomes: Outcome::ALL
                .into_iter()
                // A journal has no invalid rows: they were never submitted.
                .filter(|outcome| *outcome != Outcome::Invalid)
                .map(|outcome| (outcome.as_str(), summary.tally.of(outcome)))
                .collect(),
            decisions,
            simulated: summary.simulated,
            first_submitted: summary.first.map(rfc3339),
            last_changed: summary.last.map(rfc3339),
        }
    }
}

fn write_text(summary: &Summary, to: &mut dyn Write, style: Style) -> io::Result<()> {
    if summary.simulated > 0 {
        write!(to, "{}: ", style.caution("SIMULATED"))?;
    }
    write!(
        to,
        "{} references: {}",
        summary.total(),
        summary.tally.sentence()
    )?;
    if summary.in_flight > 0 {
        write!(to, ", {} in flight", summary.in_flight)?;
    }
    if summary.unreadable > 0 {
        write!(to, ", {} unreadable", summary.unreadable)?;
    }
    writeln!(to)?;
    let mut facts = Vec::new();
    for ((decision, scenario), count) in &summary.scenarios {
        facts.push((*decision, format!("{count} {scenario}")));
    }
    for (code, count) in &summary.errors {
        facts.push(("error", format!("{count} with code {code}")));
    }
    facts.extend(summary.first.map(|time| ("first submitted", rfc3339(time))));
    facts.extend(summary.last.map(|time| ("last changed", rfc3339(time))));
    for (name, value) in facts {
        writeln!(to, "  {} {value}", style.dim(&format!("{name:<16}")))?;
    }
    Ok(())
}

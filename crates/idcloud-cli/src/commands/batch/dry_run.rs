//! `idcloud batch run --dry-run`: every row checked, and what a run will do and cost.
//!
//! Never sends anything, and never makes a journal.

use std::collections::BTreeMap;
use std::hash::RandomState;
use std::sync::Arc;
use std::time::SystemTime;

use idcloud_flows::Flow;
use idcloud_flows::journal::{Entry, EntryFilter, JournalKey, Page, Reference, Unreadable};
use idcloud_http::{Clock, Environment, SystemClock};
use idcloud_journal::SqliteReader;
use idcloud_model::Capability;

use super::{before_run, comparison, open, unreadable};
use crate::args::BatchRunArgs;
use crate::batch::estimate::Estimate;
use crate::batch::row::{self, Row};
use crate::batch::rows::Line;
use crate::batch::same_person::SamePerson;
use crate::batch::standing::{Comparison, Made, Standing, is_failed, is_known};
use crate::batch::told::at_line;
use crate::batch::window::Window;
use crate::commands::block_on;
use crate::config;
use crate::connection;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::journal_file;
use crate::output::Output;
use crate::settings::Settings;
use crate::submit_failure;
use crate::unreadable_entry;

/// Runs the command.
pub(super) fn run(
    args: &BatchRunArgs,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let rate = config::rate(&settings.layers).map_err(|refusal| Failure::usage(vec![refusal]))?;
    let environment = config::resolve(&settings.layers, Capability::Identity)
        .ok()
        .map(|config| config.target.environment());
    before_run::check(args, settings, environment, output)?;
    let checks = Arc::new(Checks::open(args, settings)?);
    let mut count = Count::default();
    block_on(count.rows(args, &checks, output))??;
    for note in count.people.note().into_iter().chain(checks.note(&count)) {
        // Whoever closed standard error does not want to be told.
        let _ = output.note(&note);
    }
    let estimate = Estimate::new(count.total, count.invalid, count.submitted, rate);
    output
        .result(&estimate, |to, style| estimate.write_text(to, style))
        .map_err(|_| Failure::fault("the estimate could not be written to standard output"))?;
    Ok(if count.invalid > 0 {
        Exit::RefusedHere
    } else {
        Exit::Answered
    })
}

/// An environment and an account, as they are told.
type Place = (&'static str, String);

/// How the rows stand.
#[derive(Default)]
struct Count {
    total: u64,
    invalid: u64,
    submitted: u64,
    people: SamePerson,
    /// Rows that the journal has under other environments and tenants than the run would use.
    elsewhere: BTreeMap<Place, u64>,
}

/// What a run would make of a row.
enum Checked {
    /// It would be sent.
    ToSend,
    /// The journal has its answer, or it may not be repeated.
    Submitted,
    /// It would be refused.
    Invalid(Box<Failure>),
}

impl Count {
    async fn rows(
        &mut self,
        args: &BatchRunArgs,
        checks: &Arc<Checks>,
        output: &mut Output<'_>,
    ) -> Result<(), Failure> {
        let mut rows = open(&args.input, &RandomState::new(), output)?;
        let (mut window, mut exhausted) = (Window::new(), false);
        loop {
            while !exhausted && !window.is_full() {
                let Some(line) = rows.next().map_err(unreadable)? else {
                    exhausted = true;
                    break;
                };
                if let Ok(row) = &line.row {
                    self.people.see(row.code(), line.begins);
                }
                let checks = Arc::clone(checks);
                // Reading selfies keeps threads busy.
                window.put(tokio::task::spawn_blocking(move || checks.row(line)));
            }
            let Some(checked) = window.take().await? else {
                return Ok(());
            };
            let (checked, elsewhere) = checked?;
            self.total += 1;
            for place in elsewhere {
                *self.elsewhere.entry(place).or_default() += 1;
            }
            match checked {
                Checked::ToSend => {}
                Checked::Submitted => self.submitted += 1,
                Checked::Invalid(failure) => {
                    self.invalid += 1;
                    // Whoever closed standard error does not want to be told.
                    let _ = output.failure(&failure);
                }
            }
        }
    }
}

/// What rows are checked against.
struct Checks {
    /// What the journal remembers, where there is one.
    journal: Option<SqliteReader>,
    /// One key of each environment and tenant that the journal remembers anything of.
    places: Vec<JournalKey>,
    /// Where a run would send, and as whom; nothing where the configuration does not say.
    environment: Option<Arc<Environment>>,
    comparison: Comparison,
    begin_again: bool,
    send_references: bool,
    clock: Arc<dyn Clock>,
}

/// Reads the journal once: one key of each environment and tenant in it.
fn places(journal: &SqliteReader, now: SystemTime) -> Result<Vec<JournalKey>, Failure> {
    const PAGE: usize = 1_000;
    let filter = EntryFilter::new().with_flow(Flow::Identity);
    let mut places: Vec<JournalKey> = Vec::new();
    let mut after = None;
    loop {
        let page = journal
            .entries(&filter, after.as_ref(), PAGE, now)
            .map_err(|error| submit_failure::of_journal(&error))?;
        let unreadable = page.unreadable().iter().filter_map(Unreadable::key);
        for key in page.entries().iter().map(Entry::key).chain(unreadable) {
            let is_there =
                |place: &JournalKey| place.clone().with_reference(key.reference().clone()) == *key;
            if !places.iter().any(is_there) {
                places.push(key.clone());
            }
        }
        match page.entries().last() {
            Some(entry) if page.entries().len() == PAGE => after = Some(entry.key().clone()),
            _ => return Ok(places),
        }
    }
}

impl Checks {
    fn open(args: &BatchRunArgs, settings: &Settings) -> Result<Self, Failure> {
        let journal = journal_file::look_if_there(&args.journal)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        // Only what a journal has depends on where a run would send: without one the file alone is checked.
        let environment = match config::resolve(&settings.layers, Capability::Identity) {
            Ok(config) if journal.is_some() => {
                let connection = connection::open(&config, &settings.layers, Arc::clone(&clock))?;
                Some(connection.client.environment())
            }
            _ => None,
        };
        let places = match &journal {
            Some(journal) => places(journal, clock.now())?,
            None => Vec::new(),
        };
        Ok(Self {
            journal,
            places,
            environment,
            comparison: comparison(args),
            begin_again: args.begin_again,
            send_references: args.send_references,
            clock,
        })
    }

    /// What a run would make of a row, and where else its reference is known.
    fn row(&self, line: Line) -> Result<(Checked, Vec<Place>), Failure> {
        let begins = line.begins;
        let invalid = |failure| Checked::Invalid(Box::new(at_line(begins, failure)));
        let (reference, row) = match (line.reference, line.row) {
            (Some(reference), Ok(row)) => (reference, row),
            (_, row) => {
                let refusals = row.err().unwrap_or_default();
                return Ok((invalid(Failure::refused_offline(refusals)), Vec::new()));
            }
        };
        let name = self
            .send_references
            .then(|| row::client_reference(&reference));
        let page = self.remembered(&reference)?;
        let (own, elsewhere) = self.parted(&page, reference);
        // A record that cannot be read is refused by a run as ambiguous.
        let checked = match own {
            Some(entry) => match self.met(entry, row)? {
                Standing::Own(_) if self.begin_again && is_failed(entry) => Checked::ToSend,
                Standing::Own(_) => Checked::Submitted,
                Standing::Refused(failure) => invalid(*failure),
            },
            None if !page.unreadable().is_empty() => Checked::Submitted,
            None => match self.comparison.made(row, self.clock.now()) {
                Made::Request(_) => match name {
                    Some(Err(refusal)) => invalid(Failure::refused_offline(vec![refusal])),
                    _ => Checked::ToSend,
                },
                Made::Gone(refusals) | Made::Refused(refusals) => {
                    invalid(Failure::refused_offline(refusals))
                }
            },
        };
        Ok((checked, elsewhere))
    }

    /// How the record that a run would meet stands to the row.
    fn met(&self, entry: &Entry, row: Row) -> Result<Standing, Failure> {
        if let Some(environment) = &self.environment {
            entry
                .refuse_elsewhere(environment)
                .map_err(|elsewhere| submit_failure::of_record(&elsewhere))?;
        }
        Ok(self.comparison.of(entry, row))
    }

    /// Everything under a reference, whoever submitted it. Asks for whole keys: those are found in an index.
    fn remembered(&self, reference: &Reference) -> Result<Page, Failure> {
        let Some(journal) = &self.journal else {
            return Ok(Page::default());
        };
        let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
        for place in &self.places {
            let key = place.clone().with_reference(reference.clone());
            match journal.entry(&key, self.clock.now()) {
                Ok(entry) => entries.extend(entry),
                Err(error) if unreadable_entry::of_submission(&error).is_some() => {
                    unreadable.push(Unreadable::new(Some(key), error.kind()));
                }
                Err(error) => return Err(submit_failure::of_journal(&error)),
            }
        }
        Ok(Page::new(entries, unreadable))
    }

    /// The record that a run would meet, and where else there is one. Where the configuration does not say who would
    /// run, any record is met.
    fn parted<'a>(&self, page: &'a Page, reference: Reference) -> (Option<&'a Entry>, Vec<Place>) {
        let key = self
            .environment
            .as_ref()
            .map(|environment| JournalKey::new(environment, Flow::Identity, reference));
        let (own, others): (Vec<_>, Vec<_>) = page
            .entries()
            .iter()
            .filter(|entry| is_known(entry))
            .partition(|entry| key.as_ref().is_some_and(|key| is_met(key, entry)));
        let met = match &key {
            Some(_) => own.first().copied(),
            None => others.first().copied(),
        };
        let place = |entry: &&Entry| {
            let (key, origin) = (entry.key(), entry.record().origin());
            let at = origin.map_or_else(String::new, |origin| format!(" at {origin}"));
            (
                key.environment().as_str(),
                format!("tenant {}{at}", key.tenant_id()),
            )
        };
        (met, others.iter().map(place).collect())
    }

    /// What is said of records under other environments and tenants.
    fn note(&self, count: &Count) -> Option<String> {
        if count.elsewhere.is_empty() {
            return None;
        }
        let places: Vec<String> = count
            .elsewhere
            .iter()
            .map(|((environment, tenant), rows)| format!("{rows} for {environment}, {tenant}"))
            .collect();
        let places = places.join("; ");
        Some(match &self.environment {
            Some(environment) => format!(
                "note: the journal has rows of this input that this configuration ({}, tenant {}) does not answer for and a run sends anew: {places}",
                environment.name().as_str(),
                environment.account().tenant_id()
            ),
            None => format!(
                "note: the configuration does not say where a run would send; the journal has rows of this input: {places}"
            ),
        })
    }
}

/// Whether a run with this key meets this record: also one of an earlier version that does not say where it was submitted.
fn is_met(key: &JournalKey, entry: &Entry) -> bool {
    let unnamed = entry.record().origin().is_none();
    key == entry.key() || (unnamed && key.without_origin().as_ref() == Some(entry.key()))
}

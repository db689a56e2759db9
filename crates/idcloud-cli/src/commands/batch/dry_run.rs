//! `idcloud batch run --dry-run`: checks every row, and reports what a run would do and cost.
//!
//! Must not send anything, nor create a journal.

use std::hash::RandomState;
use std::sync::Arc;
use std::time::SystemTime;

use idcloud_flows::Flow;
use idcloud_flows::journal::{Entry, EntryFilter, JournalKey, Page, Reference, State, Unreadable};
use idcloud_http::{Clock, Environment, SystemClock};
use idcloud_model::Capability;
use idcloud_sqlite::SqliteReader;

use super::before_run;
use super::before_run::Destination;
use super::{comparison, open, unreadable};
use crate::batch::input::row::{self, Row};
use crate::batch::input::rows::Line;
use crate::batch::input::same_person::SamePerson;
use crate::batch::run::estimate::{Counted, LOOKUPS_EACH};
use crate::batch::run::outcome::{Outcome, Tally};
use crate::batch::run::row_errors::at_line;
use crate::batch::run::standing::{Comparison, Made, Standing, is_failed, is_known};
use crate::batch::run::submit_row::of_process;
use crate::batch::run::window::Window;
use crate::commands::batch::args::BatchRunArgs;
use crate::commands::block_on;
use crate::config;
use crate::config::connection;
use crate::config::settings::Settings;
use crate::failure::Failure;
use crate::failure::exit::Exit;
use crate::failure::journal;
use crate::failure::submit;
use crate::input::selfie;
use crate::output::Output;
use crate::verify::journal_file;

/// Runs the command.
pub(super) fn run(
    args: &BatchRunArgs,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let rate = config::rate(&settings.layers).map_err(|refusal| Failure::usage(vec![refusal]))?;
    let config = config::resolve(&settings.layers, Capability::Identity).ok();
    let results = before_run::results(args, settings)?;
    let name = config.as_ref().map(|config| config.target.environment());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let journal = journal_file::look_if_there(&args.journal)?;
    // The journal's answer depends on the environment. Without a journal only the file is checked.
    let environment = match &config {
        Some(config) if journal.is_some() => {
            let connection = connection::open(config, &settings.layers, Arc::clone(&clock))?;
            Some(connection.client.environment())
        }
        _ => None,
    };
    let destination = Destination {
        name,
        environment: environment.as_deref(),
    };
    before_run::recollect(args, journal.as_ref(), results, destination, output)?;
    let checks = Arc::new(Checks::open(args, journal, environment, clock)?);
    let mut count = Count::default();
    block_on(count.rows(args, &checks, output))??;
    if let Some(note) = count.people.note() {
        // A closed standard error is the caller's choice: continue without the note.
        let _ = output.note(&note);
    }
    let estimate = count.rows.estimate(rate);
    output
        .result(&estimate, |to, style| estimate.write_text(to, style))
        .map_err(|_| Failure::fault("the estimate could not be written to standard output"))?;
    Ok(count
        .certain
        .gravest()
        .map_or(Exit::Answered, Outcome::exit))
}

/// The counted rows.
#[derive(Default)]
struct Count {
    rows: Counted,
    /// Rows whose outcome does not depend on IDCloud's answers.
    certain: Tally,
    people: SamePerson,
}

/// What a run would do with a row.
enum Checked {
    /// It would be sent.
    ToSend,
    /// The journal has its end, and a run sends no request.
    Known(Outcome),
    /// The journal has this outcome; a run would send the row again, but this failure prevents it.
    Kept(Outcome, Box<Failure>),
    /// A run would poll it, with at least and at most this many requests.
    ToLookUp(u64, u64),
    /// A run would refuse it.
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
                // Reading selfies blocks threads.
                window.put(tokio::task::spawn_blocking(move || checks.row(line)));
            }
            let Some(checked) = window.take().await? else {
                return Ok(());
            };
            self.rows.rows += 1;
            match checked? {
                Checked::ToSend => {}
                Checked::Known(outcome) => {
                    self.rows.submitted += 1;
                    self.rows.ambiguous += u64::from(outcome == Outcome::Ambiguous);
                    self.certain.count(outcome);
                }
                Checked::Kept(outcome, failure) => {
                    self.rows.submitted += 1;
                    self.certain.count(outcome);
                    // A closed standard error is the caller's choice: continue without the message.
                    let _ = output.failure(&failure);
                }
                Checked::ToLookUp(least, most) => {
                    self.rows.submitted += 1;
                    self.rows.pending += 1;
                    self.rows.lookups_at_least += least;
                    self.rows.lookups_at_most += most;
                }
                Checked::Invalid(failure) => {
                    self.rows.invalid += 1;
                    self.certain.count(Outcome::Invalid);
                    // A closed standard error is the caller's choice: continue without the message.
                    let _ = output.failure(&failure);
                }
            }
        }
    }
}

/// The inputs of the checks.
struct Checks {
    /// The journal, if there is one.
    journal: Option<SqliteReader>,
    /// One key of each environment and tenant in the journal.
    places: Vec<JournalKey>,
    /// The environment and account of a run; `None` if the configuration does not name them.
    environment: Option<Arc<Environment>>,
    comparison: Comparison,
    begin_again: bool,
    send_references: bool,
    /// Whether a run waits for pending processes.
    waits: bool,
    clock: Arc<dyn Clock>,
}

/// Scans the journal once, and returns one key of each environment and tenant in it.
fn places(journal: &SqliteReader, now: SystemTime) -> Result<Vec<JournalKey>, Failure> {
    const PAGE: usize = 1_000;
    let filter = EntryFilter::new().with_flow(Flow::Identity);
    let mut places: Vec<JournalKey> = Vec::new();
    let mut after = None;
    loop {
        let page = journal
            .entries(&filter, after.as_ref(), PAGE, now)
            .map_err(|error| submit::of_journal(&error))?;
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
    fn open(
        args: &BatchRunArgs,
        journal: Option<SqliteReader>,
        environment: Option<Arc<Environment>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
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
            waits: !args.wait.is_zero(),
            clock,
        })
    }

    /// What a run would do with a row.
    fn row(&self, line: Line) -> Result<Checked, Failure> {
        let begins = line.begins;
        let invalid = |failure| Checked::Invalid(Box::new(at_line(begins, failure)));
        let (reference, row) = match (line.reference, line.row) {
            (Some(reference), Ok(row)) => (reference, row),
            (_, row) => {
                let refusals = row.err().unwrap_or_default();
                return Ok(invalid(Failure::refused_offline(refusals)));
            }
        };
        let name = self
            .send_references
            .then(|| row::client_reference(&reference).map_err(|refusal| vec![refusal]));
        let page = self.remembered(&reference)?;
        let may_begin_again = |entry| self.begin_again && is_failed(entry);
        Ok(match self.own(&page, reference) {
            Some(entry) => match self.met(entry, row)? {
                // The selfie is needed: to send it, or to compare it with the process that a person
                // found.
                Standing::Own(Some(request))
                    if may_begin_again(entry) || entry.record().is_found() =>
                {
                    match selfie::verify(request.selfie()).and(name.transpose()) {
                        Err(refusals) => {
                            let failure = Failure::refused_offline(refusals);
                            Checked::Kept(kept(entry), Box::new(at_line(begins, failure)))
                        }
                        Ok(_) if may_begin_again(entry) => Checked::ToSend,
                        Ok(_) => self.known(entry, true),
                    }
                }
                Standing::Own(request) => self.known(entry, request.is_some()),
                Standing::Refused(failure) => invalid(*failure),
            },
            // A run refuses an unreadable record as ambiguous.
            None if !page.unreadable().is_empty() => Checked::Known(Outcome::Ambiguous),
            None => match self.comparison.made(row, self.clock.now()) {
                Made::Request(_) => match name {
                    Some(Err(refusals)) => invalid(Failure::refused_offline(refusals)),
                    _ => Checked::ToSend,
                },
                Made::Gone(refusals) | Made::Refused(refusals) => {
                    invalid(Failure::refused_offline(refusals))
                }
            },
        })
    }

    /// What a run would do with a row whose record is its own.
    fn known(&self, entry: &Entry, has_selfie: bool) -> Checked {
        // A process that a person found is looked up, to compare it with the row's person.
        let compared = u64::from(entry.record().is_found() && has_selfie);
        match entry.state() {
            State::Pending(_) if self.waits => {
                Checked::ToLookUp(1 + compared, LOOKUPS_EACH + compared)
            }
            State::Pending(_) => Checked::ToLookUp(compared, compared),
            State::Finished(finished) if compared > 0 && !finished.is_failed() => {
                Checked::ToLookUp(1, 1)
            }
            State::Finished(finished) => Checked::Known(of_process(finished.is_failed())),
            // A process may exist, so the row is not repeated.
            _ => Checked::Known(Outcome::Ambiguous),
        }
    }

    /// Compares the row with the record that a run would find.
    fn met(&self, entry: &Entry, row: Row) -> Result<Standing, Failure> {
        if let Some(environment) = &self.environment {
            entry
                .refuse_elsewhere(environment)
                .map_err(|elsewhere| submit::of_record(&elsewhere))?;
        }
        Ok(self.comparison.of(entry, row))
    }

    /// All records under a reference, from any run. Queries by whole keys, which use the index.
    fn remembered(&self, reference: &Reference) -> Result<Page, Failure> {
        let Some(journal) = &self.journal else {
            return Ok(Page::default());
        };
        let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
        for place in &self.places {
            let key = place.clone().with_reference(reference.clone());
            match journal.entry(&key, self.clock.now()) {
                Ok(entry) => entries.extend(entry),
                Err(error) if journal::of_submission(&error).is_some() => {
                    unreadable.push(Unreadable::new(Some(key), error.kind()));
                }
                Err(error) => return Err(submit::of_journal(&error)),
            }
        }
        Ok(Page::new(entries, unreadable))
    }

    /// The record that a run would find. If the configuration does not name the run's place, any
    /// record counts.
    fn own<'a>(&self, page: &'a Page, reference: Reference) -> Option<&'a Entry> {
        let key = self
            .environment
            .as_ref()
            .map(|environment| JournalKey::new(environment, Flow::Identity, reference));
        let mut known = page.entries().iter().filter(|entry| is_known(entry));
        known.find(|entry| key.as_ref().is_none_or(|key| is_met(key, entry)))
    }
}

/// The outcome in the results of a row that is not sent again.
fn kept(entry: &Entry) -> Outcome {
    match entry.state() {
        State::Finished(finished) => of_process(finished.is_failed()),
        State::Pending(_) => Outcome::Pending,
        _ => Outcome::Ambiguous,
    }
}

/// Whether a run with this key would find this record. It also finds records of an earlier version,
/// which do not have the address.
fn is_met(key: &JournalKey, entry: &Entry) -> bool {
    let unnamed = entry.record().origin().is_none();
    key == entry.key() || (unnamed && key.without_origin().as_ref() == Some(entry.key()))
}

//! Compares an input with the journal and with the results at the output path, before anything is
//! sent.
//!
//! Must not accept a journal that is new, foreign or older than the results without a word: rows
//! would be paid twice.

use std::path::Path;
use std::time::SystemTime;

use idcloud_flows::Flow;
use idcloud_flows::journal::{Entry, EntryFilter, JournalKey, Reference, State};
use idcloud_http::Environment;
use idcloud_model::ProcessId;
use idcloud_sqlite::SqliteReader;

use crate::batch::input::references::{Hashes, References};
use crate::batch::input::row;
use crate::batch::input::source::{Form, Source};
use crate::batch::results::earlier_results::{self, EarlierResult};
use crate::batch::run::elsewhere::{Elsewhere, is_at};
use crate::batch::run::recover;
use crate::batch::run::standing::is_known;
use crate::failure::journal;
use crate::failure::submit;
use crate::failure::{Failure, Refusal};

/// The sources to compare, and the place of the run.
pub(crate) struct Looked<'a> {
    pub(crate) input: &'a Path,
    pub(crate) references: &'a References,
    /// `None` if there is no journal yet.
    pub(crate) journal: Option<&'a SqliteReader>,
    /// Results of an earlier run, if there are any.
    pub(crate) results: Option<(&'a Path, Form)>,
    /// The name of the run's environment: results of another environment do not count. `None` if it
    /// is not known.
    pub(crate) environment: Option<&'static str>,
    /// The run's environment and tenant: the journal's records for others do not count. `None` if
    /// they are not known.
    pub(crate) place: Option<&'a Environment>,
    /// Whether the caller allows rows of the results to be submitted again.
    pub(crate) accepts_new_journal: bool,
    pub(crate) now: SystemTime,
}

/// How well the journal knows the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recollection {
    /// It has no onboarding at all.
    New,
    /// It has others, but none of the input.
    Foreign,
    /// It has some of the input.
    Known,
}

impl Recollection {
    /// The note for the caller.
    const fn note(self) -> Option<&'static str> {
        match self {
            Self::New => Some("note: the journal is new: every row of this input is new to it"),
            Self::Foreign => Some(
                "note: the journal has rows of other inputs and none of this one: every row is new to it, and will be submitted",
            ),
            Self::Known => None,
        }
    }
}

/// The result of a comparison that refuses nothing.
#[derive(Debug)]
pub(crate) struct Recollected {
    recollection: Recollection,
    elsewhere: Option<String>,
    /// The processes that the results name for rows whose end the journal does not have.
    pub(crate) named: Vec<(Reference, ProcessId)>,
}

impl Recollected {
    /// The notes that are printed before anything is sent.
    pub(crate) fn notes(&self) -> impl Iterator<Item = &str> {
        let recollection = self.recollection.note();
        recollection.into_iter().chain(self.elsewhere.as_deref())
    }
}

impl Looked<'_> {
    /// Compares the three.
    ///
    /// # Errors
    /// The results have submitted rows that the journal does not have; references differ from the
    /// journal's or the results' only by leading zeros; or one of the three cannot be read.
    pub(crate) fn compare(&self) -> Result<Recollected, Failure> {
        let remembered = self.remembered()?;
        self.refuse_stripped(&remembered.stripped, &remembered.known, "the journal knows")?;
        let mut result_rows = ResultRows::default();
        if let Some((path, form)) = self.results {
            earlier_results::read(path, form, |row| {
                self.see(&row, &remembered, &mut result_rows)
            })?;
        }
        if !self.accepts_new_journal {
            let known = Hashes::new(std::mem::take(&mut result_rows.known));
            let stripped = Hashes::new(std::mem::take(&mut result_rows.stripped));
            self.refuse_stripped(&stripped, &known, "the results in --output tell of")?;
            if result_rows.lost > 0 {
                return Err(refused(lost(result_rows.lost, &remembered.elsewhere)));
            }
        }
        let recollection = match (remembered.count, remembered.known.is_empty()) {
            (0, _) => Recollection::New,
            (_, true) => Recollection::Foreign,
            (_, false) => Recollection::Known,
        };
        Ok(Recollected {
            recollection,
            elsewhere: remembered.elsewhere.note(self.place),
            named: result_rows.named,
        })
    }

    fn remembered(&self) -> Result<Remembered, Failure> {
        let (mut count, mut elsewhere) = (0, Elsewhere::default());
        let (mut own, mut known, mut stripped) = (Vec::new(), Vec::new(), Vec::new());
        // Once, and not for each of a million rows.
        let place = self
            .place
            .map(|place| EntryFilter::new().with_tenant_of(place));
        if let Some(journal) = self.journal {
            journal
                .listed(Flow::Identity, &mut |listed| {
                    count += 1;
                    let hash = self.references.hash(listed.reference);
                    if self.references.has(hash) {
                        known.push(hash);
                        if place.as_ref().is_some_and(|own| is_at(&listed, own)) {
                            own.push(hash);
                        } else {
                            elsewhere.see(&listed);
                        }
                    } else if let Some(bare) = self.references.hash_of_bare(listed.reference)
                        && self.references.has_bare(bare)
                    {
                        stripped.push(bare);
                    }
                })
                .map_err(|error| submit::of_journal(&error))?;
        }
        Ok(Remembered {
            count,
            own: Hashes::new(own),
            known: Hashes::new(known),
            stripped: Hashes::new(stripped),
            elsewhere,
        })
    }

    /// Refuses an input with a row that is known under a reference with more or fewer leading
    /// zeros, and not under its own.
    fn refuse_stripped(
        &self,
        stripped: &Hashes,
        known: &Hashes,
        by_whom: &str,
    ) -> Result<(), Failure> {
        if stripped.is_empty() {
            return Ok(());
        }
        let mut source = Source::open(self.input).map_err(Failure::usage)?;
        while let Some(entry) = source.next().map_err(refused)? {
            let Ok(reference) = row::reference(&entry.fields) else {
                continue;
            };
            let reference = reference.as_str();
            let bare = self.references.hash_of_bare(reference);
            if bare.is_some_and(|bare| stripped.has(bare))
                && !known.has(self.references.hash(reference))
            {
                return Err(refused(Refusal::new(
                    format!("line {}, reference", entry.line),
                    format!("differs by leading zeros alone from one that {by_whom}"),
                    "format the column as text, and give each reference as it was submitted; another row needs a reference that differs by more",
                )));
            }
        }
        Ok(())
    }

    /// Compares one row of the results.
    fn see(
        &self,
        row: &EarlierResult,
        remembered: &Remembered,
        result_rows: &mut ResultRows,
    ) -> Result<(), Failure> {
        let Some(text) = row.reference() else {
            return Ok(());
        };
        if !row.was_submitted() || row.is_elsewhere(self.environment) {
            return Ok(());
        }
        let hash = self.references.hash(text);
        if !self.references.has(hash) {
            let bare = self.references.hash_of_bare(text);
            result_rows
                .stripped
                .extend(bare.filter(|bare| self.references.has_bare(*bare)));
            return Ok(());
        }
        result_rows.known.push(hash);
        match self.standing(text, hash, remembered)? {
            Standing::Unknown => result_rows.lost += 1,
            Standing::Known => {}
            Standing::Remembered(entry) if !stands_behind(&entry, row) => result_rows.lost += 1,
            Standing::Remembered(entry) => {
                if let Some(id) = row.process_id()
                    && is_without_end(&entry)
                    && !entry.record().holds(&id)
                    // IDCloud was asked for this process and does not know it: a person has to
                    // settle the row.
                    && entry.record().doubted() != Some(&id)
                {
                    result_rows
                        .named
                        .push((entry.key().reference().clone(), id));
                }
            }
        }
        Ok(())
    }

    /// The journal's record of a row of the results, as the run would find it.
    fn standing(
        &self,
        reference: &str,
        hash: u64,
        remembered: &Remembered,
    ) -> Result<Standing, Failure> {
        let Some(place) = self.place else {
            // Without a configured place, a record of any place counts.
            return Ok(if remembered.known.has(hash) {
                Standing::Known
            } else {
                Standing::Unknown
            });
        };
        let (Some(journal), true) = (self.journal, remembered.own.has(hash)) else {
            return Ok(Standing::Unknown);
        };
        let Ok(reference) = reference.parse::<Reference>() else {
            return Ok(Standing::Unknown);
        };
        let key = JournalKey::new(place, Flow::Identity, reference);
        for key in key.without_origin().into_iter().chain([key]).rev() {
            match journal.entry(&key, self.now) {
                Ok(Some(entry)) => return Ok(Standing::Remembered(Box::new(entry))),
                Ok(None) => {}
                // The run refuses an unreadable record as ambiguous.
                Err(error) if journal::of_submission(&error).is_some() => {
                    return Ok(Standing::Known);
                }
                Err(error) => return Err(submit::of_journal(&error)),
            }
        }
        Ok(Standing::Unknown)
    }
}

struct Remembered {
    /// How many onboardings the journal has.
    count: u64,
    /// Rows of the input that a run would find.
    own: Hashes,
    /// Rows of the input that the journal has from any run.
    known: Hashes,
    /// Records that match a row of the input except for leading zeros.
    stripped: Hashes,
    /// Rows of the input that a run would not find.
    elsewhere: Elsewhere,
}

/// The submitted rows of the results.
#[derive(Default)]
struct ResultRows {
    /// Rows of the input.
    known: Vec<u64>,
    /// Rows that match a row of the input except for leading zeros.
    stripped: Vec<u64>,
    /// How many rows of the input the journal contradicts or does not have.
    lost: u64,
    named: Vec<(Reference, ProcessId)>,
}

/// The journal's record under a reference.
enum Standing {
    /// No record.
    Unknown,
    /// A record that keeps the row from being sent.
    Known,
    /// A record.
    Remembered(Box<Entry>),
}

/// Whether the journal's record agrees with a submitted row of the results. The results say that
/// the row was sent, so a record that is free to send needs a reason: a person settled an ambiguous
/// row since, or the other program that had the row in flight never sent it.
fn stands_behind(entry: &Entry, row: &EarlierResult) -> bool {
    match entry.state() {
        State::Resend => row.was_in_doubt(),
        _ => is_known(entry) || row.was_in_flight(),
    }
}

/// Whether the journal lacks the end of a sent row. An attempt of another program is for that
/// program to end.
fn is_without_end(entry: &Entry) -> bool {
    match entry.state() {
        State::Ambiguous => true,
        State::Dispatched { owner, .. } => *owner == recover::owner(),
        _ => false,
    }
}

fn lost(rows: u64, elsewhere: &Elsewhere) -> Refusal {
    let known = elsewhere
        .sentence()
        .map_or_else(String::new, |places| format!(" (it has {places})"));
    Refusal::new(
        "--journal",
        format!(
            "does not know {rows} rows of this input that the results in --output tell of as submitted{known}"
        ),
        "name the earlier run's journal with --journal, and use the same tenant and address; with --new-journal these rows are submitted, and billed, again",
    )
}

fn refused(refusal: Refusal) -> Failure {
    Failure::usage(vec![refusal])
}

//! What the journal, and the results that stand where the output goes, know of an input, before anything is sent.
//!
//! Never takes a memory that is new, foreign or older than the results for a first start in silence: what was paid is paid again then.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use idcloud_flows::Flow;
use idcloud_journal::SqliteReader;
use serde::Deserialize;

use super::outcome::Outcome;
use super::references::{Hashes, References};
use super::row;
use super::source::{Form, Source};
use crate::failure::{Failure, Refusal};
use crate::submit_failure;

/// What is looked at.
pub(crate) struct Looked<'a> {
    pub(crate) input: &'a Path,
    pub(crate) references: &'a References,
    /// Nothing where there is none yet.
    pub(crate) journal: Option<&'a SqliteReader>,
    /// Results of an earlier run, where there are some.
    pub(crate) results: Option<(&'a Path, Form)>,
    /// Where rows will be sent; results of another environment say nothing of this one. Nothing where it is not known.
    pub(crate) environment: Option<&'static str>,
    /// Whether the person has said that rows of the results may be submitted again.
    pub(crate) accepts_new_journal: bool,
}

/// How well the journal knows the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recollection {
    /// It remembers no onboarding at all.
    New,
    /// It remembers others, and none of the input.
    Foreign,
    /// It remembers some of the input.
    Known,
}

impl Recollection {
    /// What a person is told.
    pub(crate) const fn note(self) -> Option<&'static str> {
        match self {
            Self::New => Some("note: the journal is new: every row of this input is new to it"),
            Self::Foreign => Some(
                "note: the journal remembers other rows, and none of this input: every row is new to it",
            ),
            Self::Known => None,
        }
    }
}

impl Looked<'_> {
    /// Compares the three.
    ///
    /// # Errors
    /// The results tell of rows that the journal does not know; references differ from the journal's by leading zeros alone; or one of
    /// the three cannot be read.
    pub(crate) fn compare(&self) -> Result<Recollection, Failure> {
        let remembered = self.remembered()?;
        let refused = |refusal| Failure::usage(vec![refusal]);
        if !remembered.stripped.is_empty() {
            self.refuse_stripped(&remembered).map_err(refused)?;
        }
        if !self.accepts_new_journal
            && let Some((path, form)) = self.results
        {
            let unknown = results(path, form, |result| self.is_unknown(result, &remembered))
                .map_err(refused)?;
            if unknown > 0 {
                return Err(refused(Refusal::new(
                    "--journal",
                    format!(
                        "does not know {unknown} rows of this input that the results in --output tell of as submitted"
                    ),
                    "name the journal of that run; with --new-journal these rows are submitted, and billed, again",
                )));
            }
        }
        Ok(match (remembered.count, remembered.known.is_empty()) {
            (0, _) => Recollection::New,
            (_, true) => Recollection::Foreign,
            (_, false) => Recollection::Known,
        })
    }

    fn remembered(&self) -> Result<Remembered, Failure> {
        let (mut count, mut known, mut stripped) = (0, Vec::new(), Vec::new());
        if let Some(journal) = self.journal {
            let mut each = |reference: &str| {
                count += 1;
                let hash = self.references.hash(reference);
                if self.references.has(hash) {
                    known.push(hash);
                } else if let Some(bare) = self.references.hash_of_bare(reference)
                    && self.references.has_bare(bare)
                {
                    stripped.push(bare);
                }
            };
            journal
                .references(Flow::Identity, &mut each)
                .map_err(|error| submit_failure::of_journal(&error))?;
        }
        Ok(Remembered {
            count,
            known: Hashes::new(known),
            stripped: Hashes::new(stripped),
        })
    }

    /// Refuses an input with a row that the journal knows under a reference with more or fewer leading zeros.
    fn refuse_stripped(&self, remembered: &Remembered) -> Result<(), Refusal> {
        let unreadable = |refusals: Vec<Refusal>| {
            let none = || Refusal::new("INPUT", "cannot be read", "check the file");
            refusals.into_iter().next().unwrap_or_else(none)
        };
        let mut source = Source::open(self.input).map_err(unreadable)?;
        while let Some(entry) = source.next()? {
            let Ok(reference) = row::reference(&entry.fields) else {
                continue;
            };
            let reference = reference.as_str();
            let bare = self.references.hash_of_bare(reference);
            if bare.is_some_and(|bare| remembered.stripped.has(bare))
                && !remembered.known.has(self.references.hash(reference))
            {
                return Err(Refusal::new(
                    format!("line {}, reference", entry.line),
                    "differs by leading zeros alone from one that the journal knows",
                    "format the column as text, and give each reference as it was submitted; another row needs a reference that differs by more",
                ));
            }
        }
        Ok(())
    }

    /// Whether a result tells of a row of this input that was submitted, and that the journal does not know.
    fn is_unknown(&self, result: &Told, remembered: &Remembered) -> bool {
        let Some(reference) = &result.reference else {
            return false;
        };
        let hash = self.references.hash(reference);
        let is_elsewhere = match (&result.environment, self.environment) {
            (Some(told), Some(environment)) => !told.is_empty() && told != environment,
            _ => false,
        };
        !is_elsewhere
            && was_submitted(&result.outcome)
            && self.references.has(hash)
            && !remembered.known.has(hash)
    }
}

struct Remembered {
    /// How many onboardings the journal remembers.
    count: u64,
    /// Those of the input.
    known: Hashes,
    /// Those that are in the input but for leading zeros.
    stripped: Hashes,
}

/// Whether a process exists, or may exist, for a row with this outcome.
fn was_submitted(outcome: &str) -> bool {
    [
        Outcome::Done,
        Outcome::Failed,
        Outcome::Pending,
        Outcome::Ambiguous,
    ]
    .iter()
    .any(|submitted| submitted.as_str() == outcome)
}

/// What is looked at of a row of results.
#[derive(Default, Deserialize)]
struct Told {
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    environment: Option<String>,
}

/// How many rows of results are such. Lines that are no results are passed over: a person may have written them.
fn results(
    path: &Path,
    form: Form,
    mut is_such: impl FnMut(&Told) -> bool,
) -> Result<u64, Refusal> {
    let unreadable = || {
        Refusal::new(
            "--output",
            "names results that cannot be read",
            "name another file, or allow yourself to read this one",
        )
    };
    let mut count = 0;
    match form {
        Form::Csv => {
            let mut reader = csv::ReaderBuilder::new()
                .flexible(true)
                .from_path(path)
                .map_err(|_| unreadable())?;
            for row in reader.deserialize::<Told>() {
                match row {
                    Ok(row) => count += u64::from(is_such(&row)),
                    Err(error) if error.is_io_error() => return Err(unreadable()),
                    Err(_) => {}
                }
            }
        }
        Form::JsonLines => {
            let file = std::fs::File::open(path).map_err(|_| unreadable())?;
            for line in BufReader::new(file).split(b'\n') {
                let line = line.map_err(|_| unreadable())?;
                if let Ok(row) = serde_json::from_slice::<Told>(&line) {
                    count += u64::from(is_such(&row));
                }
            }
        }
    }
    Ok(count)
}

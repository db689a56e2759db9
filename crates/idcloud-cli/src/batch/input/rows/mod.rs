//! The rows of a batch, each with its place in the input and the reference that nobody had before it.
//!
//! Must not take a reference twice, and keeps eight bytes of each.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;

use idcloud_flows::journal::Reference;

use crate::batch::input::row::{self, Row};
use crate::batch::input::source::{Entry, Source};
use crate::batch::input::version::Version;
use crate::failure::Refusal;

/// One row of the input.
pub(crate) struct Line {
    /// Its place among the rows, from 0.
    pub(crate) index: usize,
    /// The line that it begins on, from 1.
    pub(crate) begins: u64,
    /// A keyed hash of all that stands in it: the same row has it again when the input is read once more in this run.
    pub(crate) identity: u64,
    /// Its reference, where it has one that may be shown.
    pub(crate) reference: Option<Reference>,
    /// What it asks for, or every rule that it breaks.
    pub(crate) row: Result<Row, Vec<Refusal>>,
}

/// Reads an input from its beginning.
pub(crate) struct Rows {
    source: Source,
    next: usize,
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Rows {
    /// Opens the input. Readings with one `hasher` know the rows of each other again.
    ///
    /// # Errors
    /// As for [`Source::open`].
    pub(crate) fn open(path: &Path, hasher: &RandomState) -> Result<Self, Vec<Refusal>> {
        Ok(Self {
            source: Source::open(path)?,
            next: 0,
            seen: HashSet::new(),
            hasher: hasher.clone(),
        })
    }

    /// Which columns of the header are not read, counted from 1.
    pub(crate) fn ignored(&self) -> Vec<usize> {
        self.source.ignored()
    }

    /// What the file was when it was opened.
    pub(crate) const fn version(&self) -> &Version {
        self.source.version()
    }

    /// The next row, or nothing at the end.
    ///
    /// # Errors
    /// The file cannot be read any further.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, Refusal> {
        let Some(entry) = self.source.next()? else {
            return Ok(None);
        };
        let index = self.next;
        self.next += 1;
        let Entry { fields, broken, .. } = entry;
        let identity = self.hasher.hash_one((&fields, broken.is_some()));
        let (reference, row) = match (row::reference(&fields), broken) {
            (Err(_), Some(broken)) => (None, Err(vec![broken])),
            (Err(refusal), None) => (None, Err(with(refusal, Row::read(fields)))),
            (Ok(reference), broken) if !self.is_new(&reference) => {
                let repeated = Refusal::new(
                    "reference",
                    "stands in an earlier row",
                    "give each row a reference of its own, or take the row out",
                );
                (
                    Some(reference),
                    Err(std::iter::once(repeated).chain(broken).collect()),
                )
            }
            (Ok(reference), Some(broken)) => (Some(reference), Err(vec![broken])),
            (Ok(reference), None) => (Some(reference), Row::read(fields)),
        };
        Ok(Some(Line {
            index,
            begins: entry.line,
            identity,
            reference,
            row,
        }))
    }

    /// Eight keyed bytes of a million references collide once in 40 million files.
    fn is_new(&mut self, reference: &Reference) -> bool {
        self.seen.insert(self.hasher.hash_one(reference.as_str()))
    }
}

/// A refusal, and those that the rest of the row deserves.
fn with(refusal: Refusal, row: Result<Row, Vec<Refusal>>) -> Vec<Refusal> {
    let mut refusals = vec![refusal];
    refusals.extend(row.err().into_iter().flatten());
    refusals
}

#[cfg(test)]
mod tests;

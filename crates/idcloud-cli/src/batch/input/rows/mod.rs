//! The rows of a batch, each with its position in the input and a reference that no earlier row
//! has.
//!
//! Must not accept a reference twice. Keeps eight bytes of each.

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
    /// Its position among the rows, from 0.
    pub(crate) index: usize,
    /// The line on which it begins, from 1.
    pub(crate) begins: u64,
    /// A keyed hash of the whole row: the same row has the same hash when this run reads the input
    /// again.
    pub(crate) identity: u64,
    /// Its reference, if it has one that may be shown.
    pub(crate) reference: Option<Reference>,
    /// The request that it describes, or every rule that it breaks.
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
    /// Opens the input. Rows that are read with the same `hasher` have comparable identities.
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

    /// The positions of columns of the header that are not read, counted from 1.
    pub(crate) fn ignored(&self) -> Vec<usize> {
        self.source.ignored()
    }

    /// The version of the file when it was opened.
    pub(crate) const fn version(&self) -> &Version {
        self.source.version()
    }

    /// The next row, or `None` at the end.
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

    /// Keyed hashes of eight bytes: a million references collide once in 40 million files.
    fn is_new(&mut self, reference: &Reference) -> bool {
        self.seen.insert(self.hasher.hash_one(reference.as_str()))
    }
}

/// A refusal, followed by those of the rest of the row.
fn with(refusal: Refusal, row: Result<Row, Vec<Refusal>>) -> Vec<Refusal> {
    let mut refusals = vec![refusal];
    refusals.extend(row.err().into_iter().flatten());
    refusals
}

#[cfg(test)]
mod tests;

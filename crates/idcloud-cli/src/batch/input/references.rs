//! The references of an input, for looking others up among them.
//!
//! Must not keep a reference: eight keyed bytes of each, and eight more where leading zeros may have been lost.

use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;

use crate::batch::input::row;
use crate::batch::input::source::Source;
use crate::failure::Refusal;

/// Keyed hashes of references. Those of a million collide once in 40 million files.
#[derive(Debug, Default)]
pub(crate) struct References {
    hasher: RandomState,
    /// Sorted.
    whole: Vec<u64>,
    /// Without their leading zeros, of those that are digits alone. Sorted.
    bare: Vec<u64>,
}

/// A set of references, by their hashes. Sorted.
#[derive(Debug, Default)]
pub(crate) struct Hashes(Vec<u64>);

impl Hashes {
    /// Puts hashes in order.
    pub(crate) fn new(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        Self(hashes)
    }

    pub(crate) fn has(&self, hash: u64) -> bool {
        self.0.binary_search(&hash).is_ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl References {
    /// Reads an input to its end.
    ///
    /// # Errors
    /// It cannot be read to its end.
    pub(crate) fn read(input: &Path) -> Result<Self, Vec<Refusal>> {
        let mut source = Source::open(input)?;
        let mut references = Self::default();
        while let Some(entry) = source.next().map_err(|refusal| vec![refusal])? {
            if let Ok(reference) = row::reference(&entry.fields) {
                references.put(reference.as_str());
            }
        }
        references.whole.sort_unstable();
        references.bare.sort_unstable();
        Ok(references)
    }

    fn put(&mut self, reference: &str) {
        self.whole.push(self.hash(reference));
        self.bare.extend(self.hash_of_bare(reference));
    }

    /// The hash that stands for a reference.
    pub(crate) fn hash(&self, reference: &str) -> u64 {
        self.hasher.hash_one(reference)
    }

    /// The hash that stands for a reference as a spreadsheet leaves it: digits without leading zeros. Nothing for others.
    pub(crate) fn hash_of_bare(&self, reference: &str) -> Option<u64> {
        let is_number =
            !reference.is_empty() && reference.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| self.hash(reference.trim_start_matches('0')))
    }

    /// Whether a row of the input has this reference.
    pub(crate) fn has(&self, hash: u64) -> bool {
        self.whole.binary_search(&hash).is_ok()
    }

    /// Whether a row of the input has this reference but for leading zeros.
    pub(crate) fn has_bare(&self, hash: u64) -> bool {
        self.bare.binary_search(&hash).is_ok()
    }
}

//! Hashes of an input's references, to check whether others are among them.
//!
//! Must not keep a reference: it stores a keyed hash of eight bytes for each, and one more where
//! leading zeros may have been lost.

use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;

use crate::batch::input::row;
use crate::batch::input::source::Source;
use crate::failure::Refusal;

/// Keyed hashes of references. A million references collide once in 40 million files.
#[derive(Debug, Default)]
pub(crate) struct References {
    hasher: RandomState,
    /// Sorted.
    whole: Vec<u64>,
    /// Hashes of the references that consist of digits, without their leading zeros. Sorted.
    bare: Vec<u64>,
}

/// A set of reference hashes. Sorted.
#[derive(Debug, Default)]
pub(crate) struct Hashes(Vec<u64>);

impl Hashes {
    /// Sorts the hashes.
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

    /// The hash of a reference.
    pub(crate) fn hash(&self, reference: &str) -> u64 {
        self.hasher.hash_one(reference)
    }

    /// The hash of a reference as a spreadsheet leaves it: digits without leading zeros. `None` if
    /// it is not a number.
    pub(crate) fn hash_of_bare(&self, reference: &str) -> Option<u64> {
        let is_number =
            !reference.is_empty() && reference.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| self.hash(reference.trim_start_matches('0')))
    }

    /// Whether a row of the input has this reference.
    pub(crate) fn has(&self, hash: u64) -> bool {
        self.whole.binary_search(&hash).is_ok()
    }

    /// Whether a row of the input has this reference, apart from leading zeros.
    pub(crate) fn has_bare(&self, hash: u64) -> bool {
        self.bare.binary_search(&hash).is_ok()
    }
}

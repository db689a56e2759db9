//! The texts of one row by column, as they stand in the input and unchecked.
//!
//! Must not be shown: a row is personal. Its texts are wiped when they are dropped.

use std::fmt;
use std::hash::{Hash, Hasher};

use zeroize::Zeroizing;

use crate::batch::input::column::Column;
use crate::input::blanks;

/// The texts of one row. An empty text counts as absent.
#[derive(Default)]
pub(crate) struct Fields([Option<Zeroizing<String>>; Column::ALL.len()]);

impl Fields {
    /// Stores a text in its column, without the blanks at its ends. Returns false if the column
    /// already has one.
    pub(crate) fn put(&mut self, column: Column, text: Zeroizing<String>) -> bool {
        let trimmed = blanks::trim(&text);
        let text = match trimmed.len() {
            0 => None,
            length if length == text.len() => Some(text),
            _ => Some(Zeroizing::new(trimmed.to_owned())),
        };
        match self.0.get_mut(column as usize) {
            Some(slot) if slot.is_none() => {
                *slot = text;
                true
            }
            _ => text.is_none(),
        }
    }

    /// The text of a column.
    pub(crate) fn text(&self, column: Column) -> Option<&str> {
        self.0
            .get(column as usize)?
            .as_ref()
            .map(|text| text.as_str())
    }

    /// Removes and returns the text of a column.
    pub(crate) fn take(&mut self, column: Column) -> Option<Zeroizing<String>> {
        self.0.get_mut(column as usize)?.take()
    }
}

/// Only for keyed hashes: the contents of a row could be guessed from an unkeyed hash.
impl Hash for Fields {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for text in &self.0 {
            text.as_ref().map(|text| text.as_str()).hash(state);
        }
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fields([redacted])")
    }
}

//! The lines of an input, each in memory that is wiped.
//!
//! Must not keep more of a line than a row may have.

use std::io::{BufRead, Read as _};

use zeroize::{Zeroize as _, Zeroizing};

use crate::batch::input::source::{self, MAX_ROW};
use crate::failure::Refusal;
use crate::input::blanks::MARK;

/// One line, with its line end.
pub(crate) struct Line {
    /// Its line number, from 1.
    pub(crate) number: u64,
    /// Whether it fits into a row; of a longer line only the beginning is kept.
    pub(crate) is_whole: bool,
    bytes: Zeroizing<Vec<u8>>,
}

impl Line {
    /// An empty line with room for the longest: a buffer that reallocates would leave a copy
    /// behind.
    pub(crate) fn new() -> Self {
        Self {
            number: 0,
            is_whole: true,
            bytes: Zeroizing::new(Vec::with_capacity(MAX_ROW)),
        }
    }

    /// The text of the line, without a byte order mark at its beginning: concatenated files leave
    /// one there.
    pub(crate) fn text(&self) -> &[u8] {
        let mut mark = [0; 4];
        let mark = MARK.encode_utf8(&mut mark).as_bytes();
        let mut text = self.bytes.as_slice();
        while let Some(behind) = text.strip_prefix(mark) {
            text = behind;
        }
        text
    }

    /// Whether the line is blank.
    pub(crate) fn is_blank(&self) -> bool {
        self.text().trim_ascii().is_empty()
    }

    /// Appends another line. Returns false if the result would be longer than a row may be.
    pub(crate) fn append(&mut self, other: &Self) -> bool {
        let fits = self.bytes.len() + other.bytes.len() <= MAX_ROW;
        if fits {
            self.bytes.extend_from_slice(other.text());
        }
        fits
    }

    /// Overwrites the personal data that it holds.
    pub(crate) fn wipe(&mut self) {
        self.bytes.as_mut_slice().zeroize();
        self.bytes.clear();
    }
}

/// Reads a text line by line.
pub(crate) struct Lines<R> {
    source: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Opens the input without reading it.
    pub(crate) const fn open(source: R) -> Self {
        Self { source, number: 0 }
    }

    /// Reads the next line into `line`, and skips the rest of a line that is too long. Returns
    /// false at the end.
    ///
    /// # Errors
    /// The text cannot be read any further.
    pub(crate) fn next(&mut self, line: &mut Line) -> Result<bool, Refusal> {
        self.number += 1;
        let number = self.number;
        let unreadable = |error| source::broken(number, &error);
        line.wipe();
        line.number = number;
        let limit = u64::try_from(MAX_ROW).unwrap_or(u64::MAX);
        let read = (&mut self.source)
            .take(limit)
            .read_until(b'\n', &mut line.bytes)
            .map_err(unreadable)?;
        line.is_whole = read < MAX_ROW || line.bytes.last() == Some(&b'\n');
        if !line.is_whole {
            self.source.skip_until(b'\n').map_err(unreadable)?;
        }
        Ok(read > 0)
    }
}

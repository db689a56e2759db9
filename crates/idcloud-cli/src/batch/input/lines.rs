//! The lines of an input, each in memory that is wiped.
//!
//! Must not keep more of a line than a row may have.

use std::io::{BufRead, Read as _};

use zeroize::{Zeroize as _, Zeroizing};

use crate::batch::input::source::{self, MAX_ROW};
use crate::failure::Refusal;
use crate::input::blanks::MARK;

/// One line, with its end.
pub(crate) struct Line {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// Whether it is no longer than a row may be; of a longer one the beginning is kept.
    pub(crate) is_whole: bool,
    bytes: Zeroizing<Vec<u8>>,
}

impl Line {
    /// No line yet, with room for the longest: bytes that grow would leave a copy behind.
    pub(crate) fn new() -> Self {
        Self {
            number: 0,
            is_whole: true,
            bytes: Zeroizing::new(Vec::with_capacity(MAX_ROW)),
        }
    }

    /// What stands on it. A byte order mark at its beginning is that of a file that was put behind another.
    pub(crate) fn text(&self) -> &[u8] {
        let mut mark = [0; 4];
        let mark = MARK.encode_utf8(&mut mark).as_bytes();
        let mut text = self.bytes.as_slice();
        while let Some(behind) = text.strip_prefix(mark) {
            text = behind;
        }
        text
    }

    /// Whether nothing stands on it.
    pub(crate) fn is_blank(&self) -> bool {
        self.text().trim_ascii().is_empty()
    }

    /// Puts another line behind it. False where a row may not be as long.
    pub(crate) fn append(&mut self, other: &Self) -> bool {
        let fits = self.bytes.len() + other.bytes.len() <= MAX_ROW;
        if fits {
            self.bytes.extend_from_slice(other.text());
        }
        fits
    }

    /// Writes over what it holds of a person.
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
    /// Reads nothing yet.
    pub(crate) const fn open(source: R) -> Self {
        Self { source, number: 0 }
    }

    /// Reads the next line into `line`; the rest of a line that is too long is passed over. False at the end.
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

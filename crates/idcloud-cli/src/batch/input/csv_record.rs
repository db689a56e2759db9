//! Splits one CSV record into its fields.
//!
//! Must not keep anything of a previous record, nor let one record run into the next.

use std::io::{self, Read};

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use zeroize::{Zeroize as _, Zeroizing};

use crate::batch::input::source::MAX_ROW;

/// Read buffer of the CSV reader, in bytes. The reader does not wipe it, so it holds only a few
/// characters.
const BUFFER: usize = 8;

/// Columns for which memory is reserved from the start.
const COLUMNS: usize = 32;

/// Splits records, one at a time.
pub(crate) struct Splitter {
    reader: Reader<Feed>,
    record: ByteRecord,
}

impl Splitter {
    pub(crate) fn new() -> Self {
        Self {
            reader: reader(),
            // Reserves the largest size: a record that reallocates would leave a copy behind.
            record: ByteRecord::with_capacity(MAX_ROW + BUFFER, COLUMNS),
        }
    }

    /// The fields of `text`, which must be one record; an empty record if it is not.
    pub(crate) fn split(&mut self, text: &[u8]) -> &ByteRecord {
        let before = self.reader.position().byte();
        let fed = self.reader.get_mut().put(text);
        let read = self.reader.read_byte_record(&mut self.record);
        let taken = self.reader.position().byte() - before;
        if !matches!(read, Ok(true)) || taken != fed || self.reader.is_done() {
            self.wipe();
            self.reader = reader();
        }
        &self.record
    }

    /// Overwrites the personal data that it holds: a `ByteRecord` cannot be wiped in any other way.
    pub(crate) fn wipe(&mut self) {
        let length = self.record.as_slice().len();
        self.record.clear();
        self.record.push_field(&vec![0; length]);
        self.record.clear();
        self.reader.get_mut().wipe();
    }
}

/// A CSV reader that has already read its header: it keeps a copy of the header, so this one is a
/// dummy.
fn reader() -> Reader<Feed> {
    let mut feed = Feed {
        bytes: Zeroizing::new(Vec::with_capacity(MAX_ROW + 1)),
        at: 0,
    };
    feed.put(b"-\n");
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        // A carriage return before it is white space at the end of the row.
        .terminator(Terminator::Any(b'\n'))
        .buffer_capacity(BUFFER)
        .from_reader(feed);
    // Reads from memory, which cannot fail.
    let _ = reader.read_byte_record(&mut ByteRecord::new());
    reader
}

/// The input of the CSV reader: one record.
struct Feed {
    bytes: Zeroizing<Vec<u8>>,
    at: usize,
}

impl Feed {
    /// Replaces the record, and adds a line end if it has none. Returns its length in bytes.
    fn put(&mut self, text: &[u8]) -> u64 {
        self.wipe();
        self.bytes.extend_from_slice(text);
        if text.last() != Some(&b'\n') {
            self.bytes.push(b'\n');
        }
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    fn wipe(&mut self) {
        self.bytes.as_mut_slice().zeroize();
        self.bytes.clear();
        self.at = 0;
    }
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut left = self.bytes.get(self.at..).unwrap_or_default();
        let read = left.read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

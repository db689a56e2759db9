//! One record of comma-separated values, split into its fields.
//!
//! Must not keep anything of a record that was left, nor let one run into the next.

use std::io::{self, Read};

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use zeroize::{Zeroize as _, Zeroizing};

use crate::batch::input::source::MAX_ROW;

/// What the reader of CSV takes at once. It wipes nothing, so it has no more in hand than a few characters.
const BUFFER: usize = 8;

/// How many columns there is room for from the start.
const COLUMNS: usize = 32;

/// Splits records, one by one.
pub(crate) struct Splitter {
    reader: Reader<Feed>,
    record: ByteRecord,
}

impl Splitter {
    pub(crate) fn new() -> Self {
        Self {
            reader: reader(),
            // As large as it can become: a record that grows would leave a copy behind.
            record: ByteRecord::with_capacity(MAX_ROW + BUFFER, COLUMNS),
        }
    }

    /// The fields of `text`, which is one record; none where it is not.
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

    /// Writes over what it holds of a person: a record has no other way to forget.
    pub(crate) fn wipe(&mut self) {
        let length = self.record.as_slice().len();
        self.record.clear();
        self.record.push_field(&vec![0; length]);
        self.record.clear();
        self.reader.get_mut().wipe();
    }
}

/// A reader that has its header, of which it would keep a copy, behind it.
fn reader() -> Reader<Feed> {
    let mut feed = Feed {
        bytes: Zeroizing::new(Vec::with_capacity(MAX_ROW + 1)),
        at: 0,
    };
    feed.put(b"-\n");
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        // A return before it is white space at the end of the row.
        .terminator(Terminator::Any(b'\n'))
        .buffer_capacity(BUFFER)
        .from_reader(feed);
    // It reads from memory, which cannot fail.
    let _ = reader.read_byte_record(&mut ByteRecord::new());
    reader
}

/// What the reader of CSV is given: one record.
struct Feed {
    bytes: Zeroizing<Vec<u8>>,
    at: usize,
}

impl Feed {
    /// Puts a record in, with an end where it has none. Returns how many bytes it has.
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

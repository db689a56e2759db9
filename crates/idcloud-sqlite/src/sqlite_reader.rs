//! Read-only access to the journal's file.
//!
//! Must not create a file, nor change one.

use std::path::Path;
use std::time::SystemTime;

use idcloud_flows::Flow;
use idcloud_flows::journal::{Entry, EntryFilter, JournalError, JournalKey, Page};

use crate::listed::Listed;
use crate::open;
use crate::reader::Reader;

/// A journal's file, opened for reading: even if it is write-protected, and while other programs
/// write it.
///
/// It blocks no other program. Calls take microseconds, a page of entries milliseconds.
#[derive(Debug)]
pub struct SqliteReader(Reader);

impl SqliteReader {
    /// Opens the file at `path`, which must exist and may be of an older version.
    ///
    /// A write-protected file in a write-protected folder can be read while no program has it open.
    /// If a program that may write opens it meanwhile, this reader can show an inconsistent state:
    /// open it again.
    ///
    /// # Errors
    /// As for [`SqliteJournal::open`](crate::SqliteJournal::open), and
    /// [`Storage`](idcloud_flows::journal::JournalErrorKind::Storage) for a missing file. An empty
    /// file is [`Foreign`](idcloud_flows::journal::JournalErrorKind::Foreign).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        open::looking(path.as_ref()).map(|connection| Self(Reader::new(connection)))
    }

    /// As [`Journal::entry`](idcloud_flows::journal::Journal::entry).
    ///
    /// # Errors
    /// The file, or its record under this key, cannot be read.
    pub fn entry(&self, key: &JournalKey, now: SystemTime) -> Result<Option<Entry>, JournalError> {
        self.0.entry(key, now)
    }

    /// Calls `each` with every reference of a flow, of any environment and tenant, in no order. A
    /// million take about a second.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn listed(&self, flow: Flow, each: &mut dyn FnMut(Listed<'_>)) -> Result<(), JournalError> {
        self.0.listed(flow, each)
    }

    /// As [`Journal::entries`](idcloud_flows::journal::Journal::entries).
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, JournalError> {
        self.0.entries(filter, after, limit, now)
    }
}

//! The journal's file for whoever only looks.
//!
//! Must not make a file, nor change what one holds.

use std::path::Path;
use std::time::SystemTime;

use idcloud_flows::Flow;
use idcloud_flows::journal::{Entry, EntryFilter, JournalError, JournalKey, Page};

use crate::listed::Listed;
use crate::open;
use crate::reader::Reader;

/// A journal's file, opened to be looked at: also where it may not be written, and while others write it.
///
/// It holds nobody up. Calls take microseconds, a page of entries milliseconds.
#[derive(Debug)]
pub struct SqliteReader(Reader);

impl SqliteReader {
    /// Opens the file at `path`, which must be there and may be of an older version.
    ///
    /// A file that cannot be written, in a folder that cannot either, can be read while no program has it open. One that is opened for writing by somebody
    /// who may, while it is read so, can show what never was together: open it again.
    ///
    /// # Errors
    /// As for [`SqliteJournal::open`](crate::SqliteJournal::open), and
    /// [`Storage`](idcloud_flows::journal::JournalErrorKind::Storage) for a file that is not there. An empty file is
    /// [`Foreign`](idcloud_flows::journal::JournalErrorKind::Foreign).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        open::looking(path.as_ref()).map(|connection| Self(Reader::new(connection)))
    }

    /// As [`Journal::entry`](idcloud_flows::journal::Journal::entry).
    ///
    /// # Errors
    /// The file cannot be read, or what it holds under this key cannot.
    pub fn entry(&self, key: &JournalKey, now: SystemTime) -> Result<Option<Entry>, JournalError> {
        self.0.entry(key, now)
    }

    /// Hands every reference of a flow to `each`, of any environment and tenant, in no order. A million take about a second.
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

//! The journal on SQLite.
//!
//! Must not acknowledge a change before it is on the disk.

use std::path::Path;
use std::time::SystemTime;

use async_trait::async_trait;
use idcloud_flows::journal::{
    Answer, Command, Entry, EntryFilter, Journal, JournalError, JournalKey, Origin, Page,
};

use crate::file_identity::Place;
use crate::open;
use crate::reader::Reader;
use crate::writer::Writer;

/// A journal in one SQLite file, which several processes of one machine may use at once.
///
/// One thread writes: it takes all waiting changes into one transaction and acknowledges them after
/// the commit. Dropping the journal writes the changes requested before and ends that thread, which
/// takes as long as a commit. Reads run on the caller's thread, on a connection of their own; they
/// take microseconds, a page of entries milliseconds.
#[derive(Debug)]
pub struct SqliteJournal {
    writer: Writer,
    reader: Reader,
}

impl SqliteJournal {
    /// Opens the file at `path`, or creates it, readable only by its owner. Takes a few disk
    /// accesses: call it at the start.
    ///
    /// # Errors
    /// [`Newer`](idcloud_flows::journal::JournalErrorKind::Newer) for a file of a newer version,
    /// [`Foreign`](idcloud_flows::journal::JournalErrorKind::Foreign) for one that is no journal,
    /// [`Exposed`](idcloud_flows::journal::JournalErrorKind::Exposed) for one that others than its
    /// owner may use, [`TwoAccounts`](idcloud_flows::journal::JournalErrorKind::TwoAccounts) for
    /// one of an earlier version in which two accounts of a tenant hold one reference; none is
    /// changed.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        let path = path.as_ref();
        let writing = open::writing(path)?;
        let place = Place::of(path)?;
        let reading = open::reading(path)?;
        Ok(Self {
            writer: Writer::start(writing, place)?,
            reader: Reader::new(reading),
        })
    }

    /// Sets the origin of every reference that an earlier version submitted to a custom
    /// environment: that version did not record it, and such a reference is refused until a person
    /// names its origin. Returns how many there were.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn name_origin(&self, origin: Origin) -> Result<u64, JournalError> {
        self.writer.name_origin(origin).await
    }

    /// Transactions committed since it was opened; divided into the number of changes it gives the
    /// size of a batch.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn apply(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError> {
        self.writer.apply(command, now).await
    }

    fn apply_detached(&self, command: Command, now: SystemTime) {
        self.writer.apply_detached(command, now);
    }

    async fn purge(&self, before: SystemTime) -> Result<u64, JournalError> {
        self.writer.purge(before).await
    }

    async fn entry(
        &self,
        key: &JournalKey,
        now: SystemTime,
    ) -> Result<Option<Entry>, JournalError> {
        self.reader.entry(key, now)
    }

    async fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, JournalError> {
        self.reader.entries(filter, after, limit, now)
    }
}

//! A part of what a journal remembers, as a list asks for it.
//!
//! Must not hide what can be read behind what cannot, nor keep silent about what cannot.

use super::{Entry, JournalErrorKind, JournalKey};

/// Entries in the order of their keys, and what stands between them that cannot be read.
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use = "what cannot be read is told here and nowhere else"]
pub struct Page {
    entries: Vec<Entry>,
    unreadable: Vec<Unreadable>,
}

/// A record that cannot be read: damaged, or of a newer version.
///
/// Its reference may have been paid for: it is refused whenever it is submitted or settled, and it is never purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    key: Option<JournalKey>,
    kind: JournalErrorKind,
}

impl Page {
    /// A page of these entries, and of these records that cannot be read.
    pub const fn new(entries: Vec<Entry>, unreadable: Vec<Unreadable>) -> Self {
        Self {
            entries,
            unreadable,
        }
    }

    /// What can be read.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The same, given away.
    #[must_use]
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// What cannot be read. It does not count towards the page's limit.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }
}

impl Unreadable {
    /// A record under `key`, where at least that can be read, and why it cannot: damaged or newer.
    #[must_use]
    pub const fn new(key: Option<JournalKey>, kind: JournalErrorKind) -> Self {
        Self { key, kind }
    }

    /// Under what it is remembered; nothing where that is damaged too.
    #[must_use]
    pub const fn key(&self) -> Option<&JournalKey> {
        self.key.as_ref()
    }

    /// Why it cannot be read: [`Damaged`](JournalErrorKind::Damaged) or [`Newer`](JournalErrorKind::Newer).
    #[must_use]
    pub const fn kind(&self) -> JournalErrorKind {
        self.kind
    }
}

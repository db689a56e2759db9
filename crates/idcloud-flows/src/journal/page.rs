//! One page of the journal's entries.
//!
//! Must not let an unreadable record hide the readable ones, nor leave it out in silence.

use super::{Entry, JournalErrorKind, JournalKey};

/// Entries in the order of their keys, and the records between them that cannot be read.
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use = "unreadable records are listed here and nowhere else"]
pub struct Page {
    entries: Vec<Entry>,
    unreadable: Vec<Unreadable>,
}

/// A record that cannot be read: damaged, or of a newer version.
///
/// Its reference may have been paid for: every submission or settlement of it is refused, and it is
/// never purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    key: Option<JournalKey>,
    kind: JournalErrorKind,
}

impl Page {
    /// A page of these entries and these unreadable records.
    pub const fn new(entries: Vec<Entry>, unreadable: Vec<Unreadable>) -> Self {
        Self {
            entries,
            unreadable,
        }
    }

    /// The readable entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The readable entries, by value.
    #[must_use]
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// The unreadable records. They do not count towards the page's limit.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }
}

impl Unreadable {
    /// An unreadable record under `key`, if the key can be read, and why: damaged or newer.
    #[must_use]
    pub const fn new(key: Option<JournalKey>, kind: JournalErrorKind) -> Self {
        Self { key, kind }
    }

    /// The key that it is recorded under; `None` if the key is damaged too.
    #[must_use]
    pub const fn key(&self) -> Option<&JournalKey> {
        self.key.as_ref()
    }

    /// Why it cannot be read: [`Damaged`](JournalErrorKind::Damaged) or
    /// [`Newer`](JournalErrorKind::Newer).
    #[must_use]
    pub const fn kind(&self) -> JournalErrorKind {
        self.kind
    }
}

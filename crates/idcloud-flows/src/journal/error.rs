//! Why a journal refused or failed.
//!
//! Must show nothing that it stores: no reference, no path, no text of a store.

use std::fmt;

use idcloud_http::BoxError;

use super::StateKind;

/// Why a journal refused or failed. Its cause is under `source()`.
#[derive(Debug)]
pub struct JournalError {
    kind: JournalErrorKind,
    between: Option<Box<[Box<str>; 2]>>,
    source: Option<BoxError>,
}

/// Why a journal refused or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalErrorKind {
    /// The reference is in use for another request; with the reference's state.
    OtherRequest(StateKind),
    /// The ticket no longer holds the attempt: another claim replaced it, or it has ended. Nothing
    /// may be sent with it.
    Stale,
    /// The ticket's lease has expired. Nothing may be sent with it.
    LeaseExpired,
    /// The command is not allowed in this state.
    NotAllowed(StateKind),
    /// The process that a person found belongs to another reference of the tenant, or to an earlier
    /// attempt of this one.
    ProcessTaken,
    /// The process that a person found belongs to another person. The reference is ambiguous again.
    OtherPerson,
    /// The reference was submitted to another custom environment;
    /// [`between`](JournalError::between) names both origins.
    OtherOrigin,
    /// An earlier version submitted the reference to a custom environment and did not record which.
    /// A person has to name its origin; [`between`](JournalError::between) has the origin of the
    /// refused claim.
    OriginUnknown,
    /// The store was made by a version that kept two accounts of a tenant apart, and both accounts
    /// ([`between`](JournalError::between)) hold one reference. The store was left unchanged.
    TwoAccounts,
    /// A purge would have removed everything: no record is newer than its limit.
    NothingNewer,
    /// There is no record under this key.
    NotFound,
    /// The store could not be read or written. A change may or may not have been made.
    Storage,
    /// The store was made by a newer version.
    Newer,
    /// The store is no journal.
    Foreign,
    /// The store holds data that no version writes.
    Damaged,
    /// Users other than the owner may read or write the store's file.
    Exposed,
    /// The store's file, or its log beside it, was removed or replaced while it was open.
    Replaced,
    /// The store's file needs the log that stood beside it, and the log is missing: the last
    /// submissions are in that log.
    LogMissing,
    /// The store's file has a second name: a hard link, or a mount of the file without its folder.
    SecondName,
    /// The store's file is on a network file system, where its locks do not hold.
    Network,
    /// The store would not read the name of its file as a path.
    NotAPath,
    /// The journal was closed.
    Closed,
}

impl JournalError {
    /// An error of this kind.
    #[must_use]
    pub const fn new(kind: JournalErrorKind) -> Self {
        Self {
            kind,
            between: None,
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds the two origins, or two accounts, that disagree.
    #[must_use]
    pub fn with_between(mut self, one: &str, other: &str) -> Self {
        self.between = Some(Box::new([one.into(), other.into()]));
        self
    }

    /// The two origins or accounts that disagree, the journal's own first; it is empty if the
    /// journal has none. `None` for other errors.
    #[must_use]
    pub fn between(&self) -> Option<[&str; 2]> {
        let [one, other] = &**self.between.as_ref()?;
        Some([one, other])
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> JournalErrorKind {
        self.kind
    }
}

impl From<JournalErrorKind> for JournalError {
    fn from(kind: JournalErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = self.between().unwrap_or(["one", "another"]);
        let text = match self.kind {
            JournalErrorKind::OtherOrigin => {
                return write!(
                    f,
                    "the reference was submitted to {one}, and {other} is asked for now; use the address that it was submitted to, or a new reference"
                );
            }
            JournalErrorKind::OriginUnknown => {
                return write!(
                    f,
                    "an earlier version submitted the reference to a custom environment without writing down its address, and {other} is asked for now; name the address that it was submitted to, in the journal, before it is used again"
                );
            }
            JournalErrorKind::TwoAccounts => {
                return write!(
                    f,
                    "an earlier version kept the accounts of a tenant apart, and two of them hold one reference: {one} and {other}; the journal was left as it is: take out of it, by hand, the entry that is not to count"
                );
            }
            JournalErrorKind::NothingNewer => {
                "everything that the journal holds is older than the purge's limit, and all that is over would be forgotten; see that the clock is right, or purge by a limit that is not after the newest entry"
            }
            JournalErrorKind::OtherRequest(state) => {
                return write!(
                    f,
                    "the reference is {state} for another request; use a new reference, or the same request as before"
                );
            }
            JournalErrorKind::NotAllowed(state) => {
                return write!(
                    f,
                    "the journal does not allow this while the reference is {state}"
                );
            }
            JournalErrorKind::Stale => {
                "the attempt is no longer this caller's; nothing was sent, ask the journal again"
            }
            JournalErrorKind::LeaseExpired => {
                "the attempt's time is over; nothing was sent, claim the reference again"
            }
            JournalErrorKind::ProcessTaken => {
                "one process answers one reference, and that process has one already; check the id: the process of this attempt is another, or there is none and it may be sent again"
            }
            JournalErrorKind::OtherPerson => {
                "the process that was found for this reference is another person's and gives it no verdict; find the right one, and settle the reference with it"
            }
            JournalErrorKind::NotFound => "the journal remembers nothing under this reference",
            JournalErrorKind::Storage => {
                "the journal could not be read or written; see that its disk has room and may be written"
            }
            JournalErrorKind::Newer => {
                "the journal was written by a newer version; use that version or a newer one"
            }
            JournalErrorKind::Foreign => "the file is no journal; name another one",
            JournalErrorKind::Damaged => {
                "the journal holds what no version writes; restore it from a copy"
            }
            JournalErrorKind::Exposed => {
                "others than its owner may use the journal's file; make it its owner's alone: chmod 600"
            }
            JournalErrorKind::Replaced => {
                "the journal's file, or its log beside it, was removed or replaced while it was open; nothing was written: put it back and open it again"
            }
            JournalErrorKind::LogMissing => {
                "the journal's log is missing, the file beside it whose name ends in -wal, and with it what was submitted last; put that log back, or copy the journal anew together with its log"
            }
            JournalErrorKind::SecondName => {
                "the journal's file has a second name, under which another program would not see what this one writes; remove the hard link, or mount the file's folder instead of the file alone"
            }
            JournalErrorKind::Network => {
                "the journal's file is on a network file system, where its locks do not hold; put it on a disk of this machine"
            }
            JournalErrorKind::NotAPath => {
                "the journal's name is no path of a file; name a file, with ./ before a name such as this"
            }
            JournalErrorKind::Closed => "the journal was closed; open it again",
        };
        f.write_str(text)
    }
}

impl std::error::Error for JournalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

//! Why a journal did not do what it was asked.
//!
//! Must show nothing that it stores: no reference, no path, no text of a store.

use std::fmt;

use idcloud_http::BoxError;

use super::StateKind;

/// Why a journal did not do what it was asked. What caused it is under `source()`.
#[derive(Debug)]
pub struct JournalError {
    kind: JournalErrorKind,
    between: Option<Box<[Box<str>; 2]>>,
    source: Option<BoxError>,
}

/// Why a journal did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalErrorKind {
    /// The reference is in use for another request; with the state that it is in.
    OtherRequest(StateKind),
    /// The ticket no longer holds the attempt: somebody else has it, or it has an end already. Nothing may be sent with it.
    Stale,
    /// The ticket's time is over. Nothing may be sent with it.
    LeaseExpired,
    /// What was asked is not possible in this state.
    NotAllowed(StateKind),
    /// The process that was found belongs to another reference of the tenant, or to an earlier attempt of this one.
    ProcessTaken,
    /// The process that a person found is another person's. The reference is ambiguous again.
    OtherPerson,
    /// The reference was submitted to another custom environment; [`between`](JournalError::between) names both origins.
    OtherOrigin,
    /// An earlier version submitted the reference to a custom environment and did not write down which. A person has to
    /// name its origin; [`between`](JournalError::between) has the one that was asked for last.
    OriginUnknown,
    /// The store was made by a version that kept two accounts of a tenant apart, and both of
    /// [`between`](JournalError::between) hold one reference. It was left as it is.
    TwoAccounts,
    /// A purge would have forgotten everything: no record is as new as its limit.
    NothingNewer,
    /// Nothing is remembered under this key.
    NotFound,
    /// The store could not be read or written. A change may or may not have been made.
    Storage,
    /// The store was made by a newer version.
    Newer,
    /// The store is no journal.
    Foreign,
    /// The store holds what no version writes.
    Damaged,
    /// Others than its owner may read or write the store's file.
    Exposed,
    /// The store's file, or its log beside it, was removed or replaced while it was open.
    Replaced,
    /// The store's file needs the log that stood beside it, and has none: what was submitted last is in that log.
    LogMissing,
    /// The store's file has a second name: a hard link, or a mount of the file without its folder.
    SecondName,
    /// The store's file is on a network file system, where its locks do not hold.
    Network,
    /// The name of the store's file is one that the store takes for something else than a path.
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

    /// The same with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same about two that disagree: two origins, or two accounts.
    #[must_use]
    pub fn with_between(mut self, one: &str, other: &str) -> Self {
        self.between = Some(Box::new([one.into(), other.into()]));
        self
    }

    /// The two that disagree, where the error is about two: the one that the journal has first. Empty where it has none.
    #[must_use]
    pub fn between(&self) -> Option<[&str; 2]> {
        let [one, other] = &**self.between.as_ref()?;
        Some([one, other])
    }

    /// Why.
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

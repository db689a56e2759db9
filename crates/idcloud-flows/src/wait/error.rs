//! Waits for one process, and the error of a wait.
//!
//! Must not lose the process's id.

use std::fmt;
use std::time::Duration;

use idcloud_http::{ApiKey, Error};

use crate::wait::poll::Poller;
use crate::{Pending, Report, Waiter};

/// Waits for one process: a waiter that holds only this one.
pub(crate) async fn wait(
    poller: Poller,
    key: &ApiKey,
    pending: Pending,
    limit: Duration,
) -> Result<Report, WaitError> {
    let mut waiter = Waiter::new(poller);
    let handed_back = pending.clone();
    waiter.add(pending, key, limit)?;
    match waiter.next().await {
        Some(ended) => ended,
        // Unreachable: a waiter with a process in it returns something.
        None => Err(WaitError::new(
            WaitErrorKind::DeadlineReached,
            handed_back,
            None,
        )),
    }
}

/// A wait that ended without a final answer. The process still exists.
#[derive(Debug)]
pub struct WaitError {
    kind: WaitErrorKind,
    pending: Box<Pending>,
    source: Option<Error>,
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitErrorKind {
    /// The limit passed; the process may still become final.
    DeadlineReached,
    /// IDCloud refuses to show the process, and asking again would not help.
    Refused,
    /// IDCloud does not know the process, and no poll confirmed it: only an answer that was cut
    /// off, or was no success, named it ([`Pending::is_unconfirmed`]). The submission is ambiguous,
    /// and its journal records that.
    Ambiguous,
    /// The process belongs to another environment, or to another tenant than the client's. Another
    /// account of the same tenant may wait for it.
    OtherTenant,
}

impl WaitError {
    pub(crate) fn new(kind: WaitErrorKind, pending: Pending, source: Option<Error>) -> Self {
        Self {
            kind,
            pending: Box::new(pending),
            source,
        }
    }

    /// Why the wait ended.
    #[must_use]
    pub const fn kind(&self) -> WaitErrorKind {
        self.kind
    }

    /// The process; it can be waited for again.
    pub const fn pending(&self) -> &Pending {
        &self.pending
    }

    /// Takes the process; it can be waited for again.
    pub fn into_pending(self) -> Pending {
        *self.pending
    }

    /// The last poll's error, if it failed.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        self.source.as_ref()
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.pending.process_id();
        match self.kind {
            WaitErrorKind::DeadlineReached => {
                write!(f, "process {id} is not final yet; wait for it again")
            }
            WaitErrorKind::Refused => write!(f, "the result of process {id} could not be fetched"),
            WaitErrorKind::Ambiguous => write!(
                f,
                "IDCloud does not know process {id}, which the answer to its create named; one may exist and be billed"
            ),
            WaitErrorKind::OtherTenant => {
                write!(
                    f,
                    "process {id} belongs to another environment or tenant; use a client of the one that created it"
                )
            }
        }
    }
}

impl std::error::Error for WaitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

//! Waiting for a final answer by asking for it.
//!
//! Must never take a failed poll for a failed process, and never lose the process's id.

use std::fmt;
use std::time::Duration;

use idcloud_http::{ApiKey, CallOptions, Client, Error, ErrorKind};
use idcloud_model::Process;

use crate::observer::Observer;
use crate::pending::Tenant;
use crate::{Pending, Report, poll_schedule};

pub(crate) async fn wait(
    client: &Client,
    key: &ApiKey,
    mut pending: Pending,
    limit: Duration,
    observer: &Observer,
) -> Result<Report, WaitError> {
    if !pending.belongs_to(&Tenant::of(&client.environment())) {
        return Err(WaitError::new(WaitErrorKind::OtherTenant, pending, None));
    }
    let clock = client.clock();
    let start = clock.instant();
    // A process taken up later has been running meanwhile: its first poll need not wait as long.
    let age_at_start = clock
        .now()
        .duration_since(pending.submitted_at())
        .unwrap_or_default();
    let mut due =
        poll_schedule::pause(Duration::ZERO, fastrand::f64()).saturating_sub(age_at_start);
    loop {
        // Whoever waits until a moment wants to know what holds at that moment.
        let last = due >= limit;
        due = due.min(limit);
        clock
            .sleep(due.saturating_sub(clock.instant() - start))
            .await;
        let elapsed = clock.instant() - start;
        let options = CallOptions::default()
            .with_deadline(limit.saturating_sub(elapsed).max(MIN_CALL))
            .with_created_at(pending.submitted_at());
        let failed = match client.process(key, pending.process_id(), &options).await {
            Ok(answer) => {
                let simulated = answer.simulated() || pending.simulated();
                let process = answer.into_value();
                observer.see(&process);
                match process {
                    Process::Final(process) => {
                        let environment = client.environment().name();
                        return Ok(Report::new(
                            process,
                            *pending.asked(),
                            *pending.policy(),
                            environment,
                            simulated,
                        ));
                    }
                    Process::Pending(process) => pending.look(process.status(), simulated),
                }
                None
            }
            Err(error) if may_pass(error.kind()) => Some(error),
            Err(error) => return Err(WaitError::new(WaitErrorKind::Refused, pending, Some(error))),
        };
        let elapsed = clock.instant() - start;
        if last || limit.saturating_sub(elapsed) < MIN_CALL {
            return Err(WaitError::new(
                WaitErrorKind::DeadlineReached,
                pending,
                failed,
            ));
        }
        due = elapsed + poll_schedule::pause(elapsed, fastrand::f64());
    }
}

/// The least time that a poll is given, and the least that is worth waiting for another.
const MIN_CALL: Duration = Duration::from_secs(1);

/// Whether a failed poll says nothing about the next.
const fn may_pass(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::Refused | ErrorKind::Credentials | ErrorKind::NotFound | ErrorKind::Gone
    )
}

/// A wait that ended without a final answer. The process is still there.
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
    /// The time ran out; the process may still finish.
    DeadlineReached,
    /// IDCloud refuses to show the process, and asking again would not help.
    Refused,
    /// The process belongs to another environment or account than the client.
    OtherTenant,
}

impl WaitError {
    fn new(kind: WaitErrorKind, pending: Pending, source: Option<Error>) -> Self {
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

    /// The process, to be waited for again.
    pub const fn pending(&self) -> &Pending {
        &self.pending
    }

    /// Takes the process, to be waited for again.
    pub fn into_pending(self) -> Pending {
        *self.pending
    }

    /// The last poll's error, where it failed.
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
            WaitErrorKind::OtherTenant => {
                write!(
                    f,
                    "process {id} belongs to another environment or account; use the client that created it"
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

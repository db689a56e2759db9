//! Why a submission ended without a result to judge or a process to wait for.
//!
//! Must not say that nothing ran when something may have.

use std::fmt;
use std::time::SystemTime;

use idcloud_http::{Delivery, Error};
use idcloud_model::ProcessId;

use crate::journal::{Conclusion, JournalError, JournalErrorKind};
use crate::submit::journaling::conclusion_of;

/// A submission that failed.
///
/// Act on [`kind`](Self::kind) and [`delivery`](Self::delivery). `Display` is one line without
/// personal data.
#[derive(Debug)]
pub struct SubmitError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    cause: Cause,
    failed: Option<ProcessId>,
    /// Why the journal could not record the failed create.
    unwritten: Option<JournalError>,
}

#[derive(Debug)]
enum Cause {
    Call(Error),
    Draining,
    NoJournal,
    InFlight { until: SystemTime },
    Ambiguous { since: SystemTime },
    Journal(JournalError),
}

/// Why a submission failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubmitErrorKind {
    /// The create failed; [`SubmitError::call_error`] says how.
    Call,
    /// The program is shutting down ([`IdCloud::drain`](crate::IdCloud::drain)). Nothing was sent.
    Draining,
    /// A reference was given, and there is no journal. Nothing was sent.
    NoJournal,
    /// The reference is being submitted already, here or by another program. This call sent
    /// nothing; ask again later, under the same reference.
    InFlight,
    /// The reference was submitted, and it is unknown whether a process was created. This call sent
    /// nothing. Only a late
    /// answer or a person can end this ([`Journal::settle`](crate::journal::Journal::settle)),
    /// or the late answer itself.
    Ambiguous,
    /// The reference is in use for another request. Or the process that a person found for it
    /// belongs to another person; then the reference is ambiguous again
    /// ([`SubmitError::delivery`]). Nothing was sent.
    OtherRequest,
    /// The reference was submitted to another custom environment, or an earlier version did not
    /// record to which. Nothing was sent now; [`SubmitError::journal_error`] names both origins.
    OtherOrigin,
    /// The journal failed before the request was sent. Nothing was sent now; an earlier call may
    /// have sent the reference if its record cannot be read ([`SubmitError::delivery`]).
    Journal,
}

impl SubmitErrorKind {
    /// The kind's stable name, in kebab case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Draining => "draining",
            Self::NoJournal => "no-journal",
            Self::InFlight => "in-flight",
            Self::Ambiguous => "ambiguous",
            Self::OtherRequest => "other-request",
            Self::OtherOrigin => "other-origin",
            Self::Journal => "journal",
        }
    }
}

impl fmt::Display for SubmitErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl SubmitError {
    fn new(cause: Cause) -> Self {
        Self(Box::new(Inner {
            cause,
            failed: None,
            unwritten: None,
        }))
    }

    pub(crate) fn draining() -> Self {
        Self::new(Cause::Draining)
    }

    pub(crate) fn no_journal() -> Self {
        Self::new(Cause::NoJournal)
    }

    pub(crate) fn in_flight(until: SystemTime) -> Self {
        Self::new(Cause::InFlight { until })
    }

    pub(crate) fn ambiguous(since: SystemTime) -> Self {
        Self::new(Cause::Ambiguous { since })
    }

    /// The journal failed before the request was sent.
    pub(crate) fn journal(error: JournalError) -> Self {
        Self::new(Cause::Journal(error))
    }

    /// The create failed; with why the journal could not record that, if so.
    pub(crate) fn call(error: Error, unwritten: Option<JournalError>) -> Self {
        Self(Box::new(Inner {
            cause: Cause::Call(error),
            failed: None,
            unwritten,
        }))
    }

    /// Marks the error as one of a new attempt after `failed`.
    pub(crate) fn after(mut self, failed: Option<ProcessId>) -> Self {
        self.0.failed = failed;
        self
    }

    pub(crate) fn into_journal_error(self) -> Option<JournalError> {
        match self.0.cause {
            Cause::Journal(error) => Some(error),
            _ => self.0.unwritten,
        }
    }

    /// Why the submission failed.
    #[must_use]
    pub fn kind(&self) -> SubmitErrorKind {
        match &self.0.cause {
            Cause::Call(_) => SubmitErrorKind::Call,
            Cause::Draining => SubmitErrorKind::Draining,
            Cause::NoJournal => SubmitErrorKind::NoJournal,
            Cause::InFlight { .. } => SubmitErrorKind::InFlight,
            Cause::Ambiguous { .. } => SubmitErrorKind::Ambiguous,
            Cause::Journal(error) => match error.kind() {
                JournalErrorKind::OtherRequest(_) | JournalErrorKind::OtherPerson => {
                    SubmitErrorKind::OtherRequest
                }
                JournalErrorKind::OtherOrigin | JournalErrorKind::OriginUnknown => {
                    SubmitErrorKind::OtherOrigin
                }
                _ => SubmitErrorKind::Journal,
            },
        }
    }

    /// Whether a process may exist because of this request, or of an earlier one under its
    /// reference. With [`Delivery::Unknown`] the request must not be sent again.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        match &self.0.cause {
            Cause::Call(error) => error.delivery(),
            // This call sent nothing, but another one may have: a caller that asks whether it may
            // send the request again must get a no.
            Cause::InFlight { .. } | Cause::Ambiguous { .. } => Delivery::Unknown,
            Cause::Journal(error) => match error.kind() {
                // This call sent nothing, but an earlier one may have: its record cannot be read or
                // names another origin, or the reference is ambiguous again because its process
                // belongs to another person.
                JournalErrorKind::Damaged
                | JournalErrorKind::Newer
                | JournalErrorKind::OtherPerson
                | JournalErrorKind::OtherOrigin
                | JournalErrorKind::OriginUnknown => Delivery::Unknown,
                _ => Delivery::NotSent,
            },
            Cause::Draining | Cause::NoJournal => Delivery::NotSent,
        }
    }

    /// The create's own error, if the create failed.
    #[must_use]
    pub fn call_error(&self) -> Option<&Error> {
        match &self.0.cause {
            Cause::Call(error) => Some(error),
            _ => None,
        }
    }

    /// The journal's error: why nothing was sent, or why a failed create could not be recorded. In
    /// the second case the reference may still be held, or read as ambiguous, although
    /// [`delivery`](Self::delivery) is certain.
    #[must_use]
    pub fn journal_error(&self) -> Option<&JournalError> {
        match &self.0.cause {
            Cause::Journal(error) => Some(error),
            _ => self.0.unwritten.as_ref(),
        }
    }

    /// How the attempt ended, if one was made: for a program that records what its journal could
    /// not ([`journal_error`](Self::journal_error)).
    #[must_use]
    pub fn conclusion(&self) -> Option<Conclusion> {
        self.call_error().map(conclusion_of)
    }

    /// The end of the other submission's lease, if the reference is in flight.
    #[must_use]
    pub fn in_flight_until(&self) -> Option<SystemTime> {
        match self.0.cause {
            Cause::InFlight { until } => Some(until),
            _ => None,
        }
    }

    /// When the attempt was claimed, if the journal says that the reference is ambiguous.
    #[must_use]
    pub fn ambiguous_since(&self) -> Option<SystemTime> {
        match self.0.cause {
            Cause::Ambiguous { since } => Some(since),
            _ => None,
        }
    }

    /// The process of this submission that failed in processing before, if this is the error of a
    /// new attempt.
    #[must_use]
    pub fn failed_process(&self) -> Option<&ProcessId> {
        self.0.failed.as_ref()
    }
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.cause {
            Cause::Call(error) => error.fmt(f),
            Cause::Draining => f.write_str("no submission begins any more; nothing was sent"),
            Cause::NoJournal => f.write_str(
                "a reference needs a journal that remembers it; give one to the builder, or leave the reference out",
            ),
            Cause::InFlight { .. } => {
                f.write_str("the reference is being submitted already; ask again under it later")
            }
            Cause::Ambiguous { .. } => f.write_str(
                "an earlier request under this reference may have created a process; settle it before it is sent again",
            ),
            Cause::Journal(error) => write!(f, "nothing was sent: {error}"),
        }
    }
}

impl std::error::Error for SubmitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            // Its own text is part of this error's, so its source is the next cause.
            Cause::Call(error) => error.source(),
            Cause::Journal(error) => error.source(),
            _ => None,
        }
    }
}

//! Why a submission came to nothing that can be judged or waited for.
//!
//! Must never say that nothing ran when something may have.

use std::fmt;

use idcloud_http::{Delivery, Error};
use idcloud_model::ProcessId;

/// A submission that failed.
///
/// Act on [`kind`](Self::kind) and [`delivery`](Self::delivery). `Display` is one line without anything personal.
#[derive(Debug)]
pub struct SubmitError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    cause: Cause,
    failed: Option<ProcessId>,
}

#[derive(Debug)]
enum Cause {
    Call(Error),
    Draining,
}

/// Why a submission failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubmitErrorKind {
    /// The create failed; [`SubmitError::call_error`] says how.
    Call,
    /// The program is shutting down ([`IdCloud::drain`](crate::IdCloud::drain)). Nothing was sent.
    Draining,
}

impl SubmitErrorKind {
    /// The kind's stable name, in kebab case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Draining => "draining",
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
        }))
    }

    pub(crate) fn call(error: Error) -> Self {
        Self::new(Cause::Call(error))
    }

    pub(crate) fn draining() -> Self {
        Self::new(Cause::Draining)
    }

    pub(crate) fn after(mut self, failed: Option<&ProcessId>) -> Self {
        self.0.failed = failed.cloned();
        self
    }

    /// Why the submission failed.
    #[must_use]
    pub fn kind(&self) -> SubmitErrorKind {
        match self.0.cause {
            Cause::Call(_) => SubmitErrorKind::Call,
            Cause::Draining => SubmitErrorKind::Draining,
        }
    }

    /// Whether a process may exist because of this request. With [`Delivery::Unknown`] it must not be repeated.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        match &self.0.cause {
            Cause::Call(error) => error.delivery(),
            Cause::Draining => Delivery::NotSent,
        }
    }

    /// The create's own error, where it is the create that failed.
    #[must_use]
    pub fn call_error(&self) -> Option<&Error> {
        match &self.0.cause {
            Cause::Call(error) => Some(error),
            Cause::Draining => None,
        }
    }

    /// The process of this submission that failed in processing before, where this is about a new attempt.
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
        }
    }
}

impl std::error::Error for SubmitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            Cause::Call(error) => Some(error),
            Cause::Draining => None,
        }
    }
}

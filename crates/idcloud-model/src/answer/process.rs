//! A process: still pending, or final.
//!
//! Must not offer a verdict while it is pending.

use crate::answer::wire::{self, Answer};
use crate::{Evidence, ProcessId, ReadError, Status, UnknownValue};

/// A process as an answer shows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Process {
    /// Status 1, 2 or one that this version does not know: the result is still to come.
    Pending(PendingProcess),
    /// Status 3, 4 or 5: the process will not change any more.
    Final(FinalProcess),
}

/// A process whose result is still to come.
///
/// ```compile_fail
/// // A pending process cannot be judged.
/// use idcloud_model::{Asked, PendingProcess, Policy, decide};
/// fn judge(process: &PendingProcess, asked: &Asked) {
///     let _ = decide(process, asked, &Policy::default());
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PendingProcess {
    id: ProcessId,
    status: Status,
    evidence: Evidence,
}

/// A process that will not change any more: the only kind that can be judged.
#[derive(Debug, Clone, PartialEq)]
pub struct FinalProcess {
    id: ProcessId,
    status: Status,
    evidence: Evidence,
}

impl Process {
    /// Parses an answer of the create or process endpoints, of any documented generation.
    ///
    /// An answer with a `state` or a `processId` is a webhook's payload, which is not signed.
    /// Whatever else it holds, it is read as pending under its id with an unknown status, so that
    /// the process is polled and nothing is judged.
    ///
    /// # Errors
    /// The bytes are not an object with an id. Unknown members and values are never an error.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ReadError> {
        let Answer {
            id,
            status,
            is_notice,
            evidence,
        } = wire::read(bytes)?;
        let id = id.ok_or(ReadError::NoId)?;
        let status = status
            .filter(|_| !is_notice)
            .unwrap_or(Status::Unknown(UnknownValue::new(serde_json::Value::Null)));
        Ok(if status.is_final() {
            Self::Final(FinalProcess {
                id,
                status,
                evidence,
            })
        } else {
            Self::Pending(PendingProcess {
                id,
                status,
                evidence,
            })
        })
    }

    /// The id.
    #[must_use]
    pub const fn id(&self) -> &ProcessId {
        match self {
            Self::Pending(process) => &process.id,
            Self::Final(process) => &process.id,
        }
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> &Status {
        match self {
            Self::Pending(process) => &process.status,
            Self::Final(process) => &process.status,
        }
    }

    /// The content of the answer. For a pending process it does not count yet.
    #[must_use]
    pub const fn evidence(&self) -> &Evidence {
        match self {
            Self::Pending(process) => &process.evidence,
            Self::Final(process) => &process.evidence,
        }
    }
}

impl ProcessId {
    /// The process that the received part of a create's answer names: its first top-level `id`, if
    /// that arrived completely.
    ///
    /// For an answer that was cut off or is unreadable. It proves that a process was created, and
    /// nothing about its result. A bare number is no id there: it may be a person's number, or a
    /// count.
    #[must_use]
    pub fn in_part(answer: &[u8]) -> Option<Self> {
        wire::part(answer)?.id.filter(Self::is_no_number)
    }

    /// The process that an answer names although its HTTP status is no success.
    ///
    /// An `id` alone is a trace id, as in gateways' answers and problem details (RFC 9457): there
    /// must be a status of 1 to 5, or evidence, beside it. A bare number is no id.
    #[must_use]
    pub fn named_by(answer: &[u8]) -> Option<Self> {
        let Answer {
            id,
            status,
            evidence,
            is_notice,
        } = wire::part(answer)?;
        let is_known = !matches!(status, None | Some(Status::Unknown(_)));
        id.filter(Self::is_no_number)
            .filter(|_| !is_notice && (is_known || evidence.is_there()))
    }

    fn is_no_number(&self) -> bool {
        !self.as_str().bytes().all(|byte| byte.is_ascii_digit())
    }
}

impl PendingProcess {
    /// The id.
    #[must_use]
    pub const fn id(&self) -> &ProcessId {
        &self.id
    }

    /// The status: processing, divergence or unknown.
    #[must_use]
    pub const fn status(&self) -> &Status {
        &self.status
    }

    /// The content so far. It does not count yet.
    #[must_use]
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }
}

impl FinalProcess {
    /// The id.
    #[must_use]
    pub const fn id(&self) -> &ProcessId {
        &self.id
    }

    /// The status: completed, canceled or failed.
    #[must_use]
    pub const fn status(&self) -> &Status {
        &self.status
    }

    /// The content of the answer.
    #[must_use]
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The same id and status with contradictory evidence, which approves nothing.
    pub(crate) fn contradictory(&self) -> Self {
        Self {
            id: self.id.clone(),
            status: self.status.clone(),
            evidence: Evidence {
                conflicting: true,
                ..Evidence::default()
            },
        }
    }

    /// Whether processing failed (status 5), so that a new attempt is allowed.
    #[must_use]
    pub const fn is_failed(&self) -> bool {
        matches!(self.status, Status::Failed)
    }
}

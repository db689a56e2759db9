//! The faults, and their words.
//! Must not leave open whether the request was processed: a client cannot see it, and a test must
//! know it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::StatusCode;

use super::{parse_duration, written_duration};

/// One fault.
///
/// If `processed` is false, the request did nothing: no process, no token. If it is true,
/// everything happened as usual and only the answer is lost. Parsed from and written as the words
/// that [`FaultRule`](crate::FaultRule) lists.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing goes wrong.
    None,
    /// The answer is delayed.
    Latency(Duration),
    /// The connection is refused. Nothing was sent.
    Refuse,
    /// The connection is reset after the head was read, before the body. Not processed.
    ResetBeforeBody,
    /// The whole request is read, and the connection is reset instead of an answer.
    ResetAfterBody {
        /// Whether the request was processed before.
        processed: bool,
    },
    /// Processed. The answer's head and this many bytes of its body are sent, then the connection
    /// is reset.
    ResetInAnswer {
        /// How many bytes of the body arrive; never all of them.
        after: usize,
    },
    /// The whole request is read, and no answer ever comes.
    Hang {
        /// Whether the request was processed before.
        processed: bool,
    },
    /// An answer with this status in place of the real one.
    Status {
        /// The status, from 400 on.
        status: StatusCode,
        /// The value of `Retry-After`.
        retry_after: Option<Duration>,
        /// Whether the request was processed before.
        processed: bool,
    },
    /// Processed. The answer is complete as HTTP, but its JSON is truncated.
    TruncatedJson,
    /// Processed. The answer's content type is JSON, but its body is not.
    MalformedJson,
    /// Processed. The answer is JSON without an id.
    WithoutId,
    /// The server's clock is off by this many seconds for one request, `Date` header included.
    ClockSkew(i64),
    /// The access token of the request is revoked before the request is judged.
    RevokeToken,
    /// A webhook notice is never delivered.
    Lose,
    /// A webhook notice is delivered twice.
    Duplicate,
    /// A webhook notice is held back until the next one has gone.
    Reorder,
    /// Before a webhook notice comes another, without credentials, about a process that does not
    /// exist.
    Forge,
}

/// Why a text is not a fault specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultSpecError {
    /// The text does not have the form `POINT:WHEN:FAULT`.
    #[error("a fault is POINT:WHEN:FAULT, such as create:0.05:reset-after-body")]
    Form,
    /// The first part is not the name of a point.
    #[error("a fault strikes token, create, get, details, documents, all, webhook or connection")]
    Point,
    /// The second part does not say when.
    #[error("a fault comes next, always, or with a probability from 0 to 1 (or 5%)")]
    When,
    /// The third part is not a fault, or has an invalid value.
    #[error("no such fault, or not with such a value; docs/simulator.md lists them")]
    Fault,
    /// Several faults at once: only a script (`next`) may have more than one.
    #[error("several faults make a script, which begins with POINT:next:")]
    Several,
    /// The fault exists, but cannot strike at this point.
    #[error("this fault cannot strike there; docs/simulator.md lists which can")]
    Place,
}

const AFTER_PROCESSING: &str = "-after-processing";

impl Fault {
    /// Whether the request is processed in spite of the fault.
    #[must_use]
    pub const fn is_processed(self) -> bool {
        match self {
            Self::None
            | Self::Latency(_)
            | Self::ResetInAnswer { .. }
            | Self::TruncatedJson
            | Self::MalformedJson
            | Self::WithoutId
            | Self::ClockSkew(_)
            | Self::RevokeToken
            | Self::Lose
            | Self::Duplicate
            | Self::Reorder
            | Self::Forge => true,
            Self::Refuse | Self::ResetBeforeBody => false,
            Self::ResetAfterBody { processed }
            | Self::Hang { processed }
            | Self::Status { processed, .. } => processed,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Latency(latency) => write!(f, "latency={}", written_duration(*latency)),
            Self::Refuse => f.write_str("refuse"),
            Self::ResetBeforeBody => f.write_str("reset-before-body"),
            Self::ResetAfterBody { processed: false } => f.write_str("reset-after-body"),
            Self::ResetAfterBody { processed: true } => f.write_str("reset-after-processing"),
            Self::ResetInAnswer { after } => write!(f, "reset-in-answer={after}"),
            Self::Hang { processed: false } => f.write_str("hang"),
            Self::Hang { processed: true } => f.write_str("hang-after-processing"),
            Self::Status {
                status,
                retry_after,
                processed,
            } => {
                f.write_str(status.as_str())?;
                if *processed {
                    f.write_str(AFTER_PROCESSING)?;
                }
                retry_after.map_or(Ok(()), |wait| write!(f, "={}", written_duration(wait)))
            }
            Self::TruncatedJson => f.write_str("truncated-json"),
            Self::MalformedJson => f.write_str("malformed-json"),
            Self::WithoutId => f.write_str("without-id"),
            Self::ClockSkew(seconds) => write!(f, "clock-skew={seconds}s"),
            Self::RevokeToken => f.write_str("revoke-token"),
            Self::Lose => f.write_str("lose"),
            Self::Duplicate => f.write_str("duplicate"),
            Self::Reorder => f.write_str("reorder"),
            Self::Forge => f.write_str("forge"),
        }
    }
}

impl FromStr for Fault {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let duration = |text| parse_duration(text).ok_or(FaultSpecError::Fault);
        let fault = match (name, value) {
            ("none", None) => Self::None,
            ("latency", Some(value)) => Self::Latency(duration(value)?),
            ("refuse", None) => Self::Refuse,
            ("reset-before-body", None) => Self::ResetBeforeBody,
            ("reset-after-body", None) => Self::ResetAfterBody { processed: false },
            ("reset-after-processing", None) => Self::ResetAfterBody { processed: true },
            ("reset-in-answer", value) => Self::ResetInAnswer {
                after: value
                    .unwrap_or("0")
                    .parse()
                    .map_err(|_| FaultSpecError::Fault)?,
            },
            ("hang", None) => Self::Hang { processed: false },
            ("hang-after-processing", None) => Self::Hang { processed: true },
            ("truncated-json", None) => Self::TruncatedJson,
            ("malformed-json", None) => Self::MalformedJson,
            ("without-id", None) => Self::WithoutId,
            ("clock-skew", Some(value)) => Self::ClockSkew(skew(value)?),
            ("revoke-token", None) => Self::RevokeToken,
            ("lose", None) => Self::Lose,
            ("duplicate", None) => Self::Duplicate,
            ("reorder", None) => Self::Reorder,
            ("forge", None) => Self::Forge,
            (name, value) => Self::Status {
                status: status(name.strip_suffix(AFTER_PROCESSING).unwrap_or(name))?,
                retry_after: value.map(duration).transpose()?,
                processed: name.ends_with(AFTER_PROCESSING),
            },
        };
        Ok(fault)
    }
}

fn status(text: &str) -> Result<StatusCode, FaultSpecError> {
    text.parse()
        .ok()
        .filter(|status: &StatusCode| status.is_client_error() || status.is_server_error())
        .ok_or(FaultSpecError::Fault)
}

/// Whole seconds, ahead or (with a minus) behind.
fn skew(text: &str) -> Result<i64, FaultSpecError> {
    let (sign, span) = match text.strip_prefix('-') {
        Some(span) => (-1, span),
        None => (1, text),
    };
    let span = parse_duration(span).ok_or(FaultSpecError::Fault)?;
    i64::try_from(span.as_secs())
        .map(|seconds| sign * seconds)
        .map_err(|_| FaultSpecError::Fault)
}

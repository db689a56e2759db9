//! The status of a process.
//!
//! Must not count as final outside the documented five.

use std::fmt;

use crate::UnknownValue;
use crate::answer::wire::Scalar;

/// The status of a process (parameter specification; an integer in every sample, numeric strings
/// are accepted too).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// 1: some capability has not answered yet.
    Processing,
    /// 2: the risk score found a divergence and will still complete.
    Divergence,
    /// 3: every capability has answered. Only now do results count.
    Completed,
    /// 4: IDCloud lost the caller before it processed the request.
    Canceled,
    /// 5: processing failed.
    Failed,
    /// Anything else, including absent or null. Never final.
    Unknown(UnknownValue),
}

impl Status {
    /// The name: `processing`, `divergence`, `completed`, `canceled`, `failed` or `unknown`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Divergence => "divergence",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Whether the process will not change any more.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Completed | Self::Canceled | Self::Failed)
    }
}

/// The name; an unknown value is not shown.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Scalar for Status {
    fn from_integer(value: i64) -> Option<Self> {
        match value {
            1 => Some(Self::Processing),
            2 => Some(Self::Divergence),
            3 => Some(Self::Completed),
            4 => Some(Self::Canceled),
            5 => Some(Self::Failed),
            _ => None,
        }
    }

    fn unknown(value: serde_json::Value) -> Self {
        Self::Unknown(UnknownValue::new(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only names are printed, whatever the status was.
    #[test]
    fn names() {
        assert_eq!(Status::Completed.to_string(), "completed");
        assert_eq!(Status::unknown("52998224725".into()).to_string(), "unknown");
    }
}

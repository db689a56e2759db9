//! Why bytes are not an answer.
//!
//! Must not hold any of them.

use std::fmt;

/// Why bytes are not an answer about a process. Holds none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// No bytes, or white space alone.
    Empty,
    /// The bytes end within a JSON value.
    Truncated,
    /// The bytes are not JSON.
    NotJson,
    /// JSON, but not an object.
    NotAnObject,
    /// An object without a usable id.
    NoId,
}

impl ReadError {
    /// The fault, as a clause.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "the answer is empty",
            Self::Truncated => "the answer is cut short",
            Self::NotJson => "the answer is not JSON",
            Self::NotAnObject => "the answer is JSON but not an object",
            Self::NoId => "the answer has no process id",
        }
    }

    pub(crate) fn of(error: &serde_json::Error) -> Self {
        if error.is_eof() {
            Self::Truncated
        } else if error.is_data() {
            Self::NotAnObject
        } else {
            Self::NotJson
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for ReadError {}

//! Why bytes are not an answer.
//!
//! Must never hold anything of them.

/// Why bytes are not an answer about a process. Holds nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// No bytes, or white space alone.
    #[error("the answer is empty")]
    Empty,
    /// The bytes end within a JSON value.
    #[error("the answer is cut short")]
    Truncated,
    /// The bytes are not JSON.
    #[error("the answer is not JSON")]
    NotJson,
    /// JSON, but not an object.
    #[error("the answer is JSON but not an object")]
    NotAnObject,
    /// An object without an id that could be used.
    #[error("the answer has no process id")]
    NoId,
}

impl ReadError {
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

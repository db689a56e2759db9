//! The id of a process or document as somebody typed it.
//!
//! Must not repeat what was typed: something else may have been pasted in its place.

use std::str::FromStr;

use idcloud_model::{IdError, ProcessId};

use crate::failure::Refusal;

/// Reads a process's id. Errors name `field`.
///
/// # Errors
/// It is no id, which IDCloud would refuse with 20023.
pub(crate) fn parse(field: &str, text: &str) -> Result<ProcessId, Refusal> {
    any(field, text).map_err(|refusal| Refusal {
        code: Some("20023".into()),
        ..refusal
    })
}

/// Reads any id. Errors name `field`.
///
/// # Errors
/// It is no id.
pub(crate) fn any<T: FromStr<Err = IdError>>(field: &str, text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|error: IdError| {
        Refusal::new(
            field,
            error.to_string(),
            "copy it from the answer that named it",
        )
    })
}

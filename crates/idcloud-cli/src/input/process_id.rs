//! The id of a process or document as the user typed it.
//!
//! Must not repeat the text: it may be something else, pasted by mistake.

use std::str::FromStr;

use idcloud_model::{IdError, ProcessId};

use crate::failure::Refusal;

/// Parses the id of a process. Errors name `field`.
///
/// # Errors
/// It is not an id: IDCloud would refuse it with code 20023.
pub(crate) fn parse(field: &str, text: &str) -> Result<ProcessId, Refusal> {
    any(field, text).map_err(|refusal| Refusal {
        code: Some("20023".into()),
        ..refusal
    })
}

/// Parses any id. Errors name `field`.
///
/// # Errors
/// It is not an id.
pub(crate) fn any<T: FromStr<Err = IdError>>(field: &str, text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|error: IdError| {
        Refusal::new(
            field,
            error.to_string(),
            "copy it from the answer that named it",
        )
    })
}

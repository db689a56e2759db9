//! How answers are spelt on the wire, in every documented generation: the only place that knows.
//!
//! Must read whatever comes, and must never turn something unknown into something known.

mod answer;
mod errors;
mod names;
mod read_error;
mod scalar;
mod wrapped;

use serde_json::{Map, Value};

pub(crate) use answer::{Answer, is_notices_own, keep};
pub(crate) use errors::{EVIDENCE_OBJECTS, is_error, is_error_name};
pub(crate) use names::{is_same, members};
pub use read_error::ReadError;
pub(crate) use scalar::{Scalar, Subtree, scalar};

/// Reads an answer about one process.
pub(crate) fn read(bytes: &[u8]) -> Result<Answer, ReadError> {
    serde_json::from_str(text(bytes)?).map_err(|error| ReadError::of(&error))
}

/// Reads any other object.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, ReadError> {
    serde_json::from_str(text(bytes)?).map_err(|error| ReadError::of(&error))
}

/// The text of an answer. Checked once here, UTF-8 need not be checked for every string again.
fn text(bytes: &[u8]) -> Result<&str, ReadError> {
    let text = str::from_utf8(bytes).map_err(|error| match error.error_len() {
        None => ReadError::Truncated,
        Some(_) => ReadError::NotJson,
    })?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if text.bytes().all(|byte| byte.is_ascii_whitespace()) {
        return Err(ReadError::Empty);
    }
    Ok(text)
}

/// Some proxies and editors put one before the text, which JSON does not allow and readers may pass over (RFC 8259).
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

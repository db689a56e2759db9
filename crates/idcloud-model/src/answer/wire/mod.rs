//! How answers are spelt on the wire, in every documented generation: the only place that knows.
//!
//! Must read whatever comes, and must never turn something unknown into something known.

mod answer;
mod errors;
mod lenient;
mod names;
mod read_error;
mod scalar;
mod wrapped;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(crate) use answer::{Answer, is_notices_own, keep};
pub(crate) use errors::{EVIDENCE_OBJECTS, is_error, is_error_name};
pub(crate) use names::{is_same, members};
pub use read_error::ReadError;
pub(crate) use scalar::{Scalar, Subtree, scalar};

/// Reads an answer about one process.
pub(crate) fn read(bytes: &[u8]) -> Result<Answer, ReadError> {
    strict(bytes).or_else(|wrong| mended(bytes).ok_or(wrong))
}

/// Reads any other object.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, ReadError> {
    strict(bytes).or_else(|wrong| mended(bytes).ok_or(wrong))
}

/// What a part of an answer says about one process: the members that arrived whole.
pub(crate) fn part(bytes: &[u8]) -> Option<Answer> {
    let mended = lenient::mend(bytes)?;
    serde_json::from_str(&mended.text).ok()
}

/// Nearly every answer is read by this alone.
fn strict<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ReadError> {
    serde_json::from_str(text(bytes)?).map_err(|error| ReadError::of(&error))
}

/// An answer that is there in full must not be lost for its character set, or for a value that nobody needs.
fn mended<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let mended = lenient::mend(bytes).filter(|mended| mended.is_whole)?;
    serde_json::from_str(&mended.text).ok()
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

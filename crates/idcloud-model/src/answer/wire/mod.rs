//! The wire form of answers, in every documented generation: the only module that knows it.
//!
//! Must not fail on any answer, nor turn an unknown value into a known one.

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

/// The part of an answer about one process that arrived: its complete members.
pub(crate) fn part(bytes: &[u8]) -> Option<Answer> {
    let mended = lenient::mend(bytes)?;
    serde_json::from_str(&mended.text).ok()
}

/// Reads nearly every answer.
fn strict<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ReadError> {
    serde_json::from_str(text(bytes)?).map_err(|error| ReadError::of(&error))
}

/// A complete answer must not be lost because of its character set, or of a value that is not
/// needed.
fn mended<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let mended = lenient::mend(bytes).filter(|mended| mended.is_whole)?;
    serde_json::from_str(&mended.text).ok()
}

/// The text of an answer. Checking UTF-8 once here avoids a check for every string.
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

/// Some proxies and editors put one before the text; JSON does not allow it and readers may skip it
/// (RFC 8259).
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

//! Reads a file with a picture: a selfie or its capture token, a document, or a face to compare
//! with.
//!
//! Must not show the picture or the file's name.

use std::path::Path;

use bytes::Bytes;

use crate::failure::Refusal;
use crate::input::wiped;
use crate::input::{self, Stdin};

/// Limit in bytes: far above any image that IDCloud takes (0.8 MB) or its base64. Capture tokens
/// have no published limit.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Reads the file. Errors name `field`.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read(field: &str, path: &Path, stdin: &mut Stdin<'_>) -> Result<Bytes, Refusal> {
    input::read(field, path, stdin, MAX_FILE).map(wiped::shared)
}

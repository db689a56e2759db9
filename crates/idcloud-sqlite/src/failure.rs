//! Converts SQLite's errors into the journal's.
//!
//! Must keep SQLite's text out of `Display`: it may hold a path.

use idcloud_flows::journal::{JournalError, JournalErrorKind};
use rusqlite::ErrorCode;

/// The journal's error for one of SQLite's.
pub(crate) fn storage(error: rusqlite::Error) -> JournalError {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => JournalErrorKind::Foreign,
        Some(ErrorCode::DatabaseCorrupt) => JournalErrorKind::Damaged,
        _ => JournalErrorKind::Storage,
    };
    JournalError::new(kind).with_source(error)
}

//! SQLite's errors as a journal's.
//!
//! Must keep SQLite's words out of what is displayed: they may hold a path.

use idcloud_flows::journal::{JournalError, JournalErrorKind};
use rusqlite::ErrorCode;

/// What an error of SQLite's means for the journal.
pub(crate) fn storage(error: rusqlite::Error) -> JournalError {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => JournalErrorKind::Foreign,
        Some(ErrorCode::DatabaseCorrupt) => JournalErrorKind::Damaged,
        _ => JournalErrorKind::Storage,
    };
    JournalError::new(kind).with_source(error)
}

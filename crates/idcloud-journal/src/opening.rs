//! How the file is made and opened.
//!
//! Must never leave it readable to others, nor write into a file that is not a journal.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use idcloud_flows::journal::{JournalError, JournalErrorKind};
use rusqlite::{Connection, OpenFlags};

use crate::failure::storage;
use crate::migrations::migrate;

/// How long another process's transaction is waited for. One takes milliseconds; whoever holds the file for longer is not a journal.
const BUSY: Duration = Duration::from_secs(10);

/// The connection that writes, to a file that is a journal of the newest version.
pub(crate) fn writing(path: &Path) -> Result<Connection, JournalError> {
    create(path)?;
    let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    migrate(&mut connection)?;
    use_write_ahead_log(&connection)?;
    // Every commit is on the disk before it is answered; on macOS also in its cache's reach.
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;",
        )
        .map_err(storage)?;
    Ok(connection)
}

/// A connection that only reads.
pub(crate) fn reading(path: &Path) -> Result<Connection, JournalError> {
    // A reader of a write-ahead log must be able to write its index; `query_only` keeps it from the rest.
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .execute_batch("PRAGMA query_only = ON")
        .map_err(storage)?;
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, JournalError> {
    // No URI: a path is a path, whatever is in it.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(storage)?;
    connection.busy_timeout(BUSY).map_err(storage)?;
    Ok(connection)
}

/// Makes an empty file that is its owner's alone. SQLite gives the log and its index the same permissions.
fn create(path: &Path) -> Result<(), JournalError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => refuse_exposed(path),
        Err(error) => Err(JournalError::new(JournalErrorKind::Storage).with_source(error)),
    }
}

/// A file that was there is taken as it is, and so must be its owner's alone, also where it is still empty.
#[cfg(unix)]
fn refuse_exposed(path: &Path) -> Result<(), JournalError> {
    const OTHERS: u32 = 0o077;
    let metadata = std::fs::metadata(path)
        .map_err(|error| JournalError::new(JournalErrorKind::Storage).with_source(error))?;
    // What is no file at all is told so when it is opened.
    if !metadata.is_file() || std::os::unix::fs::MetadataExt::mode(&metadata) & OTHERS == 0 {
        Ok(())
    } else {
        Err(JournalErrorKind::Exposed.into())
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "other systems have no such modes")]
fn refuse_exposed(_: &Path) -> Result<(), JournalError> {
    Ok(())
}

/// Two that open one new file at once get into each other's way here, where SQLite does not wait; each transaction does.
fn use_write_ahead_log(connection: &Connection) -> Result<(), JournalError> {
    const TRIES: u32 = 100;
    let mut tries = 0;
    loop {
        let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| {
            row.get::<_, String>(0)
        });
        match mode {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => return Ok(()),
            Ok(_) => return Err(JournalErrorKind::Storage.into()),
            Err(error)
                if tries < TRIES
                    && error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) =>
            {
                tries += 1;
                connection
                    .execute_batch("BEGIN IMMEDIATE; COMMIT")
                    .map_err(storage)?;
            }
            Err(error) => return Err(storage(error)),
        }
    }
}

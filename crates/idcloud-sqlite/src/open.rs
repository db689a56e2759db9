//! Creates and opens the file.
//!
//! Must not leave it readable to others, nor write into a file that is not a journal.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use idcloud_flows::journal::{JournalError, JournalErrorKind};
use rusqlite::{Connection, OpenFlags};

use crate::failure::storage;
use crate::file_identity::{refuse_name, refuse_network, refuse_second_name};
use crate::log_mark::{Logged, log_of, rollback_of};
use crate::migrations::{look_at_older, migrate};

/// How long to wait for another process's transaction. One takes milliseconds; a program that holds
/// the file longer is not a journal.
pub(crate) const BUSY: Duration = Duration::from_secs(10);

/// The connection that writes, to a journal of the newest version.
pub(crate) fn writing(path: &Path) -> Result<Logged, JournalError> {
    refuse_name(path)?;
    refuse_network(folder(path))?;
    refuse_orphaned_log(path)?;
    create(path)?;
    refuse_place(path)?;
    let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // SQLite opens a write-protected file for reading, and would fail at the first change only.
    if connection.is_readonly("main").map_err(storage)? {
        return Err(JournalErrorKind::Storage.into());
    }
    connection.refuse_without_log()?;
    migrate(&mut connection)?;
    use_write_ahead_log(&connection)?;
    // Every commit is on the disk before it is acknowledged; on macOS the drive's cache is flushed
    // too.
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;",
        )
        .map_err(storage)?;
    // A checkpoint would remove the log's mark from the main file, unless it is the mark's own.
    connection
        .pragma_update(None, "wal_autocheckpoint", 0)
        .map_err(storage)?;
    // Reading opens the log and its index, whose identity is checked from then on.
    look_at_older(&connection)?;
    Ok(connection)
}

/// A connection that only reads.
pub(crate) fn reading(path: &Path) -> Result<Logged, JournalError> {
    // A reader of a write-ahead log must be able to write its index; `query_only` prevents
    // everything else.
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .execute_batch("PRAGMA query_only = ON")
        .map_err(storage)?;
    Ok(connection)
}

/// A read-only connection to an existing journal that may be write-protected.
pub(crate) fn looking(path: &Path) -> Result<Logged, JournalError> {
    refuse_name(path)?;
    refuse_exposed(path)?;
    refuse_place(path)?;
    let connection = reading(path)?;
    // Beside a write-protected file SQLite would leave a log that is write-protected too.
    let connection = if connection.has_no_log()
        && (connection.is_readonly("main").map_err(storage)? || wants_a_log(&connection))
    {
        Logged::new(unchanging(path)?, path)
    } else {
        connection
    };
    connection.refuse_without_log()?;
    look_at_older(&connection)?;
    Ok(connection)
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    let folder = path.parent().unwrap_or(path);
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// Refuses a path through which two programs could change the file without seeing each other's
/// changes.
fn refuse_place(path: &Path) -> Result<(), JournalError> {
    refuse_second_name(path)?;
    // Links may lead out of the named folder, and a single file can be mounted.
    refuse_network(path)
}

/// Whether the file needs a log and an index beside it, which do not exist and cannot be created: a
/// file in write-ahead mode cannot be read then.
fn wants_a_log(connection: &Connection) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    let read = connection.query_row("PRAGMA user_version", [], |_| Ok(()));
    let error = read.err().and_then(|error| error.sqlite_error_code());
    matches!(error, Some(CannotOpen | ReadOnly))
}

/// A connection that treats the file as immutable, and so needs nothing beside it.
///
/// SQLite needs two files beside the journal otherwise. Where a log is there and cannot be read
/// with its index, reading is refused instead: it would leave out the newest entries.
#[cfg(unix)]
pub(crate) fn unchanging(path: &Path) -> Result<Connection, JournalError> {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;

    let path = std::path::absolute(path)
        .map_err(|error| JournalError::new(JournalErrorKind::Storage).with_source(error))?;
    // The one place that passes SQLite a URI: this option has no other form.
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            address.push(char::from(*byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(address, flags).map_err(storage)
}

#[cfg(not(unix))]
pub(crate) fn unchanging(_: &Path) -> Result<Connection, JournalError> {
    Err(JournalErrorKind::Storage.into())
}

fn open(path: &Path, flags: OpenFlags) -> Result<Logged, JournalError> {
    // Without URIs: a path is a path, whatever it contains.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(storage)?;
    connection.busy_timeout(BUSY).map_err(storage)?;
    Ok(Logged::new(connection, path))
}

/// Refuses to create a journal beside the log of one whose file is missing or empty: SQLite would
/// remove that log, and the last submissions are only there.
fn refuse_orphaned_log(path: &Path) -> Result<(), JournalError> {
    let holds_something =
        |path: PathBuf| std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0);
    // Checked before the file itself: another program that creates the journal creates the file
    // first.
    let (log, rollback) = (
        holds_something(log_of(path)),
        holds_something(rollback_of(path)),
    );
    let is_orphaned = match std::fs::metadata(path) {
        // Another program that creates the journal has a rollback journal beside an empty file, and
        // no log yet.
        Ok(metadata) => metadata.is_file() && metadata.len() == 0 && log,
        Err(error) if error.kind() == ErrorKind::NotFound => log || rollback,
        Err(_) => false,
    };
    if is_orphaned {
        Err(JournalErrorKind::Replaced.into())
    } else {
        Ok(())
    }
}

/// Creates an empty file that only its owner may use. SQLite gives the log and its index the same
/// permissions.
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

/// An existing file is used as it is, and so only its owner may have access, even while it is
/// empty.
#[cfg(unix)]
fn refuse_exposed(path: &Path) -> Result<(), JournalError> {
    const OTHERS: u32 = 0o077;
    let metadata = std::fs::metadata(path)
        .map_err(|error| JournalError::new(JournalErrorKind::Storage).with_source(error))?;
    // A path that is no file is reported when it is opened.
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

/// Two programs that open one new file at once collide here, where SQLite does not wait; each
/// transaction does.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Never pay twice, even after a power loss, which no test can simulate: an acknowledged change
    /// is synced.
    #[test]
    fn a_commit_is_synced() {
        let directory = tempfile::tempdir().unwrap();
        let connection = writing(&directory.path().join("journal.db")).unwrap();
        let told = |pragma: &str| {
            let sql = format!("PRAGMA {pragma}");
            let value =
                connection.query_row(&sql, [], |row| row.get::<_, rusqlite::types::Value>(0));
            format!("{:?}", value.unwrap())
        };
        assert_eq!(told("journal_mode"), r#"Text("wal")"#);
        assert_eq!(told("synchronous"), "Integer(2)", "FULL");
        assert_eq!(told("fullfsync"), "Integer(1)");
        assert_eq!(told("checkpoint_fullfsync"), "Integer(1)");
    }
}

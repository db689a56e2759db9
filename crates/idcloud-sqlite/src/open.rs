//! How the file is made and opened.
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

/// How long another process's transaction is waited for. One takes milliseconds; whoever holds the file for longer is not a journal.
pub(crate) const BUSY: Duration = Duration::from_secs(10);

/// The connection that writes, to a file that is a journal of the newest version.
pub(crate) fn writing(path: &Path) -> Result<Logged, JournalError> {
    refuse_name(path)?;
    refuse_network(folder(path))?;
    refuse_orphaned_log(path)?;
    create(path)?;
    refuse_place(path)?;
    let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // SQLite takes a file that may not be written for one that is only read, and would say so at the first change.
    if connection.is_readonly("main").map_err(storage)? {
        return Err(JournalErrorKind::Storage.into());
    }
    connection.refuse_without_log()?;
    migrate(&mut connection)?;
    use_write_ahead_log(&connection)?;
    // Every commit is on the disk before it is answered; on macOS also in its cache's reach.
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;",
        )
        .map_err(storage)?;
    // A checkpoint takes the log's mark out of the main file, unless it is the mark's own.
    connection
        .pragma_update(None, "wal_autocheckpoint", 0)
        .map_err(storage)?;
    // Reading opens the log and its index, which are looked for from then on.
    look_at_older(&connection)?;
    Ok(connection)
}

/// A connection that only reads.
pub(crate) fn reading(path: &Path) -> Result<Logged, JournalError> {
    // A reader of a write-ahead log must be able to write its index; `query_only` keeps it from the rest.
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .execute_batch("PRAGMA query_only = ON")
        .map_err(storage)?;
    Ok(connection)
}

/// A connection that only reads, to a file that is there, is a journal, and may be written by nobody.
pub(crate) fn looking(path: &Path) -> Result<Logged, JournalError> {
    refuse_name(path)?;
    refuse_exposed(path)?;
    refuse_place(path)?;
    let connection = reading(path)?;
    // Of a file that may not be written SQLite would leave a log beside it that may not be written either.
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

/// The folder that a file stands in.
fn folder(path: &Path) -> &Path {
    let folder = path.parent().unwrap_or(path);
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// Refuses a file that stands where two programs could change it without seeing each other.
fn refuse_place(path: &Path) -> Result<(), JournalError> {
    refuse_second_name(path)?;
    // Links may lead elsewhere than to the folder that was named, and a file can be mounted.
    refuse_network(path)
}

/// Reading a file in write-ahead mode takes a log and its index beside it. Where neither is there and neither can be made, nothing can be read.
fn wants_a_log(connection: &Connection) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    let read = connection.query_row("PRAGMA user_version", [], |_| Ok(()));
    let error = read.err().and_then(|error| error.sqlite_error_code());
    matches!(error, Some(CannotOpen | ReadOnly))
}

/// A connection that takes the file for one that nobody changes, and so needs nothing beside it.
#[cfg(unix)]
pub(crate) fn unchanging(path: &Path) -> Result<Connection, JournalError> {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;

    let path = std::path::absolute(path)
        .map_err(|error| JournalError::new(JournalErrorKind::Storage).with_source(error))?;
    // The one place where SQLite takes an address: this cannot be said in another way.
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
    // No URI: a path is a path, whatever is in it.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(storage)?;
    connection.busy_timeout(BUSY).map_err(storage)?;
    Ok(Logged::new(connection, path))
}

/// Refuses to begin a new journal beside the log of one whose file is gone or was emptied: SQLite would remove that log,
/// and what was submitted last stands in it alone.
fn refuse_orphaned_log(path: &Path) -> Result<(), JournalError> {
    let holds_something =
        |path: PathBuf| std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0);
    // Before the file itself: another program that is making the journal makes the file first.
    let (log, rollback) = (
        holds_something(log_of(path)),
        holds_something(rollback_of(path)),
    );
    let is_orphaned = match std::fs::metadata(path) {
        // Another program that is making the journal has a rollback journal beside an empty file, and no log yet.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody pays twice, also after a loss of power, which no test can try: what is answered is synced.
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

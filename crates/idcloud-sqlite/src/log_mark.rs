//! The mark of a main file that is incomplete without its log.
//!
//! Must not be found in a closed journal, and must not count in a copy that SQLite made.
//!
//! A change is committed into the log (`-wal`) and stays there until a checkpoint. The main file
//! alone is then an older journal, in which later references look new. So the main file gets the
//! mark, and the log removes it again: read together with its log the journal has no mark, and
//! SQLite writes that into the main file when the last connection is closed. A main file whose log
//! is missing, or holds nothing that SQLite accepts (emptied, zeroed, cut off, damaged), has the
//! mark.
//!
//! The mark is the file's schema version, written into a table; raising the schema version, which
//! is stored on another page, removes it. It gets into the main file in four steps:
//! 1. the log is checkpointed into the main file, which is then complete and has no mark;
//! 2. the mark is committed into the log, which SQLite may restart for it;
//! 3. the next transaction, of changes, raises the schema version;
//! 4. the log is checkpointed into the main file up to the mark, and no further.
//!
//! So the main file has the mark only while the log holds what removes it, whenever a program is
//! killed. A checkpoint stops at the state that a reader holds, and skips pages that changed since:
//! it writes no more than its step says, whatever other programs do.
//!
//! SQLite gives a copy that it makes (its backup, `VACUUM INTO`) a schema version of its own, so a
//! mark in one means nothing. The migrations keep a journal's version far from those that backups
//! count through.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use idcloud_flows::journal::{JournalError, JournalErrorKind};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::failure::storage;
use crate::open::{reading, unchanging};

/// After how many changes the log is checkpointed: it has some megabytes then.
const CHANGES: usize = 1_000;

/// A connection that keeps the log when it is closed, if SQLite would lose data by removing it.
#[derive(Debug)]
pub(crate) struct Logged {
    connection: Connection,
    path: PathBuf,
    log: PathBuf,
}

impl Logged {
    /// Wraps a connection to the file at `path`.
    pub(crate) fn new(connection: Connection, path: &Path) -> Self {
        Self {
            connection,
            path: path.to_owned(),
            log: log_of(path),
        }
    }

    /// Refuses a main file whose mark says that it needs a log, if no log beside it removes the
    /// mark.
    ///
    /// Called on an open connection: while one is open, no other program can close the journal and
    /// so remove its log.
    pub(crate) fn refuse_without_log(&self) -> Result<(), JournalError> {
        /// Another program may set the mark between two checks: once, and not again at once.
        const LOOKS: u32 = 2;
        for _ in 0..LOOKS {
            // The main file first: once it has the mark, the log holds what removes it.
            let stands_marked = stands_marked(&self.path);
            match is_set(self) {
                Ok(true) if stands_marked || self.has_no_log() => {}
                Ok(_) => return Ok(()),
                // The log's index still exists, and points into a log without the content that it
                // lists.
                Err(error) if stands_marked && (self.has_no_log() || is_broken(&error)) => {}
                Err(error) => return Err(storage(error)),
            }
        }
        Err(JournalErrorKind::LogMissing.into())
    }

    /// Whether the main file is complete: a program that has it open for writing has a log beside
    /// it.
    pub(crate) fn has_no_log(&self) -> bool {
        std::fs::metadata(&self.log).map_or_else(
            |error| error.kind() == ErrorKind::NotFound,
            |log| log.len() == 0,
        )
    }

    /// Whether closing would lose data: it would put the mark, or a damaged log, into the main
    /// file.
    fn must_keep_log(&self) -> bool {
        // Without a log, checking for the mark would create one, and closing writes nothing.
        if self.has_no_log() {
            return false;
        }
        let begins = File::open(&self.log).and_then(|mut log| begins_as_log(&mut log));
        !matches!(begins, Ok(true)) || !matches!(is_set(self), Ok(false))
    }
}

impl Deref for Logged {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Logged {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// A program that was killed while it set the mark left a log with the mark, and a log can be
/// emptied while it is open. Closing would write the log into the main file, and remove it.
impl Drop for Logged {
    fn drop(&mut self) {
        if self.must_keep_log() {
            // A log that cannot be kept is checkpointed into the main file, where nothing of it is
            // lost.
            let _ = self
                .connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
    }
}

/// The path of the log, beside the file that symbolic links resolve to.
pub(crate) fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// The path of the log's index.
pub(crate) fn index_of(path: &Path) -> PathBuf {
    beside(path, "-shm")
}

/// The path of the rollback journal, which exists while the file is created.
pub(crate) fn rollback_of(path: &Path) -> PathBuf {
    beside(path, "-journal")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = path.into_os_string();
    name.push(suffix);
    name.into()
}

/// Whether `log` begins as SQLite's logs do (<https://sqlite.org/walformat.html>); reads on from
/// its current position.
pub(crate) fn begins_as_log(log: &mut File) -> std::io::Result<bool> {
    let mut magic = [0; 4];
    log.read_exact(&mut magic)?;
    // The last bit is the byte order of its checksums.
    Ok(u32::from_be_bytes(magic) & !1 == 0x377f_0682)
}

/// Keeps the mark in the main file while changes are written.
#[derive(Debug)]
pub(crate) struct LogMark {
    path: PathBuf,
    /// Changes since the main file was seen with the mark; `None` if that is unknown.
    changes: Option<usize>,
}

/// A mark that is committed to the log, and on its way into the main file.
#[derive(Debug)]
pub(crate) struct Marking {
    /// Holds the state that has the mark: no checkpoint goes beyond it, and the log is not
    /// restarted.
    reader: Logged,
}

impl LogMark {
    /// For the journal at `path`.
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            changes: None,
        }
    }

    /// Before a transaction: ensures that the main file has the mark or will get it, and that the
    /// log does not grow without limit. The transaction has to [`take_away`] the returned mark.
    pub(crate) fn before_changes(
        &mut self,
        connection: &Connection,
    ) -> Result<Option<Marking>, JournalError> {
        match self.changes {
            Some(changes) if changes < CHANGES => return Ok(None),
            // Another program has set it already.
            None if stands_marked(&self.path) && !is_set(connection).map_err(storage)? => {
                self.changes = Some(0);
                return Ok(None);
            }
            _ => self.changes = None,
        }
        let reader = reading(&self.path)?;
        begin(connection, reader, &self.path).map_err(storage)
    }

    /// After a transaction, and before it is acknowledged: writes the mark into the main file.
    pub(crate) fn changed(
        &mut self,
        marking: Option<Marking>,
        connection: &Connection,
        changes: usize,
    ) -> Result<(), JournalError> {
        if let Some(marking) = marking {
            checkpoint(connection).map_err(storage)?;
            release(&marking.reader).map_err(storage)?;
            // A reader of an older state keeps the main file unchanged: then the next transaction
            // tries again.
            if cfg!(not(unix)) || stands_marked(&self.path) {
                self.changes = Some(0);
            }
        }
        self.changes = self.changes.map(|before| before.saturating_add(changes));
        Ok(())
    }
}

/// Completes the main file, and commits the mark into the log. `None` if another program's change,
/// or its reader, interfered: the main file then keeps the mark that it had.
fn begin(
    connection: &Connection,
    reader: Logged,
    path: &Path,
) -> rusqlite::Result<Option<Marking>> {
    if is_set(connection)? {
        // Left by a program that was killed.
        connection.execute("UPDATE open_log SET needed_by = NULL", [])?;
    }
    if !hold(&reader)? {
        checkpoint(connection)?;
    }
    release(&reader)?;
    let version = schema_version(connection)?;
    let is_complete = unchanging(path).is_ok_and(|alone| {
        matches!(is_set(&alone), Ok(false)) && schema_version(&alone) == Ok(version)
    });
    if cfg!(unix) && !is_complete {
        return Ok(None);
    }
    connection.execute("UPDATE open_log SET needed_by = ?1", [version])?;
    Ok(hold(&reader)?.then_some(Marking { reader }))
}

/// Removes the mark, in the transaction that follows it.
pub(crate) fn take_away(transaction: &Connection) -> rusqlite::Result<()> {
    let version = schema_version(transaction)?;
    transaction.pragma_update(None, "schema_version", version.saturating_add(1))
}

fn schema_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA schema_version", [], |row| row.get(0))
}

/// Holds the current state; returns whether it has the mark.
fn hold(reader: &Connection) -> rusqlite::Result<bool> {
    reader.execute_batch("BEGIN")?;
    is_set(reader)
}

fn release(reader: &Connection) -> rusqlite::Result<()> {
    reader.execute_batch("COMMIT")
}

/// Checkpoints the log into the main file, up to the oldest state that a reader holds.
fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

/// Whether the main file alone has the mark, without the log.
fn stands_marked(path: &Path) -> bool {
    // While another program writes a checkpoint, a read may be inconsistent: the result is then
    // unknown.
    unchanging(path).is_ok_and(|alone| matches!(is_set(&alone), Ok(true)))
}

/// Whether the error shows content that SQLite did not write.
fn is_broken(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let is_short = error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHORT_READ);
    is_short
        || matches!(
            error.sqlite_error_code(),
            Some(DatabaseCorrupt | NotADatabase)
        )
}

/// Whether this connection's view of the journal has the mark.
fn is_set(connection: &Connection) -> rusqlite::Result<bool> {
    // Neither an older journal nor another program's file has a mark.
    if !connection.table_exists(Some("main"), "open_log")? {
        return Ok(false);
    }
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM open_log, pragma_schema_version WHERE needed_by = schema_version)",
        [],
        |row| row.get(0),
    )
}

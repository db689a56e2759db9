//! The mark of a main file that does not stand without its log.
//!
//! Must not be found in a journal that was closed, and must, nor count in a copy that SQLite made.
//!
//! A change is committed into the log (`-wal`) and stays there until a checkpoint. The main file
//! alone is then an older journal, whose later references all look new. So the main file gets the
//! mark, and the log takes it away again: read together with its log the journal has no mark, and
//! SQLite writes that into the main file when the last connection is closed. A main file whose log
//! is gone, or holds nothing that SQLite takes (emptied, zeroed, cut off, damaged), has the mark.
//!
//! The mark is the schema version of the file, written into a table; raising the schema version,
//! which stands on another page, takes it away. It gets into the main file in four steps:
//! 1. the log is written into the main file, which is then complete and has no mark;
//! 2. the mark is committed into the log, which SQLite may begin anew for it;
//! 3. the next transaction, of changes, raises the schema version;
//! 4. the log is written into the main file up to the mark, and no further.
//!
//! So the main file has the mark only while the log holds what takes it away, whenever a program is
//! killed. A checkpoint stops at the state that a reader holds, and passes over pages that changed
//! since: what it writes is what its step says, or less, whatever other programs do.
//!
//! SQLite gives a copy that it makes (its backup, `VACUUM INTO`) a schema version of its own, so a
//! mark that gets into one says nothing. The migrations see that a journal's version is far from
//! those that backups count through.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use idcloud_flows::journal::{JournalError, JournalErrorKind};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::failure::storage;
use crate::open::{reading, unchanging};

/// After how many changes the log is written into the main file: it holds some megabytes then.
const CHANGES: usize = 1_000;

/// A connection that leaves a log in its place when it is closed where SQLite would lose by it.
#[derive(Debug)]
pub(crate) struct Logged {
    connection: Connection,
    path: PathBuf,
    log: PathBuf,
}

impl Logged {
    /// Takes over a connection to the file at `path`.
    pub(crate) fn new(connection: Connection, path: &Path) -> Self {
        Self {
            connection,
            path: path.to_owned(),
            log: log_of(path),
        }
    }

    /// Refuses a main file whose mark says that it needs a log, and beside which none takes the mark away.
    ///
    /// Asked of an open connection, because nobody can close the journal, and so remove its log, beside one.
    pub(crate) fn refuse_without_log(&self) -> Result<(), JournalError> {
        /// Another program may mark the main file anew between two looks: once, and not again at once.
        const LOOKS: u32 = 2;
        for _ in 0..LOOKS {
            // The main file first: once it has the mark, the log has what takes it away.
            let stands_marked = stands_marked(&self.path);
            match is_set(self) {
                Ok(true) if stands_marked || self.has_no_log() => {}
                Ok(_) => return Ok(()),
                // The log's index is still there, and leads into a log that does not hold what it says.
                Err(error) if stands_marked && (self.has_no_log() || is_broken(&error)) => {}
                Err(error) => return Err(storage(error)),
            }
        }
        Err(JournalErrorKind::LogMissing.into())
    }

    /// Whether the main file holds everything: a program that has it open for writing has a log beside it.
    pub(crate) fn has_no_log(&self) -> bool {
        std::fs::metadata(&self.log).map_or_else(
            |error| error.kind() == ErrorKind::NotFound,
            |log| log.len() == 0,
        )
    }

    /// Whether closing would lose something: the mark would get into the main file, or a damaged log would.
    fn must_keep_log(&self) -> bool {
        // Where there is no log, looking for the mark would make one, and closing writes nothing.
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

/// A program that was killed while it set the mark left a log that says so, and a log can be emptied while it is open.
/// Closing would write what it holds into the main file, and remove it.
impl Drop for Logged {
    fn drop(&mut self) {
        if self.must_keep_log() {
            // A log that cannot be kept is written into the main file, where nothing of it is lost.
            let _ = self
                .connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
    }
}

/// The path of the log, which stands beside the file that links lead to.
pub(crate) fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// The path of the log's index.
pub(crate) fn index_of(path: &Path) -> PathBuf {
    beside(path, "-shm")
}

/// The path of the rollback journal, which stands there while the file is made.
pub(crate) fn rollback_of(path: &Path) -> PathBuf {
    beside(path, "-journal")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = path.into_os_string();
    name.push(suffix);
    name.into()
}

/// Whether `log` begins as SQLite's logs do (<https://sqlite.org/walformat.html>); reads on from where it stands.
pub(crate) fn begins_as_log(log: &mut File) -> std::io::Result<bool> {
    let mut magic = [0; 4];
    log.read_exact(&mut magic)?;
    // The last bit is the order of the bytes that its checksums are of.
    Ok(u32::from_be_bytes(magic) & !1 == 0x377f_0682)
}

/// Keeps the mark in the main file while changes are written.
#[derive(Debug)]
pub(crate) struct LogMark {
    path: PathBuf,
    /// What was written since the main file was seen with the mark; nothing where that is not known.
    changes: Option<usize>,
}

/// A mark that stands in the log, and is on its way into the main file.
#[derive(Debug)]
pub(crate) struct Marking {
    /// Holds the state that has the mark: no checkpoint goes beyond it, and the log is not begun anew.
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

    /// Before a transaction: sees that the main file has the mark or will have it, and that the log does not grow without
    /// end. The transaction has to [`take_away`] what is returned.
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

    /// After a transaction, and before anybody hears of it: brings the mark into the main file.
    pub(crate) fn changed(
        &mut self,
        marking: Option<Marking>,
        connection: &Connection,
        changes: usize,
    ) -> Result<(), JournalError> {
        if let Some(marking) = marking {
            checkpoint(connection).map_err(storage)?;
            release(&marking.reader).map_err(storage)?;
            // A reader of an older state keeps the main file as it is: then the next transaction tries again.
            if cfg!(not(unix)) || stands_marked(&self.path) {
                self.changes = Some(0);
            }
        }
        self.changes = self.changes.map(|before| before.saturating_add(changes));
        Ok(())
    }
}

/// Completes the main file, and commits the mark into the log. Nothing where another program's change, or its reader, came
/// between: the main file then has the mark that it had.
fn begin(
    connection: &Connection,
    reader: Logged,
    path: &Path,
) -> rusqlite::Result<Option<Marking>> {
    if is_set(connection)? {
        // Of a program that was killed.
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

/// Takes the mark away, in the transaction that comes after it.
pub(crate) fn take_away(transaction: &Connection) -> rusqlite::Result<()> {
    let version = schema_version(transaction)?;
    transaction.pragma_update(None, "schema_version", version.saturating_add(1))
}

fn schema_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA schema_version", [], |row| row.get(0))
}

/// Holds the state that stands now; whether it has the mark.
fn hold(reader: &Connection) -> rusqlite::Result<bool> {
    reader.execute_batch("BEGIN")?;
    is_set(reader)
}

fn release(reader: &Connection) -> rusqlite::Result<()> {
    reader.execute_batch("COMMIT")
}

/// Writes the log into the main file, up to the oldest state that a reader holds.
fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

/// Whether the main file has the mark, whatever the log says.
fn stands_marked(path: &Path) -> bool {
    // While another program writes a checkpoint, what is read may be broken: then it is not known.
    unchanging(path).is_ok_and(|alone| matches!(is_set(&alone), Ok(true)))
}

/// Whether what is read is not what SQLite wrote.
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

/// Whether the mark is set as this connection sees the journal.
fn is_set(connection: &Connection) -> rusqlite::Result<bool> {
    // An older journal has no mark, and a file of another program has none either.
    if !connection.table_exists(Some("main"), "open_log")? {
        return Ok(false);
    }
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM open_log, pragma_schema_version WHERE needed_by = schema_version)",
        [],
        |row| row.get(0),
    )
}

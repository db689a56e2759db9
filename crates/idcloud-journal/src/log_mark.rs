//! The mark of a main file that does not stand without its log.
//!
//! Must never be found in a journal that was closed, and must never count in a copy that SQLite made.
//!
//! A change is committed into the log (`-wal`) and stays there until a checkpoint. The main file
//! alone is then an older journal, whose later references all look new. So the mark is set before
//! the first change, carried into the main file by a checkpoint, and unset in the log. Read together
//! with its log the journal has no mark, and SQLite writes that into the main file when the last
//! connection is closed. A main file that was copied, moved or left without its log has the mark.
//!
//! The mark is the schema version of the file it was set in. SQLite gives a copy that it makes
//! (its backup, `VACUUM INTO`) a schema version of its own, so a mark that gets into one says nothing. The migrations see
//! that a journal's version is far from those that backups count through.

use std::io::ErrorKind;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::time::Duration;

use idcloud_flows::journal::{JournalError, JournalErrorKind};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::failure::storage;
use crate::opening::{BUSY, unchanging};

/// How long a checkpoint waits for readers of an older state. They take milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// After how many changes the log is written into the main file: it holds some megabytes then.
const CHANGES: usize = 1_000;

/// Two programs that set the mark at once can take it from each other once, hardly twice.
const TRIES: u32 = 3;

/// A connection that leaves a log in its place when it is closed while the mark is set, as SQLite would not.
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

    /// Refuses a main file whose mark says that it needs a log, and that has none.
    ///
    /// Asked of an open connection, because nobody can close the journal, and so remove its log, beside one.
    pub(crate) fn refuse_without_log(&self) -> Result<(), JournalError> {
        let is_needed = match is_set(self) {
            Ok(set) => set,
            // The log's index is still there, and leads into a log that is not.
            Err(error) if !stands_marked(&self.path) => return Err(storage(error)),
            Err(_) => true,
        };
        if is_needed && self.has_no_log() {
            Err(JournalErrorKind::LogMissing.into())
        } else {
            Ok(())
        }
    }

    /// Whether the main file holds everything: a program that has it open for writing has a log beside it.
    pub(crate) fn has_no_log(&self) -> bool {
        std::fs::metadata(&self.log).map_or_else(
            |error| error.kind() == ErrorKind::NotFound,
            |log| log.len() == 0,
        )
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

/// A program that was killed while it set the mark left a log that says so. Closing would write the mark into the main file and remove that log.
impl Drop for Logged {
    fn drop(&mut self) {
        // Where there is no log, looking for the mark would make one.
        if !self.has_no_log() && !matches!(is_set(self), Ok(false)) {
            // A log that cannot be kept is written into the main file, where nothing of it is lost.
            let _ = keep_log(self, true);
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

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = path.into_os_string();
    name.push(suffix);
    name.into()
}

/// Keeps the mark in the main file while changes are written.
#[derive(Debug)]
pub(crate) struct LogMark {
    path: PathBuf,
    /// What was written since the mark was set last; nothing was written where there is nothing.
    changes: Option<usize>,
}

impl LogMark {
    /// For the journal at `path`.
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            changes: None,
        }
    }

    /// Before a transaction: sees that the main file has the mark, and that the log does not grow without end.
    pub(crate) fn before_changes(&mut self, connection: &Connection) -> Result<(), JournalError> {
        match self.changes {
            None => {
                begin(connection, &self.path).map_err(storage)?;
                self.changes = Some(0);
            }
            Some(changes) if changes >= CHANGES => {
                self.changes = Some(0);
                // A log that grows for a while harms nobody; what is to be written says itself if it cannot.
                let _ = renew(connection, &self.path);
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// After a transaction.
    pub(crate) fn changed(&mut self, changes: usize) {
        self.changes = self.changes.map(|before| before.saturating_add(changes));
    }
}

/// Sets the mark where no other program has set it already.
fn begin(connection: &Connection, path: &Path) -> rusqlite::Result<()> {
    if stands_marked(path) && !is_set(connection)? {
        return Ok(());
    }
    renew(connection, path)
}

/// Writes the log into the main file, which has the mark afterwards.
fn renew(connection: &Connection, path: &Path) -> rusqlite::Result<()> {
    for _ in 0..TRIES {
        keep_log(connection, true)?;
        connection.execute(
            "UPDATE open_log SET needed_by = (SELECT schema_version FROM pragma_schema_version)",
            [],
        )?;
        let written = checkpoint(connection);
        connection.execute("UPDATE open_log SET needed_by = NULL", [])?;
        keep_log(connection, false)?;
        // A reader that holds an older state keeps the main file as it is; waiting for it longer would hold up every writer.
        if !written? || stands_marked(path) {
            break;
        }
    }
    Ok(())
}

/// Writes the log into the main file; false where a reader kept some of it out.
fn checkpoint(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(PATIENCE)?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(FULL)", [], |row| {
        row.get::<_, i64>(0)
    });
    connection.busy_timeout(BUSY)?;
    Ok(busy? == 0)
}

/// Whether the main file has the mark, whatever the log says.
fn stands_marked(path: &Path) -> bool {
    // While another program writes a checkpoint, what is read may be broken: then it is not known.
    unchanging(path).is_ok_and(|alone| matches!(is_set(&alone), Ok(true)))
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

/// Whether closing the last connection leaves the log as it is.
fn keep_log(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)
        .map(|_| ())
}

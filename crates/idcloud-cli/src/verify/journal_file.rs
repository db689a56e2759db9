//! The journal's file: its path, and who may open it.
//!
//! Must not be readable by users other than its owner. Must not create a journal that a command
//! only reads.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use idcloud_flows::IdCloud;
use idcloud_flows::journal::{
    Journal, JournalError, JournalErrorKind, Owner, Reference, ReferenceError,
};
use idcloud_http::Client;
use idcloud_sqlite::{SqliteJournal, SqliteReader};

use crate::args::Format;
use crate::args::memory::MemoryArgs;
use crate::config::settings::Settings;
use crate::failure::submit;
use crate::failure::{Failure, Refusal};
use crate::files::private_file;
use crate::input;
use crate::input::file_mode::refuse_open_folder;
use crate::output::Output;

/// The flag that errors name.
const FIELD: &str = "--journal";

/// `~/.local/state/idcloud/journal.db`.
pub(crate) fn default_path(
    xdg_state_home: Option<OsString>,
    home: Option<OsString>,
) -> Option<PathBuf> {
    let configured = xdg_state_home
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let directory = configured.or_else(|| {
        home.filter(|home| !home.is_empty())
            .map(|home| PathBuf::from(home).join(".local").join("state"))
    })?;
    Some(directory.join("idcloud").join("journal.db"))
}

/// The named path, or the default one, whose directory is created for its owner only.
///
/// # Errors
/// There is no home directory for it.
pub(crate) fn named_or_default(
    named: Option<&Path>,
    default: Option<&Path>,
) -> Result<PathBuf, Failure> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    default.map(Path::to_owned).ok_or_else(|| {
        Failure::usage(vec![Refusal::new(
            FIELD,
            "is not given, and there is no home directory to look into",
            "name the journal's file with --journal",
        )])
    })
}

fn unwritable() -> Failure {
    Failure::usage(vec![Refusal::new(
        FIELD,
        "cannot be opened for writing",
        "name a file in a directory that exists and that you may write to",
    )])
}

/// Opens a journal for writing; creates it for its owner only if there is none.
///
/// # Errors
/// It cannot be opened, or the file is not a journal.
pub(crate) fn open(path: &Path) -> Result<Arc<dyn Journal>, Failure> {
    Ok(Arc::new(writing(path)?))
}

fn writing(path: &Path) -> Result<SqliteJournal, Failure> {
    if path.is_dir() {
        return Err(unwritable());
    }
    refuse_open_folder(FIELD, path).map_err(|refusal| Failure::usage(vec![refusal]))?;
    match SqliteJournal::open(path) {
        Ok(journal) => Ok(journal),
        Err(error) if error.kind() == JournalErrorKind::Storage => Err(unwritable()),
        Err(error) => Err(unusable(&error)),
    }
}

/// The journal of a submission, and its reference.
pub(crate) struct Remembered {
    pub(crate) reference: Reference,
    pub(crate) journal: Arc<dyn Journal>,
    /// Whether it is submitted again if its process failed.
    pub(crate) begin_again: bool,
}

/// The memory that a single command's flags ask for; `None` without a reference. Prints a note if
/// the journal is created.
///
/// # Errors
/// The reference is not allowed in a journal, or its journal cannot be opened.
pub(crate) fn remembered(
    args: &MemoryArgs,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<Option<Remembered>, Failure> {
    let Some(text) = &args.reference else {
        return Ok(None);
    };
    let reference = text.parse().map_err(|error: ReferenceError| {
        let remedy = "name the request by an id of your own, such as an order number";
        Failure::usage(vec![Refusal::new("--reference", error.to_string(), remedy)])
    })?;
    let default = settings.default_journal.as_deref();
    let path = named_or_default(args.journal.as_deref(), default)?;
    let is_new = !has_content(&path);
    let journal = match &args.journal {
        Some(path) => open(path)?,
        None => open_default(&path)?,
    };
    // In other formats a script reads standard error for the error object.
    if is_new && output.format() == Format::Text {
        // A closed standard error is the caller's choice: continue without the note.
        let _ = output.note("note: the journal is new: it remembers no earlier request");
    }
    Ok(Some(Remembered {
        reference,
        journal,
        begin_again: args.begin_again,
    }))
}

/// An [`IdCloud`] that uses `client`, and the journal if there is one.
pub(crate) fn idcloud(client: Client, memory: Option<&Remembered>) -> IdCloud {
    let idcloud = IdCloud::new(client);
    match memory {
        Some(memory) => idcloud.remembering(Arc::clone(&memory.journal), Owner::random()),
        None => idcloud,
    }
}

/// Opens the default journal, whose directory is created for its owner only.
///
/// # Errors
/// As for [`open`].
pub(crate) fn open_default(path: &Path) -> Result<Arc<dyn Journal>, Failure> {
    if let Some(directory) = path.parent() {
        private_file::create_directory(directory).map_err(|_| unwritable())?;
    }
    open(path)
}

/// Opens a journal for reading before a run; `None` if there is none yet, or an empty file.
///
/// # Errors
/// It cannot be read, is not a journal, the name is not a path, or others may replace files in its
/// directory.
pub(crate) fn look_if_there(path: &Path) -> Result<Option<SqliteReader>, Failure> {
    refuse_open_folder(FIELD, path).map_err(|refusal| Failure::usage(vec![refusal]))?;
    match SqliteReader::open(path) {
        Err(error) if !has_content(path) && error.kind() != JournalErrorKind::NotAPath => Ok(None),
        Err(error) if error.kind() == JournalErrorKind::Storage => look(path).map(Some),
        Err(error) => Err(unusable(&error)),
        Ok(reader) => Ok(Some(reader)),
    }
}

/// Opens an existing journal.
///
/// # Errors
/// It is missing, cannot be opened, or is not a journal.
pub(crate) fn open_existing(path: &Path) -> Result<SqliteJournal, Failure> {
    find(path)?;
    writing(path)
}

/// Opens an existing journal for reading; it may be read-only.
///
/// # Errors
/// It is missing, cannot be read, or is not a journal.
pub(crate) fn look(path: &Path) -> Result<SqliteReader, Failure> {
    find(path)?;
    refuse_open_folder(FIELD, path).map_err(|refusal| Failure::usage(vec![refusal]))?;
    SqliteReader::open(path).map_err(|error| match error.kind() {
        JournalErrorKind::Storage => Failure::usage(vec![Refusal::new(
            FIELD,
            "cannot be read",
            "name a file that you may read; what a run left open that was killed takes the right to write as well",
        )]),
        _ => unusable(&error),
    })
}

/// Whether there is anything but an empty file: a pipe reports no length, and is not a new journal.
fn has_content(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.len() > 0 || !found.is_file())
}

fn find(path: &Path) -> Result<(), Failure> {
    if path.as_os_str() == ":memory:" || path.as_os_str().as_encoded_bytes().starts_with(b"file:") {
        return Err(unusable(&JournalErrorKind::NotAPath.into()));
    }
    let found = std::fs::metadata(path).map_err(|error| input::unreadable(FIELD, &error));
    let found = found.map_err(|refusal| Failure::usage(vec![refusal]))?;
    if found.is_dir() {
        let refusal = input::unreadable(FIELD, &std::io::ErrorKind::IsADirectory.into());
        return Err(Failure::usage(vec![refusal]));
    }
    Ok(())
}

fn unusable(error: &JournalError) -> Failure {
    let failed = submit::of_journal(error);
    Failure {
        exit: crate::failure::exit::Exit::Usage,
        ..failed
    }
}

/// The path of a file without links, or the one that it will have.
#[cfg(unix)]
fn real(path: &Path) -> std::io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new(".")).canonicalize()?;
            Ok(folder.join(path.file_name().unwrap_or_default()))
        }
        real => real,
    }
}

/// Keeps a second batch from using the same journal while the lock lives. The system releases it
/// when a batch is killed.
#[derive(Debug)]
pub(crate) struct BatchLock {
    #[cfg(unix)]
    _file: nix::fcntl::Flock<std::fs::File>,
}

impl BatchLock {
    /// Takes the lock of the journal at `path`, which need not exist yet.
    ///
    /// # Errors
    /// Another batch holds it, or its file cannot be created.
    #[cfg(unix)]
    pub(crate) fn take(path: &Path) -> Result<Self, Failure> {
        use std::os::unix::fs::OpenOptionsExt as _;

        use nix::errno::Errno;
        use nix::fcntl::{Flock, FlockArg, OFlag};

        let refused =
            |rule: &str, remedy: &str| Failure::usage(vec![Refusal::new(FIELD, rule, remedy)]);
        let unwritable = |_: std::io::Error| {
            refused(
                "has no place for its lock beside it",
                "allow yourself to write there",
            )
        };
        // The lock belongs to the real path: links to one journal share it.
        let mut lock = real(path).map_err(unwritable)?.into_os_string();
        lock.push(".lock");
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            // A pipe at this path would block the program for ever.
            .custom_flags(OFlag::O_NONBLOCK.bits())
            .open(lock)
            .map_err(unwritable)?;
        if !file.metadata().is_ok_and(|found| found.is_file()) {
            return Err(unwritable(std::io::ErrorKind::InvalidInput.into()));
        }
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(file) => Ok(Self { _file: file }),
            Err((_, Errno::EWOULDBLOCK)) => Err(refused(
                "is in use by another batch run",
                "wait until it has ended; idcloud batch status tells how far it is",
            )),
            Err(_) => Err(refused("cannot be locked", "put it on a local disk")),
        }
    }

    /// On systems without file locks, leases keep two runs apart.
    ///
    /// # Errors
    /// None.
    #[cfg(not(unix))]
    pub(crate) fn take(_: &Path) -> Result<Self, Failure> {
        Ok(Self {})
    }

    /// Whether holding the lock proves that no other batch is running.
    pub(crate) const PROVES: bool = cfg!(unix);
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Submissions are private to the owner.
    #[test]
    fn only_the_owner_may_read() {
        let home = tempfile::tempdir().unwrap();
        let path = default_path(None, Some(home.path().into())).unwrap();
        assert!(path.ends_with(".local/state/idcloud/journal.db"));
        drop(open_default(&path).unwrap());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let _lock = BatchLock::take(&path).unwrap();
        assert_eq!(
            BatchLock::take(&path).unwrap_err().exit,
            crate::failure::exit::Exit::Usage
        );
        assert_eq!(mode(&path.with_file_name("journal.db.lock")), 0o600);
    }

    /// A dry run does not take a file for a new journal that the run would refuse.
    #[test]
    fn a_pipe_is_no_new_journal() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe.db");
        assert!(look_if_there(&path).unwrap().is_none());
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(look_if_there(&path).is_err() && open(&path).is_err());
    }

    /// Opening a journal for reading never creates one.
    #[test]
    fn a_journal_that_is_only_read_is_not_made() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("batch.db");
        assert!(open_existing(&path).is_err() && look(&path).is_err());
        assert!(!path.exists());
        std::fs::write(&path, "no journal at all, but a text of some length").unwrap();
        assert!(open_existing(&path).is_err() && look(&path).is_err());
    }
}

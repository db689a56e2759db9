//! Writes a file that replaces another atomically: no reader sees it half-written.
//!
//! Must not touch any other file that this program did not make.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::input::opening::open_stream;

/// The users who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Only its owner.
    Owner,
    /// Every user whom the owner's umask allows.
    Anyone,
}

/// New content for a path. It is discarded unless it is committed.
#[derive(Debug)]
#[must_use = "what is not committed is thrown away"]
pub(crate) enum Replacement {
    /// A file under a random name in the same folder.
    File(BufWriter<NamedTempFile>, PathBuf),
    /// Not a regular file, such as standard output by its path: written to directly.
    Stream(BufWriter<File>),
}

impl Replacement {
    /// Starts a file that only its owner can read.
    ///
    /// # Errors
    /// No file can be created in the directory of `path`, or `path` leads to something that is
    /// neither a file nor a stream.
    pub(crate) fn begin(path: &Path) -> io::Result<Self> {
        Self::begin_for(path, Readers::Owner)
    }

    /// Starts a file.
    ///
    /// # Errors
    /// As for [`begin`](Self::begin).
    pub(crate) fn begin_for(path: &Path, readers: Readers) -> io::Result<Self> {
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Ok(Self::Stream(BufWriter::new(open_stream(path)?)));
        }
        path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".idcloud-").suffix(".tmp");
        #[cfg(unix)]
        if readers == Readers::Anyone {
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        }
        #[cfg(not(unix))]
        let _ = readers;
        let file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Self::File(BufWriter::new(file), path.to_owned()))
    }

    /// Moves the file into its place.
    ///
    /// # Errors
    /// It cannot be written or renamed.
    pub(crate) fn commit(self) -> io::Result<()> {
        match self {
            Self::File(file, path) => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.as_file().sync_all()?;
                file.persist(path)?;
                Ok(())
            }
            Self::Stream(mut stream) => stream.flush(),
        }
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file, _) => file.write(bytes),
            Self::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file, _) => file.flush(),
            Self::Stream(stream) => stream.flush(),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> io::Result<u32> {
        Ok(fs::metadata(path)?.permissions().mode() & 0o777)
    }

    /// A discarded replacement leaves the old file unchanged and no temporary file; a user's file
    /// with the old temporary name stays.
    #[test]
    fn what_is_not_committed_replaces_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (
            directory.path().join("results.csv"),
            directory.path().join("results.csv.new"),
        );
        fs::write(&path, "older").unwrap();
        fs::write(&other, "mine").unwrap();
        let mut replacement = Replacement::begin(&path).unwrap();
        replacement.write_all(b"half").unwrap();
        drop(replacement);
        assert_eq!(fs::read(&path).unwrap(), b"older");
        assert_eq!(fs::read(&other).unwrap(), b"mine");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    /// Two replacements of one file at once are both complete: the later one stays.
    #[test]
    fn two_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("results.csv");
        let mut first = Replacement::begin(&path).unwrap();
        first.write_all(b"first").unwrap();
        let mut second = Replacement::begin(&path).unwrap();
        second.write_all(b"second").unwrap();
        first.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first");
        second.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(mode(&path).unwrap(), 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    /// Pages about the program are readable by everyone, as files of other programs are.
    #[test]
    fn pages_may_be_read() {
        let directory = tempfile::tempdir().unwrap();
        let (page, plain) = (
            directory.path().join("page"),
            directory.path().join("plain"),
        );
        let mut replacement = Replacement::begin_for(&page, Readers::Anyone).unwrap();
        replacement.write_all(b"page").unwrap();
        replacement.commit().unwrap();
        fs::write(&plain, "").unwrap();
        assert_eq!(mode(&page).unwrap(), mode(&plain).unwrap());
    }
}

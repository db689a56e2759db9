//! The version of an input file at the start of a run: which file, its length, and when its content
//! and its metadata changed.
//!
//! Must not let rows be read from a file that changed during reading: half of one row and half of
//! another describe a person who is in neither.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Identifies a version of a file, to detect a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    length: u64,
    modified: Option<SystemTime>,
    /// Device and inode, where files have them.
    file: (u64, u64),
    /// When content, name or permissions last changed, on systems that record it: no program can
    /// set this time back.
    changed: (i64, i64),
}

impl Version {
    fn of(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            file: file(metadata),
            changed: changed(metadata),
        }
    }
}

#[cfg(unix)]
fn file(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn file(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> (i64, i64) {
    (0, 0)
}

/// The path of an opened file, and its version at that time.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    version: Version,
}

impl Place {
    /// The version of the file when it was opened.
    pub(crate) const fn version(&self) -> &Version {
        &self.version
    }

    /// Checks that the path still leads to the same file in the same version. Checks the path and
    /// not the open file, because editors replace a file by another. One check takes a microsecond.
    ///
    /// # Errors
    /// The file has changed or is gone ([`is_change`]), or its metadata cannot be read.
    pub(crate) fn check(&self) -> io::Result<()> {
        match std::fs::metadata(&self.path) {
            Ok(metadata) if Version::of(&metadata) == self.version => Ok(()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Err(io::Error::other(Changed)),
        }
    }
}

/// The file changed since it was opened.
#[derive(Debug)]
struct Changed;

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the file changed while it was read")
    }
}

impl std::error::Error for Changed {}

/// Whether reading ended because the file changed.
pub(crate) fn is_change(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<Changed>)
}

/// A file that can be read only while it stays as it was when it was opened.
#[derive(Debug)]
pub(crate) struct Unchanged {
    file: File,
    version: Version,
}

impl Unchanged {
    /// Takes the file in its current version.
    ///
    /// # Errors
    /// It is a directory, or its metadata cannot be read.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let version = Version::of(&metadata);
        Ok(Self { file, version })
    }

    /// The file's [`Place`], for the `path` at which it was opened.
    pub(crate) fn place(&self, path: &Path) -> Place {
        Place {
            path: path.to_owned(),
            version: self.version.clone(),
        }
    }
}

impl Read for Unchanged {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        // Checked after the read: then the bytes certainly come from the unchanged file.
        if Version::of(&self.file.metadata()?) == self.version {
            Ok(read)
        } else {
            Err(io::Error::other(Changed))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Duration;

    use idcloud_http::{Clock as _, SystemClock};

    use super::*;

    /// A verdict cannot be misread: no row is built from two versions of a file.
    #[test]
    fn a_file_that_changes_is_read_no_further() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("in.csv");
        std::fs::write(&path, "0123456789").unwrap();
        let open = || Unchanged::new(File::open(&path).unwrap()).unwrap();
        let mut reader = open();
        let mut buffer = [0; 4];
        assert_eq!(reader.read(&mut buffer).unwrap(), 4);
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap();
        file.write_all(b"more").unwrap();
        assert!(is_change(&reader.read(&mut buffer).unwrap_err()));
        assert!(!is_change(&io::ErrorKind::FileTooLarge.into()));
        assert_ne!(open().version, reader.version);
        assert_eq!(open().version, open().version);
        assert!(Unchanged::new(File::open(directory.path()).unwrap()).is_err());
    }

    /// A row that the person has removed is not billed: a check of the path notices every way to
    /// change the file.
    #[tokio::test]
    async fn a_place_is_asked_by_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("in.csv");
        let other = directory.path().join("new.csv");
        let replace = || {
            std::fs::copy(&path, &other).unwrap();
            std::fs::rename(&other, &path).unwrap();
        };
        let rewrite = || {
            let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            let before = file.metadata().unwrap().modified().unwrap();
            (&file).write_all(b"9876543210").unwrap();
            file.set_modified(before).unwrap();
        };
        let remove = || std::fs::remove_file(&path).unwrap();
        let ways: [(&str, &dyn Fn()); 3] = [
            ("replaced by its copy", &replace),
            ("rewritten, and its time set back", &rewrite),
            ("removed", &remove),
        ];
        for (way, change) in ways {
            std::fs::write(&path, "0123456789").unwrap();
            let open = Unchanged::new(File::open(&path).unwrap()).unwrap();
            let place = open.place(&path);
            place.check().unwrap();
            // Longer than the resolution of file timestamps.
            SystemClock::new().sleep(Duration::from_millis(20)).await;
            change();
            assert!(is_change(&place.check().unwrap_err()), "{way}");
        }
    }
}

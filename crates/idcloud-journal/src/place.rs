//! Where the file was opened, to tell whether it is still there.
//!
//! Must never let a change be answered that went into a file which nobody finds any more.

use std::path::{Path, PathBuf};

use idcloud_flows::journal::{JournalError, JournalErrorKind};

/// A path, and which file was there.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    file: Option<FileId>,
}

/// Device and number of a file; other systems than Unix keep an open file from being removed.
type FileId = (u64, u64);

impl Place {
    /// The file that is at `path` now.
    pub(crate) fn of(path: &Path) -> Result<Self, JournalError> {
        let storage = |error| JournalError::new(JournalErrorKind::Storage).with_source(error);
        // A program may change its directory later.
        let path = std::path::absolute(path).map_err(storage)?;
        let file = file_at(&path).map_err(storage)?;
        Ok(Self { path, file })
    }

    /// Refuses where another file is there now, or none.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        match file_at(&self.path) {
            Ok(file) if file == self.file => Ok(()),
            Ok(_) => Err(JournalErrorKind::Replaced.into()),
            Err(error) => Err(JournalError::new(JournalErrorKind::Replaced).with_source(error)),
        }
    }
}

#[cfg(unix)]
fn file_at(path: &Path) -> std::io::Result<Option<FileId>> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path)?;
    Ok(Some((metadata.dev(), metadata.ino())))
}

#[cfg(not(unix))]
fn file_at(path: &Path) -> std::io::Result<Option<FileId>> {
    std::fs::metadata(path).map(|_| None)
}

//! Files and directories that only their owner can read.
//!
//! Must not leave a moment in which others could open the new content.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::files::replacement::Replacement;

/// Creates the directory for its owner only, if there is none. It survives a power failure.
///
/// # Errors
/// It cannot be created, or its parent cannot be synced to the disk.
pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(Path::new(""));
    create_directory(parent)?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    match builder.create(path) {
        // Another program may create it at the same moment.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !path.is_dir() => Err(error),
        _ => sync_directory(parent),
    }
}

/// Syncs a directory's entries to the disk. SQLite does so for the directory of a journal, but not
/// for those above it.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    match fs::File::open(path).and_then(|folder| folder.sync_all()) {
        // Some file systems cannot sync a directory, and some directories are writable but not
        // readable.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "a folder cannot be opened here")]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes the file; atomically replaces an older one, with its permissions.
///
/// # Errors
/// It cannot be written there.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut replacement = Replacement::begin(path)?;
    replacement.write_all(content)?;
    replacement.commit()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_the_owner_may_read_even_what_was_there_before() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("a").join("b");
        create_directory(&inner).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&inner), mode(&directory.path().join("a"))),
            (0o700, 0o700)
        );
        let path = inner.join("key.pem");
        fs::write(&path, "older").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, b"newer").unwrap();
        assert_eq!(
            (mode(&path), fs::read(&path).unwrap()),
            (0o600, b"newer".to_vec())
        );
    }
}

//! Files and folders that only their owner can read.
//!
//! Must not leave a moment in which others could open the new content.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::files::replacement::Replacement;

/// Creates the folder where there is none, for its owner alone, so that a loss of power does not take it back.
///
/// # Errors
/// It cannot be made, or its parent cannot be written to the disk.
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
        // Another program may make it at the same moment.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !path.is_dir() => Err(error),
        _ => sync_directory(parent),
    }
}

/// Writes the names in a folder to the disk. SQLite does so for the folder of a journal, and not for those above it.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    match fs::File::open(path).and_then(|folder| folder.sync_all()) {
        // Some file systems know no such thing, and some folders may be written to and not read.
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

/// Writes the file anew: an older one of the same name is replaced whole, with its permissions.
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

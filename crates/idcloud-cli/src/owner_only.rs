//! Files that only their owner can read.
//!
//! Never leaves a moment in which others could open the new content.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Creates the directory where there is none, for its owner alone.
pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Writes the file anew: an older one of the same name is replaced whole, with its permissions.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut replacement = Replacement::begin(path)?;
    replacement.write_all(content)?;
    replacement.commit()
}

/// A file on its way to replacing another: nobody sees it half written.
#[derive(Debug)]
#[must_use = "what is not committed is thrown away"]
pub(crate) struct Replacement {
    file: BufWriter<File>,
    fresh: Option<PathBuf>,
    path: PathBuf,
}

impl Replacement {
    /// Begins beside the file that is to be replaced. What is no file, such as a pipe, is written to as it is.
    pub(crate) fn begin(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true);
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Ok(Self {
                file: BufWriter::new(options.open(path)?),
                fresh: None,
                path: path.to_owned(),
            });
        }
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let mut fresh = name.to_owned();
        fresh.push(".new");
        let fresh = path.with_file_name(fresh);
        // Left behind by a run that was killed.
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        options.create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        Ok(Self {
            file: BufWriter::new(options.open(&fresh)?),
            fresh: Some(fresh),
            path: path.to_owned(),
        })
    }

    /// Puts it into its place.
    pub(crate) fn commit(mut self) -> io::Result<()> {
        self.file.flush()?;
        let Some(fresh) = &self.fresh else {
            return Ok(());
        };
        self.file.get_ref().sync_all()?;
        fs::rename(fresh, &self.path)?;
        self.fresh = None;
        Ok(())
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if let Some(fresh) = &self.fresh {
            // Nothing was promised to stand there.
            let _ = fs::remove_file(fresh);
        }
    }
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
        assert_eq!(mode(&inner), 0o700);
        let path = inner.join("key.pem");
        fs::write(&path, "older").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, b"newer").unwrap();
        assert_eq!(
            (mode(&path), fs::read(&path).unwrap()),
            (0o600, b"newer".to_vec())
        );
    }

    /// What is thrown away leaves the older file as it was, and nothing beside it.
    #[test]
    fn what_is_not_committed_replaces_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("results.csv");
        write(&path, b"older").unwrap();
        let mut replacement = Replacement::begin(&path).unwrap();
        replacement.write_all(b"half").unwrap();
        drop(replacement);
        assert_eq!(fs::read(&path).unwrap(), b"older");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}

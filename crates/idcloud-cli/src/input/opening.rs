//! Opens the files that flags, rows and variables name.
//!
//! Must not wait for another program: a pipe without a writer or reader would block the run for
//! ever, and a device may have no end.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file that a flag or a variable names, or a descriptor that the shell passed.
///
/// # Errors
/// It cannot be opened, or is neither ([`io::ErrorKind::InvalidInput`]).
pub(crate) fn open_file(path: &Path) -> io::Result<(File, Metadata)> {
    if !is_inherited(path) {
        return open_regular(path);
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok((file, metadata))
}

/// Opens a file that is read more than once, or that a row names. Refuses descriptors, which can be
/// read only once.
///
/// # Errors
/// It cannot be opened, or is not a regular file ([`io::ErrorKind::InvalidInput`]).
pub(crate) fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;

        use nix::fcntl::OFlag;

        // `O_NONBLOCK`: opening a pipe would wait for its writer. `O_NOCTTY`: a terminal could
        // become this program's controlling terminal.
        options.custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits());
    }
    let file = options.open(path).map_err(|error| named(path, error))?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok((file, metadata))
}

/// Maps the error of a file that cannot be opened because of its type, such as a socket.
fn named(path: &Path, error: io::Error) -> io::Error {
    match path.metadata() {
        Ok(found) if !found.is_file() && !found.is_dir() => io::ErrorKind::InvalidInput.into(),
        _ => error,
    }
}

/// Opens a stream for writing: a descriptor that the shell passed, or a device such as `/dev/null`.
///
/// # Errors
/// It cannot be opened, or is neither ([`io::ErrorKind::InvalidInput`]).
pub(crate) fn open_stream(path: &Path) -> io::Result<File> {
    if is_stream(path, &path.metadata()?) {
        OpenOptions::new().write(true).open(path)
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

/// Whether [`open_stream`] would open it.
pub(crate) fn is_stream(path: &Path, found: &Metadata) -> bool {
    is_inherited(path) || is_character_device(found)
}

#[cfg(unix)]
fn is_character_device(found: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_char_device(&found.file_type())
}

#[cfg(not(unix))]
fn is_character_device(_: &Metadata) -> bool {
    true
}

/// Whether a path names a descriptor of this program: `/dev/stdin`, or `/dev/fd/63` for a shell's
/// `<(command)`.
fn is_inherited(path: &Path) -> bool {
    let is_number = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    let Some(path) = path.to_str() else {
        return false;
    };
    matches!(path, "/dev/stdin" | "/dev/stdout" | "/dev/stderr")
        || ["/dev/fd/", "/proc/self/fd/"]
            .into_iter()
            .filter_map(|folder| path.strip_prefix(folder))
            .any(is_number)
}

#[cfg(all(test, unix))]
mod tests {
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    /// Nothing blocks a run: a path to something that blocks or has no end is refused, for reading
    /// and for writing.
    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let (pipe, socket, link) = (
            directory.path().join("pipe"),
            directory.path().join("socket"),
            directory.path().join("link"),
        );
        mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [&pipe, &socket, &link] {
            for opened in [open_file(path), open_regular(path)] {
                assert_eq!(opened.unwrap_err().kind(), io::ErrorKind::InvalidInput);
            }
        }
        for path in [&pipe, &socket] {
            let opened = open_stream(path);
            assert_eq!(opened.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
        assert!(open_stream(Path::new("/dev/null")).is_ok());
        let kind = |path: &Path| open_regular(path).unwrap_err().kind();
        assert_eq!(kind(directory.path()), io::ErrorKind::IsADirectory);
        assert_eq!(kind(&directory.path().join("no")), io::ErrorKind::NotFound);
    }

    /// A shell's `<(command)` works, and other paths are not taken for one.
    #[test]
    fn descriptors_are_known_by_their_paths() {
        for (path, expected) in [
            ("/dev/stdin", true),
            ("/dev/fd/63", true),
            ("/proc/self/fd/0", true),
            ("/dev/fd/", false),
            ("/dev/fd/../zero", false),
            ("/dev/fd/63/../../zero", false),
            ("/dev/stdin/", false),
            ("dev/fd/63", false),
            ("/dev/zero", false),
        ] {
            assert_eq!(is_inherited(Path::new(path)), expected, "{path}");
        }
    }
}

//! Reading the files that flags name, with `-` for standard input.
//!
//! Must not read more than it was allowed to, nor repeat a path: files are named after people.

pub(crate) mod blanks;

pub(crate) mod file_mode;
pub(crate) mod opening;
pub(crate) mod picture;
pub(crate) mod private_key;
pub(crate) mod process_id;
pub(crate) mod selfie;
pub(crate) mod subject;
pub(crate) mod wiped;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use idcloud_model::{SavedTextError, saved_text};
use zeroize::Zeroizing;

use crate::failure::Refusal;
use crate::input::file_mode::open_secret;
use crate::input::opening::{open_file, open_regular};

/// Standard input, which can be read once.
pub(crate) struct Stdin<'a> {
    source: Option<&'a mut dyn Read>,
    /// Whether a path may also name another descriptor that the shell passed.
    descriptors: bool,
}

impl<'a> Stdin<'a> {
    /// Wraps the stream.
    pub(crate) fn new(source: &'a mut dyn Read) -> Self {
        Self {
            source: Some(source),
            descriptors: true,
        }
    }

    /// For a flag that does not take standard input.
    pub(crate) fn none() -> Self {
        Self {
            source: None,
            descriptors: true,
        }
    }

    /// For a file that a row names, which is read more than once.
    pub(crate) fn of_a_row() -> Self {
        Self {
            source: None,
            descriptors: false,
        }
    }
}

/// Whether a path stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Refuses standard input as the source of two flags: it can be read once.
///
/// # Errors
/// Names the two flags.
pub(crate) fn only_one_reads_stdin(flags: &[(&str, Option<&Path>)]) -> Result<(), Refusal> {
    let mut readers = flags
        .iter()
        .filter(|(_, path)| path.is_some_and(is_stdin))
        .map(|(flag, _)| *flag);
    match (readers.next(), readers.next()) {
        (Some(one), Some(other)) => Err(Refusal::new(
            format!("{one} and {other}"),
            "cannot both read standard input",
            "name a file for one of the two",
        )),
        _ => Ok(()),
    }
}

/// Reads all of `path`, at most `limit` bytes, into memory that is wiped on drop. No other copy
/// remains.
///
/// # Errors
/// Names `field`: the file is missing, a directory, a pipe or a device, not readable or longer than
/// `limit`.
pub(crate) fn read(
    field: &str,
    path: &Path,
    stdin: &mut Stdin<'_>,
    limit: u64,
) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    if is_stdin(path) {
        let Some(source) = stdin.source.take() else {
            return Err(Refusal::new(
                field,
                "standard input is not there to be read, or was read for another flag",
                "name a file",
            ));
        };
        return wiped::read(source, 0, limit).map_err(|error| unread(field, &error, limit));
    }
    let refused = |error: &io::Error| unreadable(field, error);
    let opened = if stdin.descriptors {
        open_file(path)
    } else {
        open_regular(path)
    };
    let (mut file, metadata) = opened.map_err(|error| refused(&error))?;
    wiped::read(&mut file, metadata.len(), limit).map_err(|error| unread(field, &error, limit))
}

/// Reads a file with a secret as [`read`] does. `what` names the secret.
///
/// # Errors
/// Names `field`: the file cannot be read, is not a regular file, is longer than `limit`, or users
/// other than its owner may use it.
pub(crate) fn read_secret(
    field: &str,
    what: &str,
    path: &Path,
    limit: u64,
) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let mut file = open_secret(field, what, path)?;
    read_open(field, &mut file, limit)
}

/// Reads an open file as [`read`] does.
///
/// # Errors
/// Names `field`: the file is not readable or longer than `limit`.
pub(crate) fn read_open(
    field: &str,
    file: &mut File,
    limit: u64,
) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let expected = file.metadata().map_or(0, |metadata| metadata.len());
    wiped::read(file, expected, limit).map_err(|error| unread(field, &error, limit))
}

fn unread(field: &str, error: &io::Error, limit: u64) -> Refusal {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return Refusal::new(
            field,
            format!("is longer than {limit} bytes"),
            "check that it is the file you mean",
        );
    }
    unreadable(field, error)
}

/// The saved text in `bytes`, without its byte order mark.
///
/// # Errors
/// Names `field`: it is in UTF-16, or not text.
pub(crate) fn text<'a>(field: &str, bytes: &'a [u8]) -> Result<&'a str, Refusal> {
    saved_text(bytes).map_err(|error| Refusal::new(field, encoding(error), "save it as UTF-8"))
}

/// The encoding problem of bytes that are not UTF-8 text.
pub(crate) const fn encoding(error: SavedTextError) -> &'static str {
    match error {
        SavedTextError::Utf16 => "is in UTF-16, which Windows calls Unicode",
        _ => "is not UTF-8 text",
    }
}

/// The meaning of a failed read, without the path.
pub(crate) fn unreadable(field: &str, error: &io::Error) -> Refusal {
    let (rule, remedy) = match error.kind() {
        io::ErrorKind::NotFound => ("there is no such file", "check the path"),
        io::ErrorKind::PermissionDenied => (
            "the file cannot be read: permission denied",
            "allow yourself to read it",
        ),
        io::ErrorKind::IsADirectory => ("is a directory", "name the file inside it"),
        io::ErrorKind::InvalidInput => ("is no file but a pipe or a device", "name a file"),
        _ => (
            "the file cannot be read",
            "check the file and the disk it is on",
        ),
    };
    Refusal::new(field, rule, remedy)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn rule(path: &Path, limit: u64) -> String {
        let mut source = Cursor::new(b"12345".to_vec());
        read("selfie", path, &mut Stdin::new(&mut source), limit)
            .unwrap_err()
            .rule
    }

    #[test]
    fn a_file_that_cannot_be_read_says_why() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(rule(directory.path(), 9), "is a directory");
        assert_eq!(
            rule(&directory.path().join("52998224725.jpg"), 9),
            "there is no such file"
        );
        assert_eq!(rule(Path::new("-"), 4), "is longer than 4 bytes");
    }

    #[test]
    fn standard_input_is_read_once() {
        let mut source = Cursor::new(b"12345".to_vec());
        let mut stdin = Stdin::new(&mut source);
        assert_eq!(
            **read("subject", Path::new("-"), &mut stdin, 5).unwrap(),
            *b"12345"
        );
        assert!(
            read("selfie", Path::new("-"), &mut stdin, 5)
                .unwrap_err()
                .rule
                .contains("was read")
        );
    }
}

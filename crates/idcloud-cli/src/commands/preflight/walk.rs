//! The files that an argument names.
//!
//! Must not follow a link to a directory, which could make the walk endless, nor open anything but
//! regular files.

use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

use crate::failure::Refusal;
use crate::input::{is_stdin, unreadable};

/// Called with the path of each file, and with a refusal if it cannot be checked.
pub(super) type Visit<'a> = dyn FnMut(&Path, Option<Refusal>) -> io::Result<()> + 'a;

/// Visits `given`, or every file below it in the order of their names, except hidden ones.
///
/// # Errors
/// Only those of `visit`: an unreadable file is visited with its refusal.
pub(super) fn files(given: &Path, visit: &mut Visit<'_>) -> io::Result<()> {
    if is_stdin(given) || !given.is_dir() {
        return visit(given, None);
    }
    let mut found = false;
    below(given, &mut |path, refusal| {
        found = true;
        visit(path, refusal)
    })?;
    if found {
        return Ok(());
    }
    let empty = Refusal::new("selfie", "the directory has no file", "name another one");
    visit(given, Some(empty))
}

fn below(directory: &Path, visit: &mut Visit<'_>) -> io::Result<()> {
    let entries = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<DirEntry>>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => return visit(directory, Some(unreadable("selfie", &error))),
    };
    entries.retain(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // The type of the entry itself: a link to a directory does not count as one.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            below(&path, visit)?;
        } else if path.is_file() {
            visit(&path, None)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(given: &Path) -> Vec<(String, bool)> {
        let mut walked = Vec::new();
        files(given, &mut |path, refusal| {
            let name = path.strip_prefix(given).unwrap().to_string_lossy();
            walked.push((name.into_owned(), refusal.is_some()));
            Ok(())
        })
        .unwrap();
        walked
    }

    #[test]
    fn a_directory_stands_for_its_files_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        assert_eq!(
            walked(root),
            [(String::new(), true)],
            "an empty one is told"
        );
        fs::create_dir(root.join("inner")).unwrap();
        for name in ["b.png", "a.png", ".hidden", "inner/c.png"] {
            fs::write(root.join(name), "x").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root, root.join("inner/loop")).unwrap();
        let expected = ["a.png", "b.png", "inner/c.png"].map(|name| (name.to_owned(), false));
        assert_eq!(walked(root), expected);
    }
}

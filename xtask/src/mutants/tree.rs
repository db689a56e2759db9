//! A copy of the working tree at the same place in every run, so that its build stays usable.
//!
//! Must not write outside the copy, nor touch a file there that is up to date: cargo would rebuild
//! it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;

/// Makes `copy` equal to the files of `root` that git lists, tracked or not yet.
pub(super) fn copy(root: &Path, copy: &Path) -> Result<(), Failure> {
    let listed = listed(root)?;
    for path in &listed {
        bring(&root.join(path), &copy.join(path))?;
    }
    let found = files(copy)?;
    for path in found {
        if !path
            .strip_prefix(copy)
            .is_ok_and(|path| listed.contains(path))
        {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn listed(root: &Path) -> Result<BTreeSet<PathBuf>, Failure> {
    let said = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()?;
    if !said.status.success() {
        return Err("git does not list the tree's files".into());
    }
    let names = String::from_utf8(said.stdout)?;
    Ok(names
        .split_terminator('\0')
        .map(PathBuf::from)
        // Git still lists files whose deletion is not committed yet.
        .filter(|path| root.join(path).symlink_metadata().is_ok())
        .collect())
}

fn bring(from: &Path, to: &Path) -> Result<(), Failure> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    if from.is_symlink() {
        return link(from, to);
    }
    let wanted = fs::read(from)?;
    if fs::read(to).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    fs::write(to, wanted)?;
    Ok(())
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> Result<(), Failure> {
    if !to.is_symlink() {
        std::os::unix::fs::symlink(fs::read_link(from)?, to)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn link(_: &Path, to: &Path) -> Result<(), Failure> {
    Err(format!(
        "{} is a link, and links are made on Unix only",
        to.display()
    )
    .into())
}

/// Every file and link below a folder, without following links.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else {
            found.push(entry.path());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The copy follows the tree, leaves out what git ignores, and does not touch files that are up
    /// to date.
    #[test]
    fn the_copy_is_what_git_lists() {
        let folder = tempfile::tempdir().unwrap();
        let (root, there) = (folder.path().join("tree"), folder.path().join("copy"));
        let git = |arguments: &[&str]| {
            let done = Command::new("git")
                .args(arguments)
                .current_dir(&root)
                .status();
            assert!(done.unwrap().success());
        };
        fs::create_dir_all(root.join("src")).unwrap();
        git(&["init", "--quiet"]);
        fs::write(root.join(".gitignore"), "/target\n").unwrap();
        fs::write(root.join("src/a.rs"), "a").unwrap();
        fs::write(root.join("b.rs"), "b").unwrap();
        fs::write(root.join("target"), "built").unwrap();
        git(&["add", "src/a.rs", "b.rs"]);
        copy(&root, &there).unwrap();
        let names = || {
            let mut names: Vec<String> = files(&there)
                .unwrap()
                .iter()
                .map(|path| path.strip_prefix(&there).unwrap().display().to_string())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(), [".gitignore", "b.rs", "src/a.rs"]);

        let written = fs::metadata(there.join("src/a.rs"))
            .unwrap()
            .modified()
            .unwrap();
        fs::remove_file(root.join("b.rs")).unwrap();
        fs::write(root.join("c.rs"), "c").unwrap();
        copy(&root, &there).unwrap();
        assert_eq!(names(), [".gitignore", "c.rs", "src/a.rs"]);
        let now = fs::metadata(there.join("src/a.rs"))
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(now, written);

        fs::write(there.join("src/a.rs"), "mutant").unwrap();
        copy(&root, &there).unwrap();
        assert_eq!(fs::read_to_string(there.join("src/a.rs")).unwrap(), "a");
    }
}

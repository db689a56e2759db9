//! The files that a command reads or keeps: none of its outputs may be one of them.
//!
//! Must not compare names if the files exist: links give one file several names.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use crate::config::settings::Settings;
use crate::failure::Refusal;

/// Files with the user's names for them.
#[derive(Debug, Default)]
pub(crate) struct KeptFiles(Vec<(String, PathBuf)>);

impl KeptFiles {
    /// The configured files: keys, certificates and the profile.
    pub(crate) fn configured(settings: &Settings) -> Self {
        let mut kept = Self::default();
        for (label, path) in settings.layers.files() {
            kept.0.push((label, path));
        }
        if let Some(path) = &settings.profile_file {
            kept.0.push(("the profile file".to_owned(), path.clone()));
        }
        kept
    }

    /// Adds a file.
    pub(crate) fn with(mut self, label: &str, path: &Path) -> Self {
        self.0.push((label.to_owned(), path.to_owned()));
        self
    }

    /// Adds a journal, and the files that SQLite and a batch keep beside it.
    pub(crate) fn with_journal(mut self, path: &Path) -> Self {
        self = self.with("--journal", path);
        let Some(Place::Named(main) | Place::Found { path: main, .. }) = Place::of(path) else {
            return self;
        };
        for (suffix, what) in [
            ("-wal", "log"),
            ("-shm", "log's index"),
            ("-journal", "rollback journal"),
            (".lock", "lock"),
        ] {
            let mut name = main.clone().into_os_string();
            name.push(suffix);
            self.0
                .push((format!("the {what} of --journal"), name.into()));
        }
        self
    }

    /// Refuses an output that is one of these files.
    ///
    /// # Errors
    /// Names `field` and the file.
    pub(crate) fn refuse(&self, field: &str, output: &Path) -> Result<(), Refusal> {
        match self.0.iter().find(|(_, path)| is_one_file(output, path)) {
            Some((label, _)) => Err(same(field, label)),
            None => Ok(()),
        }
    }
}

/// The refusal of an output that is another file of this command.
pub(crate) fn same(field: &str, label: &str) -> Refusal {
    Refusal::new(
        field,
        format!("is the same file as {label}, which would be lost"),
        "name another file",
    )
}

/// Whether two paths lead to one file, or would if there is none yet. Pipes and devices never
/// match: nothing in them can be lost.
pub(crate) fn is_one_file(one: &Path, other: &Path) -> bool {
    match (Place::of(one), Place::of(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// The target of a path.
#[derive(Debug)]
enum Place {
    /// An existing file, with its real path.
    Found {
        path: PathBuf,
        #[cfg(unix)]
        id: (u64, u64),
    },
    /// No file yet: the real path that it would have.
    Named(PathBuf),
}

impl Place {
    fn of(path: &Path) -> Option<Self> {
        if let Ok(found) = fs::metadata(path) {
            return Self::found(path, &found);
        }
        let folder = path.parent()?;
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let name = path.file_name()?;
        Some(Self::Named(folder.canonicalize().ok()?.join(name)))
    }

    fn found(path: &Path, found: &Metadata) -> Option<Self> {
        if !found.is_file() {
            return None;
        }
        Some(Self::Found {
            path: path.canonicalize().ok()?,
            #[cfg(unix)]
            id: {
                use std::os::unix::fs::MetadataExt as _;
                (found.dev(), found.ino())
            },
        })
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            #[cfg(unix)]
            (Self::Found { id: one, .. }, Self::Found { id: other, .. }) => one == other,
            #[cfg(not(unix))]
            (Self::Found { path: one }, Self::Found { path: other }) => one == other,
            (Self::Named(one), Self::Named(other)) => one == other,
            _ => false,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// One file is recognised under each of its names, also before it exists.
    #[test]
    fn one_file_under_several_names() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("in.csv"), "x").unwrap();
        fs::write(at("other.csv"), "x").unwrap();
        fs::hard_link(at("in.csv"), at("hard.csv")).unwrap();
        std::os::unix::fs::symlink(at("in.csv"), at("soft.csv")).unwrap();
        std::os::unix::fs::symlink(directory.path(), at("up")).unwrap();
        for (one, other, expected) in [
            ("in.csv", "in.csv", true),
            ("in.csv", "./in.csv", true),
            ("in.csv", "folder/../in.csv", true),
            ("in.csv", "hard.csv", true),
            ("in.csv", "soft.csv", true),
            ("up/in.csv", "hard.csv", true),
            ("in.csv", "other.csv", false),
            ("new.db", "up/new.db", true),
            ("new.db", "folder/new.db", false),
            ("in.csv", "new.db", false),
            ("folder", "folder", false),
            ("missing/a", "missing/a", false),
        ] {
            assert_eq!(is_one_file(&at(one), &at(other)), expected, "{one} {other}");
        }
    }

    /// Files that SQLite and a batch keep beside a journal are protected too, also if links lead to
    /// them.
    #[test]
    fn what_stands_beside_a_journal() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("real.db"), "").unwrap();
        std::os::unix::fs::symlink(at("real.db"), at("link.db")).unwrap();
        let kept = KeptFiles::default()
            .with_journal(&at("link.db"))
            .with_journal(&at("new.db"))
            .with("INPUT", &at("in.csv"));
        for (output, refused) in [
            ("real.db", Some("--journal")),
            ("link.db", Some("--journal")),
            ("real.db-wal", Some("the log of --journal")),
            ("real.db-shm", Some("the log's index of --journal")),
            ("real.db.lock", Some("the lock of --journal")),
            ("new.db", Some("--journal")),
            ("new.db-wal", Some("the log of --journal")),
            ("in.csv", Some("INPUT")),
            ("link.db-wal", None),
            ("out.csv", None),
        ] {
            let told = kept.refuse("--output", &at(output)).err();
            let expected = refused.map(|label| same("--output", label));
            assert_eq!(told, expected, "{output}");
        }
    }
}

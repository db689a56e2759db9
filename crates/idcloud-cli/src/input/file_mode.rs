//! Checks which users besides its owner may use or replace a file.
//!
//! Must not check a path if there is an open file: the path may lead elsewhere a moment later.

use std::fs::{File, Metadata};
use std::path::Path;

use crate::failure::Refusal;
use crate::input::opening::open_file;
use crate::input::unreadable;
use crate::output::sanitize::shell_word;

/// Opens a file with a secret. `what` names the secret.
///
/// # Errors
/// Names `field`: the file cannot be opened, or others than its owner may use it.
pub(crate) fn open_secret(field: &str, what: &str, path: &Path) -> Result<File, SecretRefusal> {
    let unread = |error: &std::io::Error| SecretRefusal::Unread(unreadable(field, error));
    let (file, metadata) = open_file(path).map_err(|error| unread(&error))?;
    refuse_shared(field, what, &file, &metadata, path).map_err(SecretRefusal::Shared)?;
    refuse_open_folder(field, path).map_err(SecretRefusal::Shared)?;
    Ok(file)
}

/// The reason why a secret is not read.
#[derive(Debug)]
pub(crate) enum SecretRefusal {
    /// The file cannot be opened.
    Unread(Refusal),
    /// Others may use it.
    Shared(Refusal),
}

impl From<SecretRefusal> for Refusal {
    fn from(refusal: SecretRefusal) -> Self {
        match refusal {
            SecretRefusal::Unread(refusal) | SecretRefusal::Shared(refusal) => refusal,
        }
    }
}

/// Refuses a file without secrets that this program trusts if others may change or replace it: they
/// could lead credentials elsewhere.
///
/// # Errors
/// Names `field`: users other than its owner may change or replace the file.
pub(crate) fn refuse_writable(
    field: &str,
    metadata: &Metadata,
    path: &Path,
) -> Result<(), Refusal> {
    if let Some(fault) = Standing::of(metadata).as_believed() {
        return Err(fault.refusal(field, "it", path, false));
    }
    refuse_open_folder(field, path)
}

/// Refuses a directory in which others may replace the file at `path`: both the directory in the
/// path, and the one that links lead to.
///
/// Folders further up are not looked at: platforms mount volumes below folders of their own.
///
/// # Errors
/// Names `field`.
pub(crate) fn refuse_open_folder(field: &str, path: &Path) -> Result<(), Refusal> {
    let folders = [std::path::absolute(path), path.canonicalize()];
    for folder in folders.iter().flatten().filter_map(|path| path.parent()) {
        // A directory without accessible metadata cannot be used either.
        let Ok(metadata) = folder.metadata() else {
            continue;
        };
        if let Some(fault) = Standing::of(&metadata).as_folder() {
            return Err(fault.refusal(field, "its folder", folder, false));
        }
    }
    Ok(())
}

/// Refuses a secret's file that others may use, by `PostgreSQL`'s rule for its key file: either the
/// owner is this user, and only the owner has access; or the owner is root, and the group may read
/// it too. Container secrets are of the second kind.
///
/// # Errors
/// Names `field`, the file's mode and a remedy.
fn refuse_shared(
    field: &str,
    what: &str,
    file: &File,
    metadata: &Metadata,
    path: &Path,
) -> Result<(), Refusal> {
    match Standing::of(metadata).as_secret() {
        None => Ok(()),
        Some(fault) => Err(fault.refusal(field, what, path, is_read_only(file))),
    }
}

/// Owner, group and mode of a file or directory.
#[derive(Clone, Copy, Debug)]
struct Standing {
    owner: u32,
    group: u32,
    mode: u32,
    /// The effective user of this program.
    me: u32,
}

/// The owner of a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Me,
    Root,
    Another,
}

/// The problem of a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It belongs to neither this user nor root.
    Foreign,
    /// Users other than its owner may read it.
    Used { mode: u32, owner: Owner },
    /// Users other than its owner may change it.
    Changed { mode: u32, owner: Owner },
}

const ROOT: u32 = 0;
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

impl Standing {
    fn owner(self) -> Owner {
        match self.owner {
            owner if owner == self.me => Owner::Me,
            ROOT => Owner::Root,
            _ => Owner::Another,
        }
    }

    fn as_secret(self) -> Option<Fault> {
        let forbidden = match self.owner() {
            Owner::Me => 0o077,
            Owner::Root => 0o037,
            Owner::Another => return Some(Fault::Foreign),
        };
        (self.mode & forbidden != 0).then_some(Fault::Used {
            mode: self.mode & 0o777,
            owner: self.owner(),
        })
    }

    fn as_believed(self) -> Option<Fault> {
        match self.owner() {
            Owner::Another => Some(Fault::Foreign),
            owner => (self.mode & (GROUP_WRITES | OTHERS_WRITE) != 0).then_some(Fault::Changed {
                mode: self.mode & 0o777,
                owner,
            }),
        }
    }

    /// In a sticky directory no user can replace the file of another. A group with the owner's
    /// number is the owner's private group, by the custom of most systems, and root knows which
    /// groups may write to its directories.
    fn as_folder(self) -> Option<Fault> {
        let owner = self.owner();
        let group_is_harmless = owner == Owner::Root || self.group == self.owner;
        match owner {
            Owner::Another => Some(Fault::Foreign),
            _ if self.mode & STICKY != 0 => None,
            _ => (self.mode & OTHERS_WRITE != 0
                || self.mode & GROUP_WRITES != 0 && !group_is_harmless)
                .then_some(Fault::Changed {
                    mode: self.mode & 0o777,
                    owner,
                }),
        }
    }
}

impl Fault {
    /// `what` names the file, its directory, or the secret in it.
    fn refusal(self, field: &str, what: &str, path: &Path, is_read_only: bool) -> Refusal {
        const MOUNTED: &str = "mount the secret with mode 0400 for this user, or as root's with mode 0440 and a group that this user is in \
             (Kubernetes: defaultMode and fsGroup; Docker: mode, uid and gid)";
        let path = path.to_str().and_then(shell_word);
        let run = |command: &str| match &path {
            Some(path) => format!("run {command} {path}"),
            None => format!("run {command} on it"),
        };
        let copy = || match &path {
            Some(path) => format!("copy it: install -m 600 {path} FILE"),
            None => "copy it to a file that is this user's alone".to_owned(),
        };
        let (rule, remedy) = match self {
            Self::Foreign => (
                format!("{what} belongs to another user, who may change it"),
                match what {
                    "its folder" => "keep the file in a folder of this user or of root".to_owned(),
                    _ => format!("{}; it becomes this user's", copy()),
                },
            ),
            Self::Used { mode, owner } => (
                format!("others than its owner may use {what} (mode {mode:04o})"),
                match owner {
                    Owner::Me if !is_read_only => run("chmod 600"),
                    _ => format!("{MOUNTED}, or {}", copy()),
                },
            ),
            Self::Changed { mode, owner } => (
                format!("others than its owner may change {what} (mode {mode:04o})"),
                match (what, owner) {
                    (_, Owner::Me) => run("chmod go-w"),
                    ("its folder", _) => {
                        "keep the file in a folder of this user alone (mkdir -m 700)".to_owned()
                    }
                    _ => format!("{}; or have root {}", copy(), run("chmod go-w")),
                },
            ),
        };
        Refusal::new(field, rule, remedy)
    }
}

#[cfg(unix)]
impl Standing {
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;

        Self {
            owner: metadata.uid(),
            group: metadata.gid(),
            mode: metadata.mode(),
            me: nix::unistd::geteuid().as_raw(),
        }
    }
}

#[cfg(not(unix))]
impl Standing {
    fn of(_: &Metadata) -> Self {
        // Windows has access lists and no mode: treated as correct.
        Self {
            owner: ROOT,
            group: ROOT,
            mode: 0,
            me: ROOT,
        }
    }
}

/// Whether the file's file system is mounted read-only.
#[cfg(unix)]
fn is_read_only(file: &File) -> bool {
    use nix::sys::statvfs::{FsFlags, fstatvfs};

    fstatvfs(file).is_ok_and(|disk| disk.flags().contains(FsFlags::ST_RDONLY))
}

#[cfg(not(unix))]
fn is_read_only(_: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(owner: u32, group: u32, mode: u32) -> Standing {
        Standing {
            owner,
            group,
            mode,
            me: 1_000,
        }
    }

    /// A container secret (owned by root, readable for the process's group) is accepted; a file
    /// that others may read is refused.
    #[test]
    fn secrets_are_judged_as_postgresql_judges_its_key() {
        for (owner, mode, taken) in [
            (1_000, 0o600, true),
            (1_000, 0o400, true),
            (1_000, 0o640, false),
            (1_000, 0o604, false),
            (ROOT, 0o440, true),
            (ROOT, 0o640, true),
            (ROOT, 0o600, true),
            (ROOT, 0o460, false),
            (ROOT, 0o444, false),
            (ROOT, 0o644, false),
            (1_001, 0o600, false),
            (1_001, 0o440, false),
        ] {
            let fault = standing(owner, 2_000, mode).as_secret();
            assert_eq!(fault.is_none(), taken, "{owner} {mode:o}: {fault:?}");
        }
        let root = Standing {
            me: ROOT,
            ..standing(ROOT, ROOT, 0o640)
        };
        assert!(root.as_secret().is_some());
        let root = Standing {
            me: ROOT,
            ..standing(1_000, ROOT, 0o600)
        };
        assert_eq!(root.as_secret(), Some(Fault::Foreign));
    }

    #[test]
    fn what_others_may_change_is_not_believed() {
        for (owner, mode, taken) in [
            (1_000, 0o644, true),
            (ROOT, 0o644, true),
            (1_000, 0o664, false),
            (1_000, 0o666, false),
            (ROOT, 0o646, false),
            (1_001, 0o444, false),
        ] {
            let fault = standing(owner, 1_000, mode).as_believed();
            assert_eq!(fault.is_none(), taken, "{owner} {mode:o}: {fault:?}");
        }
    }

    #[test]
    fn a_folder_in_which_others_exchange_files_is_refused() {
        for (owner, group, mode, taken) in [
            (1_000, 1_000, 0o700, true),
            (1_000, 1_000, 0o755, true),
            (1_000, 1_000, 0o775, true),
            (1_000, 50, 0o775, false),
            (1_000, 1_000, 0o777, false),
            (ROOT, ROOT, 0o777, false),
            (ROOT, 2_000, 0o1777, true),
            (ROOT, 2_000, 0o2775, true),
            (ROOT, 2_000, 0o3777, true),
            (1_001, 1_001, 0o755, false),
        ] {
            let fault = standing(owner, group, mode).as_folder();
            assert_eq!(
                fault.is_none(),
                taken,
                "{owner}:{group} {mode:o}: {fault:?}"
            );
        }
    }

    /// This user can follow the remedy, and a path with a blank stays one word of its command.
    #[test]
    fn remedies_can_be_followed() {
        let path = Path::new("/run/a key.pem");
        let mine = Fault::Used {
            mode: 0o644,
            owner: Owner::Me,
        };
        let roots = Fault::Used {
            mode: 0o444,
            owner: Owner::Root,
        };
        let remedy = |fault: Fault, is_read_only| {
            fault
                .refusal("key", "the private key", path, is_read_only)
                .remedy
        };
        assert_eq!(remedy(mine, false), "run chmod 600 '/run/a key.pem'");
        for remedy in [remedy(mine, true), remedy(roots, false)] {
            assert!(!remedy.contains("chmod"), "{remedy}");
            assert!(
                remedy.contains("fsGroup")
                    && remedy.contains("install -m 600 '/run/a key.pem' FILE"),
                "{remedy}"
            );
        }
        let unseen = mine.refusal(
            "key",
            "the private key",
            Path::new("\u{1b}[31mkey.pem"),
            false,
        );
        assert!(!unseen.remedy.contains('\u{1b}'), "{unseen:?}");
    }
}

//! The identity of the journal's files: whether they are still in place, and whether SQLite's locks
//! hold there.
//!
//! Must not let a change be acknowledged that went into a file which no other program finds.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};

use idcloud_flows::journal::{JournalError, JournalErrorKind};

use crate::log_mark::{begins_as_log, index_of, log_of};

/// A file's device and inode number.
#[cfg(unix)]
type FileId = (u64, u64);
/// On other systems an open file cannot be removed.
#[cfg(not(unix))]
type FileId = ();

/// A journal's path, and the identity of its files when it was opened.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    file: FileId,
    /// The log and its index.
    beside: [(PathBuf, FileId); 2],
    log: Log,
}

/// The log when it was last checked.
#[derive(Debug)]
struct Log {
    file: File,
    /// Its length then. SQLite overwrites it from the start, and never shortens it while it is
    /// open.
    len: u64,
}

impl Place {
    /// The files of the journal that is open at `path` now.
    pub(crate) fn of(path: &Path) -> Result<Self, JournalError> {
        // Absolute, because a program may change its directory later.
        let path = std::path::absolute(path).map_err(storage)?;
        let file = Standing::of(&path).map_err(storage)?.id;
        let found = |path: PathBuf| -> io::Result<(PathBuf, FileId)> {
            let id = id(&std::fs::metadata(&path)?);
            Ok((path, id))
        };
        let log_path = log_of(&path);
        let log = Log {
            file: File::open(&log_path).map_err(storage)?,
            len: 0,
        };
        let beside = [
            found(log_path).map_err(storage)?,
            found(index_of(&path)).map_err(storage)?,
        ];
        Ok(Self {
            path,
            file,
            beside,
            log,
        })
    }

    /// The path of the main file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses if the files were replaced or removed, if the log was emptied or cut off, or if the
    /// file got a second name.
    pub(crate) fn check(&mut self) -> Result<(), JournalError> {
        let gone = |error| JournalError::new(JournalErrorKind::Replaced).with_source(error);
        let standing = Standing::of(&self.path).map_err(gone)?;
        if standing.id != self.file {
            return Err(JournalErrorKind::Replaced.into());
        }
        for (path, expected) in &self.beside {
            if id(&std::fs::metadata(path).map_err(gone)?) != *expected {
                return Err(JournalErrorKind::Replaced.into());
            }
        }
        if !self.log.is_intact().map_err(gone)? {
            return Err(JournalErrorKind::Replaced.into());
        }
        standing.refuse_second_name()
    }
}

impl Log {
    /// Whether the log is at least as long as before and still begins as a log: SQLite continues an
    /// emptied log behind a hole.
    fn is_intact(&mut self) -> io::Result<bool> {
        let len = self.file.metadata()?.len();
        if len < self.len {
            return Ok(false);
        }
        self.len = len;
        self.file.rewind()?;
        Ok(len == 0 || begins_as_log(&mut self.file)?)
    }
}

/// Refuses a name that SQLite would not read as a path.
pub(crate) fn refuse_name(path: &Path) -> Result<(), JournalError> {
    let name = path.as_os_str();
    let is_address = name.as_encoded_bytes().starts_with(b"file:");
    if name.is_empty() || name == OsStr::new(":memory:") || is_address {
        return Err(JournalErrorKind::NotAPath.into());
    }
    Ok(())
}

/// Refuses a file with a second name: each name has a log of its own, so two programs would not see
/// each other's changes.
pub(crate) fn refuse_second_name(path: &Path) -> Result<(), JournalError> {
    Standing::of(path).map_err(storage)?.refuse_second_name()
}

/// Refuses a network file system, where SQLite's locks do not hold. `path` is a file, or the folder
/// of a file to be created.
#[cfg(target_os = "linux")]
pub(crate) fn refuse_network(path: &Path) -> Result<(), JournalError> {
    let system = rustix::fs::statfs(path).map_err(|error| storage(error.into()))?;
    // The numbers are 32 bits wide, and some systems return them with a sign.
    let [a, b, c, d, ..] = i128::from(system.f_type).to_le_bytes();
    if is_network(u32::from_le_bytes([a, b, c, d])) {
        return Err(JournalErrorKind::Network.into());
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "other systems are not asked")]
pub(crate) fn refuse_network(_: &Path) -> Result<(), JournalError> {
    Ok(())
}

/// Whether a file system's number (`statfs(2)`) is of a kind that several machines share.
///
/// FUSE counts as one: its backend (sshfs, an object store, a folder of the host's) is unknown.
#[cfg(any(target_os = "linux", test))]
const fn is_network(magic: u32) -> bool {
    matches!(
        magic,
        0x6969                    // NFS
            | 0x517b              // SMB
            | 0xff53_4d42         // CIFS
            | 0xfe53_4d42         // SMB 2 and 3
            | 0x6573_5546         // FUSE
            | 0x0102_1997         // 9P
            | 0x5346_414f         // AFS
            | 0x6b41_4653         // AFS of the kernel
            | 0x00c3_6400         // Ceph
            | 0x7375_7245         // Coda
            | 0x564c              // NCP
            | 0x0bd0_0bd0         // Lustre
            | 0x4750_4653         // GPFS
            | 0x786f_4256 // VirtualBox' shared folders
    )
}

/// The metadata of the file at a path.
struct Standing {
    id: FileId,
    is_file: bool,
    /// How many names it has in its file system.
    links: u64,
    /// Whether it is mounted by itself, without its folder.
    is_mounted_alone: bool,
}

impl Standing {
    #[cfg(target_os = "linux")]
    fn of(path: &Path) -> io::Result<Self> {
        use rustix::fs::{AtFlags, CWD, FileType, StatxAttributes, StatxFlags, makedev, statx};

        match statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS) {
            Ok(found) => Ok(Self {
                id: (
                    makedev(found.stx_dev_major, found.stx_dev_minor),
                    found.stx_ino,
                ),
                is_file: FileType::from_raw_mode(found.stx_mode.into()).is_file(),
                links: found.stx_nlink.into(),
                is_mounted_alone: found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT),
            }),
            // A container's system call filter may forbid the newer call.
            Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {
                std::fs::metadata(path).map(|metadata| Self::from_metadata(&metadata))
            }
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|metadata| Self::from_metadata(&metadata))
    }

    fn from_metadata(metadata: &Metadata) -> Self {
        Self {
            id: id(metadata),
            is_file: metadata.is_file(),
            links: links(metadata),
            is_mounted_alone: false,
        }
    }

    fn refuse_second_name(&self) -> Result<(), JournalError> {
        if self.is_file && (self.links > 1 || self.is_mounted_alone) {
            return Err(JournalErrorKind::SecondName.into());
        }
        Ok(())
    }
}

fn storage(error: io::Error) -> JournalError {
    JournalError::new(JournalErrorKind::Storage).with_source(error)
}

#[cfg(unix)]
fn id(metadata: &Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
const fn id(_: &Metadata) -> FileId {}

#[cfg(unix)]
fn links(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
const fn links(_: &Metadata) -> u64 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Never pay twice on a disk that several machines share; a local file system is accepted.
    #[test]
    fn network_file_systems() {
        for (name, magic, is_shared) in [
            ("nfs", 0x6969, true),
            ("cifs", 0xff53_4d42, true),
            ("smb3", 0xfe53_4d42, true),
            ("fuse", 0x6573_5546, true),
            ("9p", 0x0102_1997, true),
            ("ceph", 0x00c3_6400, true),
            ("ext4", 0xef53, false),
            ("xfs", 0x5846_5342, false),
            ("btrfs", 0x9123_683e, false),
            ("zfs", 0x2fc1_2fc1, false),
            ("tmpfs", 0x0102_1994, false),
            ("overlay", 0x794c_7630, false),
            ("f2fs", 0xf2f5_2010, false),
        ] {
            assert_eq!(is_network(magic), is_shared, "{name}");
        }
    }

    #[test]
    fn names_that_are_no_paths() {
        for (name, is_path) in [
            (":memory:", false),
            ("", false),
            ("file:j.db", false),
            ("file:j.db?mode=ro", false),
            ("./:memory:", true),
            ("./file:j.db", true),
            ("j.db", true),
            ("files.db", true),
            ("a/file:j.db", true),
        ] {
            assert_eq!(refuse_name(Path::new(name)).is_ok(), is_path, "{name}");
        }
    }
}

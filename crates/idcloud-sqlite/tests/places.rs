//! Promise: never pay twice because a journal has two names, or is where locks do not hold.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "what this lint forbids is how a test fails"
)]

mod claims;

use std::path::Path;
use std::process::Command;

use claims::{NOW, claim};
use idcloud_flows::journal::{Journal as _, JournalErrorKind};
use idcloud_sqlite::{SqliteJournal, SqliteReader};

fn refused(path: &Path) -> [JournalErrorKind; 2] {
    [
        SqliteJournal::open(path).unwrap_err().kind(),
        SqliteReader::open(path).unwrap_err().kind(),
    ]
}

/// A hard link is refused by either name, even one that is made while the journal is open; once it
/// is removed, the journal is accepted again.
#[tokio::test]
async fn hard_links() {
    let directory = tempfile::tempdir().unwrap();
    let (path, link) = (
        directory.path().join("journal.db"),
        directory.path().join("link.db"),
    );
    let journal = SqliteJournal::open(&path).unwrap();
    let _ = journal.claim(claim("a"), NOW).await.unwrap();
    std::fs::hard_link(&path, &link).unwrap();
    let error = journal.claim(claim("b"), NOW).await.unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::SecondName);
    assert!(error.to_string().contains("hard link"), "{error}");
    for path in [&path, &link] {
        assert_eq!(refused(path), [JournalErrorKind::SecondName; 2]);
    }
    let left = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, 4, "nothing was made beside the second name");
    std::fs::remove_file(&link).unwrap();
    let _ = journal.claim(claim("b"), NOW).await.unwrap();
}

/// Symbolic links lead to one file with one log.
#[tokio::test]
async fn symbolic_links() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("elsewhere");
    std::fs::create_dir(&folder).unwrap();
    let (path, link) = (folder.join("journal.db"), directory.path().join("link.db"));
    drop(SqliteJournal::open(&path).unwrap());
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let (first, second) = (
        SqliteJournal::open(&path).unwrap(),
        SqliteJournal::open(&link).unwrap(),
    );
    let _ = first.claim(claim("a"), NOW).await.unwrap();
    let seen = SqliteReader::open(&link)
        .unwrap()
        .entry(&claim("a").key, NOW);
    assert!(seen.unwrap().is_some());
    let _ = second.claim(claim("b"), NOW).await.unwrap();
    std::fs::remove_file(folder.join("journal.db-wal")).unwrap();
    let error = second.claim(claim("c"), NOW).await.unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Replaced);
}

/// Names that SQLite would not read as paths are refused before anything is created.
#[test]
fn names_that_are_no_paths() {
    let directory = tempfile::tempdir().unwrap();
    let before = std::fs::read_dir(".").unwrap().count();
    for name in [
        ":memory:",
        "",
        "file:journal.db",
        "file:journal.db?mode=memory",
    ] {
        assert_eq!(refused(Path::new(name)), [JournalErrorKind::NotAPath; 2]);
    }
    assert_eq!(std::fs::read_dir(".").unwrap().count(), before);
    for name in [":memory:", "file:journal.db"] {
        drop(SqliteJournal::open(directory.path().join(name)).unwrap());
        assert!(directory.path().join(name).exists());
    }
}

/// Names the mounted file to open to the child of the next test.
const MOUNTED: &str = "IDCLOUD_JOURNAL_MOUNTED";

/// Not a test of its own: runs where a file is mounted.
#[test]
fn child() {
    if let Ok(path) = std::env::var(MOUNTED) {
        assert_eq!(refused(Path::new(&path)), [JournalErrorKind::SecondName; 2]);
        println!("refused the mounted file");
    }
}

/// A file that is mounted without its folder, as `-v host/journal.db:/data/journal.db` does, has a
/// log that is lost with the container.
#[cfg(target_os = "linux")]
#[test]
fn a_mount_of_the_file_alone() {
    let directory = tempfile::tempdir().unwrap();
    let (path, mounted) = (
        directory.path().join("journal.db"),
        directory.path().join("mounted.db"),
    );
    drop(SqliteJournal::open(&path).unwrap());
    std::fs::write(&mounted, "").unwrap();
    // A mount namespace of its own, which ends with the shell.
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-euc",
            script,
            "sh",
        ]);
        command
    };
    if !unshare("true")
        .status()
        .is_ok_and(|status| status.success())
    {
        println!("this machine allows no mounts of one's own: nothing was tried");
        return;
    }
    let output = unshare(r#"mount --bind "$1" "$2"; exec "$3" child --exact --nocapture"#)
        .args([&path, &mounted])
        .arg(std::env::current_exe().unwrap())
        .env(MOUNTED, &mounted)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(told.contains("refused the mounted file"), "{told}");
}

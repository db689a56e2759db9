//! Promise: an earlier version's file is migrated to the newest with all its content, and one
//! process belongs to one reference there too.

#![expect(
    clippy::unwrap_used,
    reason = "what this lint forbids is how a test fails"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idcloud_flows::Flow;
use idcloud_flows::http::EnvironmentName;
use idcloud_flows::journal::{
    EntryFilter, Journal as _, JournalErrorKind, JournalKey, Settlement, StateKind,
};
use idcloud_flows::model::ProcessId;
use idcloud_sqlite::{SqliteJournal, SqliteReader};

/// After every time in the file.
fn later() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_900_000_000)
}

fn key(reference: &str) -> JournalKey {
    let reference = reference.parse().unwrap();
    JournalKey::from_parts(EnvironmentName::Local, "tenant", Flow::Identity, reference)
}

fn id(number: u32) -> ProcessId {
    format!("00000000-0000-4000-8000-{number:012}")
        .parse()
        .unwrap()
}

/// A copy of a file that version 2 wrote, with one record damaged afterwards.
fn older_file(directory: &Path) -> PathBuf {
    copy_of("version-2", directory)
}

fn copy_of(sample: &str, directory: &Path) -> PathBuf {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let sample = samples.join(format!("{sample}.db"));
    let path = directory.join("journal.db");
    std::fs::copy(sample, &path).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    path
}

fn version(path: &Path) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn everything_is_still_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = older_file(directory.path());
    assert_eq!(version(&path), 2);
    // Reading changes nothing.
    let looked = SqliteReader::open(&path).unwrap();
    let before = looked
        .entries(&EntryFilter::new(), None, 100, later())
        .unwrap();
    drop(looked);
    assert_eq!(version(&path), 2);

    let journal = SqliteJournal::open(&path).unwrap();
    let new = directory.path().join("new.db");
    drop(SqliteJournal::open(&new).unwrap());
    assert_eq!(version(&path), version(&new));
    let everything = EntryFilter::new();
    let after = journal.entries(&everything, None, 100, later());
    let after = after.await.unwrap();
    assert_eq!(after, before);
    let told: Vec<_> = after
        .entries()
        .iter()
        .map(|entry| (entry.key().reference().as_str(), entry.state().kind()))
        .collect();
    assert_eq!(
        told,
        [
            ("ambiguous", StateKind::Ambiguous),
            ("another ambiguous", StateKind::Ambiguous),
            ("claimed", StateKind::NotSent),
            ("failed before", StateKind::Ambiguous),
            ("finished", StateKind::Finished),
            ("pending", StateKind::Pending),
        ]
    );
    let unreadable: Vec<_> = after.unreadable().iter().map(|row| row.key()).collect();
    assert_eq!(unreadable, [Some(&key("damaged"))]);
}

/// The processes of the older file belong to their references: one that is pending, one that is
/// finished, and one that failed before another attempt.
#[tokio::test]
async fn its_processes_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let path = older_file(directory.path());
    let journal = SqliteJournal::open(&path).unwrap();
    for number in [1, 2, 3] {
        let found = Settlement::Found(id(number));
        let taken = journal.settle(&key("ambiguous"), found, later()).await;
        assert_eq!(
            taken.unwrap_err().kind(),
            JournalErrorKind::ProcessTaken,
            "{number}"
        );
    }
    let own = Settlement::Found(id(3));
    let own = journal.settle(&key("failed before"), own, later()).await;
    assert_eq!(own.unwrap_err().kind(), JournalErrorKind::ProcessTaken);
    let free = Settlement::Found(id(9));
    let free = journal.settle(&key("ambiguous"), free, later()).await;
    free.unwrap();
    // A purged process may belong to another reference.
    assert_eq!(journal.purge(later()).await.unwrap(), 2);
    let found = Settlement::Found(id(2));
    let key = key("another ambiguous");
    journal.settle(&key, found, later()).await.unwrap();
}

/// Two programs of different versions with one file: the older one writes no more once the newer
/// one has migrated it.
#[tokio::test]
async fn a_file_that_a_newer_version_changes_meanwhile() {
    let directory = tempfile::tempdir().unwrap();
    let path = older_file(directory.path());
    let journal = SqliteJournal::open(&path).unwrap();
    let newer = rusqlite::Connection::open(&path).unwrap();
    let newest = version(&path);
    newer
        .pragma_update(None, "user_version", newest + 1)
        .unwrap();
    let key = key("ambiguous");
    let resend = journal.settle(&key, Settlement::Resend, later());
    assert_eq!(resend.await.unwrap_err().kind(), JournalErrorKind::Newer);
    newer.pragma_update(None, "user_version", newest).unwrap();
    let resend = journal.settle(&key, Settlement::Resend, later());
    resend.await.unwrap();
}

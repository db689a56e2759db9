//! Promise: the file is its owner's alone, is never written over, and nobody waits for it for ever.

#![expect(
    clippy::unwrap_used,
    reason = "what this lint forbids is how a test fails"
)]

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use idcloud_flows::Flow;
use idcloud_flows::http::EnvironmentName;
use idcloud_flows::journal::{
    Claim, Claimed, Journal as _, JournalErrorKind, JournalKey, StateKind, conformance,
};
use idcloud_flows::model::{Asked, Capabilities, Policy, SelfieKind};
use idcloud_journal::SqliteJournal;

fn claim(reference: &str) -> Claim {
    let key = JournalKey::from_parts(
        EnvironmentName::Local,
        "tests@tenant.iam.acesso.io",
        Flow::Identity,
        reference.parse().unwrap(),
    );
    let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
    let owner = "tests".parse().unwrap();
    Claim::new(
        key,
        &conformance::request(0),
        asked,
        Policy::default(),
        owner,
    )
}

const NOW: std::time::SystemTime = UNIX_EPOCH;

/// File, log and index of the log are readable by their owner alone.
#[cfg(unix)]
#[tokio::test]
async fn permissions() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let journal = SqliteJournal::open(&path).unwrap();
    let _ = journal.claim(claim("a"), NOW).await.unwrap();
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        let file = std::fs::metadata(directory.path().join(name)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

/// As `chmod 600` does.
fn for_its_owner_alone(path: &std::path::Path) {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    #[cfg(not(unix))]
    let _ = path;
}

/// A file that was there and that others may use is refused with the remedy, also where it is empty, and taken once that was done.
#[cfg(unix)]
#[test]
fn files_that_others_may_use() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let (empty, used) = (
        directory.path().join("empty"),
        directory.path().join("used"),
    );
    std::fs::write(&empty, "").unwrap();
    drop(SqliteJournal::open(&used).unwrap());
    for path in [&empty, &used] {
        for mode in [0o644, 0o660, 0o602] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = SqliteJournal::open(path).unwrap_err();
            assert_eq!(error.kind(), JournalErrorKind::Exposed, "{mode:o}");
            assert!(error.to_string().contains("chmod 600"));
        }
        for_its_owner_alone(path);
        drop(SqliteJournal::open(path).unwrap());
    }
}

/// Two never send one reference because the file between them was removed: whoever has the lost file can change nothing.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_replaced_while_open() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let first = SqliteJournal::open(&path).unwrap();
    let Claimed::Fresh(ticket) = first.claim(claim("a"), NOW).await.unwrap() else {
        panic!("a new reference is fresh");
    };
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        std::fs::remove_file(directory.path().join(name)).unwrap();
    }
    let lease = Duration::from_secs(60);
    let removed = first.dispatch(&ticket, lease, NOW).await.unwrap_err();
    assert_eq!(removed.kind(), JournalErrorKind::Replaced);
    let second = SqliteJournal::open(&path).unwrap();
    let claimed = second.claim(claim("a"), NOW).await.unwrap();
    assert!(matches!(claimed, Claimed::Fresh(_)));
    let replaced = first.dispatch(&ticket, lease, NOW).await.unwrap_err();
    assert_eq!(replaced.kind(), JournalErrorKind::Replaced);
}

/// What is no journal stays as it is.
#[test]
fn files_of_others() {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("text");
    let notes = "not a database at all, but long enough to be taken for one. ".repeat(40);
    std::fs::write(&text, &notes).unwrap();
    let other = directory.path().join("other.db");
    rusqlite::Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE notes (text TEXT)")
        .unwrap();
    let newer = directory.path().join("newer.db");
    drop(SqliteJournal::open(&newer).unwrap());
    rusqlite::Connection::open(&newer)
        .unwrap()
        .pragma_update(None, "user_version", 1000)
        .unwrap();
    for path in [&text, &other] {
        for_its_owner_alone(path);
    }
    for (path, kind) in [
        (&text, JournalErrorKind::Foreign),
        (&other, JournalErrorKind::Foreign),
        (&newer, JournalErrorKind::Newer),
        (
            &directory.path().join("missing/journal.db"),
            JournalErrorKind::Storage,
        ),
        (&directory.path().to_owned(), JournalErrorKind::Storage),
    ] {
        let before = std::fs::read(path).ok();
        let error = SqliteJournal::open(path).unwrap_err();
        assert_eq!(error.kind(), kind, "{path:?}");
        assert!(!error.to_string().contains("journal.db"));
        assert_eq!(std::fs::read(path).ok(), before, "{path:?}");
    }
}

/// Two that come to a new file at once both get a journal.
#[test]
fn opened_at_once() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal.db");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| drop(SqliteJournal::open(&path).unwrap()));
            }
        });
    }
}

/// A record that cannot be read is an error of its reference alone, and of a newer version one that says so.
#[tokio::test]
async fn unreadable_records() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let journal = SqliteJournal::open(&path).unwrap();
    for reference in ["damaged", "newer", "whole"] {
        let _ = journal.claim(claim(reference), NOW).await.unwrap();
    }
    let other = rusqlite::Connection::open(&path).unwrap();
    for change in [
        "UPDATE submission SET record = '{' WHERE reference = 'damaged'",
        r#"UPDATE submission SET record = replace(record, '"version":1', '"version":2') WHERE reference = 'newer'"#,
    ] {
        assert_eq!(other.execute(change, []).unwrap(), 1);
    }
    for (reference, kind) in [
        ("damaged", JournalErrorKind::Damaged),
        ("newer", JournalErrorKind::Newer),
    ] {
        let error = journal.claim(claim(reference), NOW).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        let error = journal.entry(&claim(reference).key, NOW).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
    let whole = journal.claim(claim("whole"), NOW).await.unwrap();
    assert!(matches!(whole, Claimed::InFlight { .. }));
}

/// A store that fails says so to everybody who waits, and goes on when it can.
#[tokio::test]
async fn a_store_that_fails() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let journal = Arc::new(SqliteJournal::open(&path).unwrap());
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("ALTER TABLE submission RENAME TO gone")
        .unwrap();
    let claims: Vec<_> = (0..8)
        .map(|row| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move { journal.claim(claim(&format!("row {row}")), NOW).await })
        })
        .collect();
    for claimed in claims {
        let error = claimed.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Storage);
        assert!(!error.to_string().contains("submission"));
    }
    let error = journal.entry(&claim("row 0").key, NOW).await.unwrap_err();
    assert!(error.source().is_some());
    other
        .execute_batch("ALTER TABLE gone RENAME TO submission")
        .unwrap();
    let claimed = journal.claim(claim("row 0"), NOW).await.unwrap();
    assert!(matches!(claimed, Claimed::Fresh(_)));
}

/// Dropping the journal writes what was asked before it.
#[tokio::test]
async fn what_was_asked_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let journal = SqliteJournal::open(&path).unwrap();
    let Claimed::Fresh(ticket) = journal.claim(claim("a"), NOW).await.unwrap() else {
        panic!("a new reference is fresh");
    };
    journal
        .dispatch(&ticket, Duration::from_secs(60), NOW)
        .await
        .unwrap();
    journal.abandon(ticket, NOW);
    drop(journal);
    let journal = SqliteJournal::open(&path).unwrap();
    let entry = journal.entry(&claim("a").key, NOW).await.unwrap().unwrap();
    assert_eq!(entry.state().kind(), StateKind::Ambiguous);
}

/// A claim whose caller went away while it was written is free again.
#[tokio::test]
async fn callers_that_go_away() {
    use std::future::{Future as _, poll_fn};
    use std::pin::pin;
    use std::task::Poll;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let journal = SqliteJournal::open(&path).unwrap();
    {
        let mut gone = pin!(journal.claim(claim("a"), NOW));
        poll_fn(|cx| {
            assert!(gone.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
    }
    drop(journal);
    let journal = SqliteJournal::open(&path).unwrap();
    let claimed = journal.claim(claim("a"), NOW).await.unwrap();
    assert!(matches!(claimed, Claimed::Fresh(_)), "{claimed:?}");
}

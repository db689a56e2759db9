//! Promise: the file is accessible only to its owner, is never overwritten, and no call waits for
//! it for ever.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "what these lints forbid is how a test fails"
)]

mod claims;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use claims::{NOW, claim};
use idcloud_flows::journal::{
    Claimed, Conclusion, EntryFilter, Journal as _, JournalErrorKind, Settlement, StateKind,
};
use idcloud_sqlite::{SqliteJournal, SqliteReader};

/// A caller that is dropped after the answer came, and before taking it, gives the reference back.
#[tokio::test]
async fn an_answer_that_nobody_took() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(directory.path().join("journal.db")).unwrap();
    let mut asked = Box::pin(journal.claim(claim("a"), NOW));
    std::future::poll_fn(|cx| {
        assert!(asked.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    // The answer of a later job comes after that of an earlier one.
    journal.purge(NOW).await.unwrap();
    drop(asked);
    let again = journal.claim(claim("a"), NOW).await.unwrap();
    assert!(matches!(again, Claimed::Fresh(_)), "{again:?}");
}

/// File, log and index of the log are readable only by their owner.
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

/// An existing file that others may use is refused with the remedy, even if it is empty, and
/// accepted after `chmod 600`.
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

/// Two programs never send one reference because the file between them was removed: the one with
/// the lost file can change nothing.
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

/// A file that is no journal stays unchanged.
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

/// Two programs that open a new file at once both get a journal.
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

/// An unreadable record is an error of its reference only, and the error of a newer version's
/// record says so.
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

/// Ways in which a row is damaged, each with the reference named after it.
const BREAKS: [(&str, &str); 5] = [
    ("no json", "record = '{'"),
    ("empty", "record = ''"),
    ("other json", "record = '{\"version\":1}'"),
    ("no text", "record = CAST(x'ff00fe' AS TEXT)"),
    (
        "newer",
        r#"record = replace(record, '"version":1', '"version":2')"#,
    ),
];

/// After every time in the journals of these tests.
fn much_later() -> std::time::SystemTime {
    NOW + Duration::from_secs(1_000_000)
}

/// A journal with a row of each of [`BREAKS`], one without a readable key, and two intact ambiguous
/// rows.
async fn broken_journal(directory: &std::path::Path) -> SqliteJournal {
    let path = directory.join("journal.db");
    let journal = SqliteJournal::open(&path).unwrap();
    let on_its_way = async |reference: &str| {
        let Claimed::Fresh(ticket) = journal.claim(claim(reference), NOW).await.unwrap() else {
            panic!("a new reference is fresh");
        };
        let lease = Duration::from_secs(60);
        journal.dispatch(&ticket, lease, NOW).await.unwrap();
        ticket
    };
    for (reference, _) in BREAKS {
        let ticket = on_its_way(reference).await;
        journal
            .conclude(&ticket, Conclusion::NotSent(None), NOW)
            .await
            .unwrap();
    }
    for reference in ["a whole", "lost", "z whole"] {
        let ticket = on_its_way(reference).await;
        journal
            .conclude(&ticket, Conclusion::Ambiguous, NOW)
            .await
            .unwrap();
    }
    let other = rusqlite::Connection::open(&path).unwrap();
    for (reference, damage) in BREAKS {
        let change = format!("UPDATE submission SET {damage} WHERE reference = '{reference}'");
        assert_eq!(other.execute(&change, []).unwrap(), 1);
    }
    // A row whose key is damaged too: a flow that no version has.
    let change = "UPDATE submission SET flow = 'nonsense' WHERE reference = 'lost'";
    assert_eq!(other.execute(change, []).unwrap(), 1);
    journal
}

/// A damaged row hides no other, and is listed itself.
#[tokio::test]
async fn one_damaged_row_hides_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, later) = (broken_journal(directory.path()).await, much_later());
    // In pages of one, each is listed once.
    let (mut whole, mut broken, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let page = journal
            .entries(&EntryFilter::new(), after.as_ref(), 1, later)
            .await
            .unwrap();
        broken.extend(page.unreadable().iter().map(|row| {
            let reference = row.key().map(|key| key.reference().as_str().to_owned());
            (reference, row.kind())
        }));
        let Some(entry) = page.entries().first() else {
            break;
        };
        whole.push(entry.key().reference().as_str().to_owned());
        after = Some(entry.key().clone());
    }
    assert_eq!(whole, ["a whole", "z whole"]);
    let broken_one = |reference: &str| (Some(reference.to_owned()), JournalErrorKind::Damaged);
    assert_eq!(
        broken,
        [
            broken_one("empty"),
            (Some("newer".to_owned()), JournalErrorKind::Newer),
            broken_one("no json"),
            broken_one("no text"),
            broken_one("other json"),
            (None, JournalErrorKind::Damaged),
        ]
    );
    // By state, too: by its columns.
    for (state, expected) in [(StateKind::Ambiguous, 1), (StateKind::NotSent, 5)] {
        let filter = EntryFilter::new().with_state(state);
        let page = journal.entries(&filter, None, 100, later).await.unwrap();
        assert_eq!(page.unreadable().len(), expected, "{state}");
    }
}

/// A damaged row is never fresh, whatever is written beside it, never settled, and never purged.
#[tokio::test]
async fn a_damaged_row_is_never_free() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, later) = (broken_journal(directory.path()).await, much_later());
    for (reference, _) in BREAKS {
        let (broken, whole) = (claim(reference), claim(&format!("beside {reference}")));
        let (refused, fresh) = tokio::join!(
            journal.claim(broken.clone(), later),
            journal.claim(whole, later)
        );
        assert!(matches!(fresh, Ok(Claimed::Fresh(_))), "{reference}");
        assert!(refused.is_err(), "{reference}");
        let again = journal.begin_again(broken.clone(), later).await;
        assert!(again.is_err(), "{reference}");
        let resend = journal.settle(&broken.key, Settlement::Resend, later).await;
        assert!(resend.is_err(), "{reference}");
    }
    // Something newer, or the purge would be refused.
    let limit = later + Duration::from_secs(1_000_000);
    let newer = journal.claim(claim("something newer"), limit).await;
    assert!(matches!(newer, Ok(Claimed::Fresh(_))));
    assert_eq!(
        journal.purge(limit).await.unwrap(),
        5,
        "what was claimed beside them"
    );
    let page = journal
        .entries(&EntryFilter::new(), None, 100, later)
        .await
        .unwrap();
    assert_eq!((page.entries().len(), page.unreadable().len()), (3, 6));
}

/// A reader creates nothing, changes nothing, sees the changes of a program that still has the file
/// open, and needs no write permission.
#[tokio::test]
async fn looking_only() {
    let directory = tempfile::tempdir().unwrap();
    // A name that would mean something else in a URI.
    let folder = directory.path().join("50% of #2?");
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("journal.db");
    let missing = SqliteReader::open(&path).unwrap_err();
    assert_eq!(missing.kind(), JournalErrorKind::Storage);
    assert!(!path.exists());
    std::fs::write(&path, "").unwrap();
    for_its_owner_alone(&path);
    let empty = SqliteReader::open(&path).unwrap_err();
    assert_eq!(empty.kind(), JournalErrorKind::Foreign);

    let journal = SqliteJournal::open(&path).unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    let _ = journal.claim(claim("a"), NOW).await.unwrap();
    let seen = reader.entry(&claim("a").key, NOW).unwrap().unwrap();
    assert_eq!(seen.state().kind(), StateKind::Claimed);
    drop((journal, reader));
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert_eq!(left.len(), 1, "whoever goes last takes log and index away");
}

/// A failing store reports that to every waiting caller, and continues when it can.
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

/// Dropping the journal writes the jobs sent before.
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

/// A claim whose caller was dropped while it was written is free again.
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

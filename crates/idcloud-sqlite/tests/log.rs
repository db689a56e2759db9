//! Promise: never pay twice because the log beside the journal's file is missing: the last
//! submissions are in that log, and the file alone does not have them.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "what this lint forbids is how a test fails"
)]

mod claims;

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use claims::{NOW, claim};
use idcloud_flows::http::{Clock as _, SystemClock};
use idcloud_flows::journal::{Claimed, EntryFilter, Journal as _, JournalErrorKind};
use idcloud_sqlite::{SqliteJournal, SqliteReader};
use tokio::task::JoinSet;

const FILES: [&str; 3] = ["journal.db", "journal.db-wal", "journal.db-shm"];

async fn claimed(journal: &SqliteJournal, reference: &str) {
    let claimed = journal.claim(claim(reference), NOW).await.unwrap();
    assert!(matches!(claimed, Claimed::Fresh(_)), "{claimed:?}");
}

/// How many references a journal has; or the error of opening it, which must be the same for a
/// reader.
fn references(path: &Path) -> Result<usize, JournalErrorKind> {
    let looked = SqliteReader::open(path).map_err(|error| error.kind());
    let opened = SqliteJournal::open(path).map_err(|error| error.kind());
    assert_eq!(looked.as_ref().err(), opened.as_ref().err());
    let page = looked?.entries(&EntryFilter::new(), None, 10_000, NOW);
    Ok(page.unwrap().entries().len())
}

/// A copy of the main file alone, as a person makes it who does not know of the log.
fn copied_alone(path: &Path, directory: &Path) -> PathBuf {
    let copy = directory.join("copy.db");
    std::fs::copy(path, &copy).unwrap();
    copy
}

/// A log whose main file is missing or empty is no reason to create a journal: nothing is created,
/// and the log stays unchanged.
#[tokio::test]
async fn a_log_without_its_file() {
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = directory.path().join("journal.db");
    let journal = SqliteJournal::open(&path).unwrap();
    claimed(&journal, "a").await;
    let (file, log) = (
        other.path().join("copy.db"),
        other.path().join("copy.db-wal"),
    );
    std::fs::copy(directory.path().join("journal.db-wal"), &log).unwrap();
    let before = std::fs::read(&log).unwrap();
    for is_there in [false, true] {
        if is_there {
            std::fs::write(&file, "").unwrap();
        }
        let error = SqliteJournal::open(&file).unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Replaced);
        assert_eq!(file.exists(), is_there);
        assert_eq!(std::fs::read(&log).unwrap(), before);
    }
    // A symbolic link uses the log beside its target.
    let link = other.path().join("link.db");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let error = SqliteJournal::open(&link).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Replaced);
    assert_eq!(std::fs::read(&log).unwrap(), before);
    // A rollback journal exists while another program creates the file; without the file it is a
    // leftover.
    let rollback = other.path().join("alone.db-journal");
    std::fs::write(&rollback, "left over").unwrap();
    let error = SqliteJournal::open(other.path().join("alone.db")).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Replaced);
    assert!(rollback.exists());
}

/// A main file that was copied while a program had the journal open is refused, untouched, until it
/// has its log.
#[tokio::test]
async fn a_copy_without_its_log() {
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = directory.path().join("journal.db");
    let journal = SqliteJournal::open(&path).unwrap();
    claimed(&journal, "a").await;
    let copy = copied_alone(&path, other.path());
    let before = std::fs::read(&copy).unwrap();
    for log in [None, Some("")] {
        if let Some(content) = log {
            std::fs::write(other.path().join("copy.db-wal"), content).unwrap();
        }
        assert_eq!(references(&copy), Err(JournalErrorKind::LogMissing));
        let error = SqliteJournal::open(&copy).unwrap_err();
        assert!(error.to_string().contains("-wal"), "{error}");
    }
    assert_eq!(std::fs::read(&copy).unwrap(), before);
    assert!(!other.path().join("copy.db-shm").exists());
    std::fs::copy(
        directory.path().join("journal.db-wal"),
        other.path().join("copy.db-wal"),
    )
    .unwrap();
    assert_eq!(references(&copy), Ok(1));
}

/// The rules after a kill hold for everything written, over any number of checkpoints; and a copy
/// with its log opens.
#[tokio::test]
async fn over_checkpoints() {
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = directory.path().join("journal.db");
    let journal = Arc::new(SqliteJournal::open(&path).unwrap());
    let log = directory.path().join("journal.db-wal");
    let mut largest = 0;
    for round in 0..30 {
        let mut all = JoinSet::new();
        for row in 0..250 {
            let journal = Arc::clone(&journal);
            all.spawn(async move { claimed(&journal, &format!("{round}-{row}")).await });
        }
        all.join_all().await;
        largest = largest.max(std::fs::metadata(&log).unwrap().len());
        let copy = copied_alone(&path, other.path());
        assert_eq!(references(&copy), Err(JournalErrorKind::LogMissing));
    }
    assert!(largest < 64 << 20, "the log grows without end: {largest}");
    drop(journal);
    assert_eq!(references(&path), Ok(7_500));
}

/// A copy that SQLite makes needs no log: its backup and `VACUUM INTO`, while a program writes, and
/// over an older copy.
#[tokio::test]
async fn copies_of_sqlite() {
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = directory.path().join("journal.db");
    let journal = SqliteJournal::open(&path).unwrap();
    let source = rusqlite::Connection::open(&path).unwrap();
    let backup = other.path().join("backup.db");
    for round in 0..20_usize {
        claimed(&journal, &format!("{round}")).await;
        for is_marked in [false, true] {
            // At the moment when the mark is set, as the journal sets it.
            if is_marked {
                let mark = "UPDATE open_log SET needed_by = (SELECT schema_version FROM pragma_schema_version)";
                source.execute(mark, []).unwrap();
            }
            let vacuumed = other.path().join(format!("{round}-{is_marked}.db"));
            let into = vacuumed.to_str().unwrap();
            source.execute("VACUUM INTO ?1", [into]).unwrap();
            source.backup("main", &backup, None).unwrap();
            source
                .execute("UPDATE open_log SET needed_by = NULL", [])
                .unwrap();
            for copy in [&vacuumed, &backup] {
                std::fs::set_permissions(copy, std::os::unix::fs::PermissionsExt::from_mode(0o600))
                    .unwrap();
                assert_eq!(references(copy), Ok(round + 1), "{is_marked}");
            }
        }
    }
}

/// A closed journal needs no log, whichever program closed it last.
#[tokio::test]
async fn a_journal_that_was_closed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    for round in 0..3 {
        let first = SqliteJournal::open(&path).unwrap();
        let second = SqliteJournal::open(&path).unwrap();
        let reader = SqliteReader::open(&path).unwrap();
        claimed(&first, &format!("first {round}")).await;
        claimed(&second, &format!("second {round}")).await;
        match round {
            0 => {
                drop(reader);
                drop((first, second));
            }
            1 => {
                drop((first, second));
                drop(reader);
            }
            _ => {
                let other = rusqlite::Connection::open(&path).unwrap();
                let count = "SELECT count(*) FROM submission";
                let _: i64 = other.query_row(count, [], |row| row.get(0)).unwrap();
                drop((first, second, reader));
                drop(other);
            }
        }
        let left = std::fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(left, 1, "the log is taken away");
        assert_eq!(references(&path), Ok(2 * (round + 1)));
    }
}

/// Damages a log: maps its bytes to the damaged ones.
type Spoiled = fn(Vec<u8>) -> Vec<u8>;

/// The length of the header before the first frame, and of a frame's header before its page.
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

fn flipped(mut log: Vec<u8>, at: usize) -> Vec<u8> {
    *log.get_mut(at).unwrap() ^= 0xff;
    log
}

/// A log of which SQLite accepts nothing, because it was emptied, overwritten, cut off before the
/// first change's end, damaged, or is another file's, counts as missing; and the main file stays
/// unchanged.
#[tokio::test]
async fn a_log_of_which_nothing_is_taken() {
    let (directory, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = directory.path().join("journal.db");
    let journal = SqliteJournal::open(&path).unwrap();
    for reference in ["a", "b", "c"] {
        claimed(&journal, reference).await;
    }
    let log = std::fs::read(directory.path().join("journal.db-wal")).unwrap();
    let frame = FRAME_HEADER + 4096;
    let spoiled: [(&str, Spoiled); 11] = [
        ("zeros", |log| vec![0; log.len()]),
        ("garbage", |log| {
            (0..log.len()).map(|_| fastrand::u8(..)).collect()
        }),
        ("the magic number", |log| flipped(log, 0)),
        ("the salt", |log| flipped(log, 20)),
        ("the header's checksum", |log| flipped(log, 28)),
        ("the first frame's header", |log| flipped(log, HEADER + 3)),
        ("the first frame's page", |log| {
            flipped(log, HEADER + FRAME_HEADER + 100)
        }),
        ("no whole header", |log| log[..31].to_vec()),
        ("the header alone", |log| log[..HEADER].to_vec()),
        ("half of a frame", |log| log[..HEADER + 2_000].to_vec()),
        ("a log of text", |_| b"no log at all\n".repeat(1_000)),
    ];
    let copy = other.path().join("copy.db");
    let copied_log = other.path().join("copy.db-wal");
    let refused = |name: &str, log: &[u8]| {
        let _ = std::fs::remove_file(other.path().join("copy.db-shm"));
        std::fs::copy(&path, &copy).unwrap();
        std::fs::write(&copied_log, log).unwrap();
        let before = std::fs::read(&copy).unwrap();
        assert_eq!(
            references(&copy),
            Err(JournalErrorKind::LogMissing),
            "{name}"
        );
        assert_eq!(std::fs::read(&copy).unwrap(), before, "{name}");
        assert_eq!(std::fs::read(&copied_log).unwrap(), log, "{name}: kept");
    };
    for (name, spoil) in spoiled {
        refused(name, &spoil(log.clone()));
    }
    for frames in 1..4 {
        refused(&format!("{frames} frames"), &log[..HEADER + frames * frame]);
    }
    // Without the end of its log the journal looks like one that was killed a moment before; no
    // program can distinguish them.
    std::fs::copy(&path, &copy).unwrap();
    std::fs::write(&copied_log, &log).unwrap();
    assert_eq!(references(&copy), Ok(3));
}

/// Nothing is sent that only a lost log would have: a program whose open log is emptied, cut off or
/// zeroed can change nothing, and the main file is not closed as if it were complete.
#[tokio::test]
async fn a_log_that_is_emptied_while_open() {
    for (name, spoil) in [
        ("emptied", (|_| Vec::new()) as Spoiled),
        ("cut off", |log| log[..log.len() / 2].to_vec()),
        ("its header alone", |log| log[..HEADER].to_vec()),
        ("zeroed", |log| vec![0; log.len()]),
        ("written on behind a hole", |log| vec![0; log.len() + 8_000]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILES[0]);
        let journal = SqliteJournal::open(&path).unwrap();
        for reference in ["a", "b"] {
            claimed(&journal, reference).await;
        }
        let log = directory.path().join("journal.db-wal");
        let content = std::fs::read(&log).unwrap();
        // In place, as a shell's `: > journal.db-wal` does.
        std::fs::write(&log, spoil(content)).unwrap();
        let main = std::fs::read(&path).unwrap();
        let error = journal.claim(claim("c"), NOW).await.unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Replaced, "{name}");
        drop(journal);
        // A log that is cut off in the middle is what a killed program leaves.
        if name != "cut off" {
            assert_eq!(std::fs::read(&path).unwrap(), main, "{name}");
            let expected = Err(JournalErrorKind::LogMissing);
            assert_eq!(references(&path), expected, "{name}");
        }
    }
}

/// Nothing is sent that only a lost log would have: a program whose log was removed or replaced can
/// change nothing.
#[tokio::test]
async fn a_log_that_is_removed_while_open() {
    for (name, is_replaced) in [
        ("journal.db-wal", false),
        ("journal.db-wal", true),
        (FILES[2], false),
        (FILES[2], true),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILES[0]);
        let first = SqliteJournal::open(&path).unwrap();
        claimed(&first, "a").await;
        let file = directory.path().join(name);
        let content = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        if is_replaced {
            std::fs::write(&file, content).unwrap();
        }
        let error = first.claim(claim("b"), NOW).await.unwrap_err();
        assert_eq!(
            error.kind(),
            JournalErrorKind::Replaced,
            "{name} {is_replaced}"
        );
        if name == "journal.db-wal" && !is_replaced {
            assert_eq!(
                SqliteJournal::open(&path).unwrap_err().kind(),
                JournalErrorKind::LogMissing
            );
        }
    }
}

/// A log that is removed while an open journal has not been written to yet.
#[tokio::test]
async fn before_the_first_change() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILES[0]);
    let journal = SqliteJournal::open(&path).unwrap();
    std::fs::remove_file(directory.path().join("journal.db-wal")).unwrap();
    std::fs::remove_file(directory.path().join(FILES[2])).unwrap();
    let error = journal.claim(claim("a"), NOW).await.unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Replaced);
}

/// Names the journal to write to the child of the next test.
const WRITTEN: &str = "IDCLOUD_JOURNAL_LOG_WRITTEN";

/// Not a test of its own: opens the journal, changes it and closes it again, until it is killed.
#[tokio::test]
async fn child() {
    let Ok(path) = std::env::var(WRITTEN) else {
        return;
    };
    for round in 0_u64.. {
        let journal = SqliteJournal::open(&path).unwrap();
        for row in 0..round % 7 {
            let reference = format!("{}-{round}-{row}", std::process::id());
            claimed(&journal, &reference).await;
        }
    }
}

fn writing(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(WRITTEN, path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// A program that is killed at any moment, even while it opens or closes the journal, leaves one
/// that opens; alone and beside another program.
#[tokio::test]
async fn killed_at_any_moment() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let clock = SystemClock::new();
    let mut before = 0;
    for round in 0..60_u64 {
        let mut programs: Vec<Child> = (0..=round % 2).map(|_| writing(&path)).collect();
        for program in &mut programs {
            // Later and later: on a slow machine the first are killed before they have done
            // anything.
            let moment = 3_000 + fastrand::u64(0..20_000 + 5_000 * round);
            clock.sleep(Duration::from_micros(moment)).await;
            program.kill().unwrap();
            let status = program.wait().unwrap();
            assert_eq!(status.signal(), Some(9), "{status}");
        }
        // A journal that was not created completely is an empty file once SQLite has opened it.
        let looked = SqliteReader::open(&path).map(drop);
        let has_content = std::fs::metadata(&path).is_ok_and(|file| file.len() > 0);
        assert_eq!(looked.is_ok(), has_content, "{looked:?}");
        if has_content {
            let now = if round % 3 == 0 {
                let reader = SqliteReader::open(&path).unwrap();
                let page = reader.entries(&EntryFilter::new(), None, 1_000_000, NOW);
                page.unwrap().entries().len()
            } else {
                references(&path).unwrap()
            };
            assert!(now >= before, "what was answered is still there");
            before = now;
        }
    }
    assert!(before > 0, "the children wrote");
}

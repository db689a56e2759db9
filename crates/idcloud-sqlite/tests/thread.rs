//! Promise: a journal starts one thread, which has its name and counts its commits, and ends it
//! when it is dropped.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "what this lint forbids is how a test fails"
)]

use std::time::UNIX_EPOCH;

use idcloud_flows::journal::Journal as _;
use idcloud_sqlite::SqliteJournal;

/// How many threads of this program belong to a journal.
fn of_a_journal() -> usize {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        // A thread that ended meanwhile has no name any more.
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok())
        .filter(|name| name.trim() == "idcloud-sqlite")
        .count()
}

/// Alone in its program, because threads are counted.
#[tokio::test]
async fn one_that_ends_with_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(of_a_journal(), 0);
    let journal = SqliteJournal::open(directory.path().join("journal.db")).unwrap();
    // It sets its name as it begins.
    for commits in 0..3 {
        assert_eq!(journal.commits(), commits);
        journal.purge(UNIX_EPOCH).await.unwrap();
    }
    assert_eq!(of_a_journal(), 1);
    drop(journal);
    // The system lists an ended thread for a moment longer.
    let ended = (0..100_000).any(|_| {
        std::thread::yield_now();
        of_a_journal() == 0
    });
    assert!(ended);
}

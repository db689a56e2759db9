//! Promise: the file keeps every rule of a journal.

use idcloud_flows::journal::conformance;
use idcloud_sqlite::SqliteJournal;

#[tokio::test]
async fn keeps_every_promise_of_a_journal() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(directory.path().join("journal.db")).unwrap();
    conformance::check(&journal).await;
    drop(journal);
    // A file that was used before.
    let journal = SqliteJournal::open(directory.path().join("journal.db")).unwrap();
    conformance::check(&journal).await;
}

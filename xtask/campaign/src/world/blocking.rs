//! A journal with a thread of its own in virtual time: no time passes while the thread writes.
//!
//! Must not be used if another task has to run before the journal answers.
//!
//! Detached commands are applied before anything is read. Virtual sleeps give the thread no real
//! time, so the machine would decide whether a read comes before or after a detached command, and a
//! run would depend on more than its seed.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use idcloud_flows::journal::{
    Answer, Command, Entry, EntryFilter, Journal, JournalError, JournalKey, Page,
};

/// A journal whose answers are awaited on the calling thread.
#[derive(Debug)]
pub(crate) struct Blocking<J>(pub(crate) J);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for `work` without advancing the runtime's time.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match work.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

impl<J: Journal> Blocking<J> {
    /// Returns once every detached command is applied: a purge queues behind them, and removes
    /// nothing that changed after the epoch.
    async fn told_is_done(&self) -> Result<(), JournalError> {
        self.0.purge(UNIX_EPOCH).await.map(drop)
    }
}

#[async_trait]
impl<J: Journal> Journal for Blocking<J> {
    async fn apply(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError> {
        block_on(self.0.apply(command, now))
    }

    fn apply_detached(&self, command: Command, now: SystemTime) {
        self.0.apply_detached(command, now);
    }

    async fn purge(&self, before: SystemTime) -> Result<u64, JournalError> {
        block_on(self.0.purge(before))
    }

    async fn entry(
        &self,
        key: &JournalKey,
        now: SystemTime,
    ) -> Result<Option<Entry>, JournalError> {
        block_on(async {
            self.told_is_done().await?;
            self.0.entry(key, now).await
        })
    }

    async fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, JournalError> {
        block_on(async {
            self.told_is_done().await?;
            self.0.entries(filter, after, limit, now).await
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use idcloud_flows::Flow;
    use idcloud_flows::journal::{Claim, Claimed, MemoryJournal, StateKind, conformance};
    use idcloud_http::EnvironmentName;
    use idcloud_model::{Asked, Capabilities, Policy, SelfieKind};
    use idcloud_sqlite::SqliteJournal;

    use super::*;
    use crate::world::slow_writer::Late;

    /// A caller dispatches and ends. Every read long after the lease's end, in any way, finds what
    /// the caller left: a purge right after it changes nothing.
    fn what_was_told_is_read(journal: &impl Journal) {
        let key = JournalKey::from_parts(
            EnvironmentName::Local,
            "tests@tenant.iam.acesso.io",
            Flow::Identity,
            "order-1041".parse().unwrap(),
        );
        let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
        let owner = "tests".parse().unwrap();
        let request = conformance::request(0);
        let claim = Claim::new(key.clone(), &request, asked, Policy::default(), owner);
        let mut newer = claim.clone();
        newer.key = JournalKey::from_parts(
            key.environment(),
            key.tenant_id(),
            key.flow(),
            "order-1042".parse().unwrap(),
        );
        let start = UNIX_EPOCH + Duration::from_secs(1_000);
        let left = start + Duration::from_secs(1);
        let later = start + Duration::from_secs(4 * 3600);
        let Claimed::Fresh(ticket) = block_on(journal.claim(claim, start)).unwrap() else {
            panic!("the first claim is fresh");
        };
        block_on(journal.dispatch(&ticket, Claim::LEASE, start)).unwrap();
        journal.abandon(ticket, left);
        let entry = block_on(journal.entry(&key, later)).unwrap().unwrap();
        assert_eq!(entry.state().kind(), StateKind::Ambiguous);
        assert_eq!(entry.record().changed_at(), left, "by its caller's word");
        // A purge refuses to remove every record, so there has to be a newer one.
        drop(block_on(journal.claim(newer, later)).unwrap());
        block_on(journal.purge(later)).unwrap();
        assert_eq!(block_on(journal.entry(&key, later)).unwrap(), Some(entry));
        let all = EntryFilter::default();
        let page = block_on(journal.entries(&all, None, 9, later)).unwrap();
        assert_eq!(page.entries()[0].record().changed_at(), left);
    }

    #[test]
    fn what_is_told_a_journal_in_memory_is_done_before_it_is_read() {
        what_was_told_is_read(&Blocking(Late::new(MemoryJournal::new()).unwrap()));
    }

    #[test]
    fn what_is_told_a_journal_on_the_disk_is_done_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = SqliteJournal::open(folder.path().join("journal")).unwrap();
        what_was_told_is_read(&Blocking(Late::new(file).unwrap()));
    }
}

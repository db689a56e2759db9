//! SQLite's journal in virtual time: while its thread writes, no time passes.
//!
//! Must never be used where another task has to run before the journal answers.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::SystemTime;

use async_trait::async_trait;
use idcloud_flows::journal::{
    Answer, Command, Entry, EntryFilter, Journal, JournalError, JournalKey, Page,
};

/// A journal whose answers are waited for on this very thread.
#[derive(Debug)]
pub(crate) struct Blocking<J>(pub(crate) J);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for `work` without letting the runtime's time pass.
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

#[async_trait]
impl<J: Journal> Journal for Blocking<J> {
    async fn apply(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError> {
        block_on(self.0.apply(command, now))
    }

    fn tell(&self, command: Command, now: SystemTime) {
        self.0.tell(command, now);
    }

    async fn purge(&self, before: SystemTime) -> Result<u64, JournalError> {
        block_on(self.0.purge(before))
    }

    async fn entry(
        &self,
        key: &JournalKey,
        now: SystemTime,
    ) -> Result<Option<Entry>, JournalError> {
        block_on(self.0.entry(key, now))
    }

    async fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, JournalError> {
        block_on(self.0.entries(filter, after, limit, now))
    }
}

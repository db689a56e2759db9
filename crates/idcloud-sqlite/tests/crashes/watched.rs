//! The journal on disk, with a recorded step before and after each command.
//!
//! Must not let virtual time pass while the disk works: callers block their thread.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::SystemTime;

use idcloud_flows::journal::{
    Answer, Command, Entry, EntryFilter, Journal, JournalError, JournalKey, Page,
};
use idcloud_sqlite::SqliteJournal;

use crate::trail::{Step, Trail};

#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) journal: SqliteJournal,
    pub(crate) trail: Arc<Trail>,
}

/// The steps before and after a command.
fn steps(command: &Command) -> Option<(Step, Step)> {
    Some(match command {
        Command::Claim(_) | Command::BeginAgain(_) => (Step::Claim, Step::Claimed),
        Command::Dispatch { .. } => (Step::Dispatch, Step::Dispatched),
        Command::Retract(_) => (Step::Retract, Step::Retracted),
        Command::Conclude { .. } => (Step::Conclude, Step::Concluded),
        Command::Finish { .. } => (Step::Finish, Step::Finished),
        _ => return None,
    })
}

#[async_trait::async_trait]
impl Journal for Watched {
    async fn apply(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError> {
        let reference = command.key().reference().as_str().to_owned();
        let Some((before, after)) = steps(&command) else {
            return block_on(self.journal.apply(command, now));
        };
        // A claim that is answered from a record changes nothing.
        let asks = before == Step::Claim && self.is_known(&command, now);
        if !asks {
            self.trail.add(&reference, before);
        }
        let answer = block_on(self.journal.apply(command, now));
        if !asks {
            self.trail.add(&reference, after);
        }
        answer
    }

    fn apply_detached(&self, command: Command, now: SystemTime) {
        self.journal.apply_detached(command, now);
    }

    async fn purge(&self, before: SystemTime) -> Result<u64, JournalError> {
        block_on(self.journal.purge(before))
    }

    async fn entry(
        &self,
        key: &JournalKey,
        now: SystemTime,
    ) -> Result<Option<Entry>, JournalError> {
        self.journal.entry(key, now).await
    }

    async fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, JournalError> {
        self.journal.entries(filter, after, limit, now).await
    }
}

impl Watched {
    /// Whether a claim will be answered from a record.
    fn is_known(&self, command: &Command, now: SystemTime) -> bool {
        use idcloud_flows::journal::State::{NotSent, Resend};
        let entry = block_on(self.journal.entry(command.key(), now)).unwrap();
        let again = matches!(command, Command::BeginAgain(_));
        !again && entry.is_some_and(|entry| !matches!(entry.state(), NotSent(_) | Resend))
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
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

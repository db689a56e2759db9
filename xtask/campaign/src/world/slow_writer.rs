//! A journal whose detached commands are late: its writer pauses before each of them.
//!
//! Must not change the order of the commands, nor make a read wait for them.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use idcloud_flows::journal::{
    Answer, Command, Entry, EntryFilter, Journal, JournalError, JournalErrorKind, JournalKey, Page,
};
use tokio::sync::oneshot;

use crate::Failure;
use crate::world::blocking::block_on;

/// How long the writer pauses, in real time.
const PAUSE: Duration = Duration::from_millis(5);

/// A job of the writer.
enum Job {
    Apply(
        Command,
        SystemTime,
        oneshot::Sender<Result<Answer, JournalError>>,
    ),
    Tell(Command, SystemTime),
    Purge(SystemTime, oneshot::Sender<Result<u64, JournalError>>),
}

/// A journal behind a writer of its own. On drop, it finishes the detached commands.
#[derive(Debug)]
pub(crate) struct Late<J> {
    journal: Arc<J>,
    /// Taken on drop, which ends the writer.
    jobs: Option<Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl<J: Journal + 'static> Late<J> {
    pub(crate) fn new(journal: J) -> Result<Self, Failure> {
        let journal = Arc::new(journal);
        let (jobs, queue) = channel();
        let written = Arc::clone(&journal);
        let writer = thread::Builder::new().spawn(move || write(&*written, &queue))?;
        Ok(Self {
            journal,
            jobs: Some(jobs),
            writer: Some(writer),
        })
    }

    fn send(&self, job: Job) -> Result<(), JournalError> {
        let jobs = self.jobs.as_ref().ok_or(JournalErrorKind::Closed)?;
        jobs.send(job).map_err(|_| JournalErrorKind::Closed.into())
    }
}

fn write(journal: &impl Journal, queue: &Receiver<Job>) {
    for job in queue {
        match job {
            Job::Apply(command, now, reply) => {
                // Its caller may be gone.
                let _ = reply.send(block_on(journal.apply(command, now)));
            }
            Job::Tell(command, now) => {
                pause();
                journal.apply_detached(command, now);
            }
            Job::Purge(before, reply) => {
                let _ = reply.send(block_on(journal.purge(before)));
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is tried is a thread that is slow by the machine's clock"
)]
fn pause() {
    thread::sleep(PAUSE);
}

impl<J> Drop for Late<J> {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            // A panic of the writer was an error to every caller that waited for it.
            let _ = writer.join();
        }
    }
}

#[async_trait]
impl<J: Journal + 'static> Journal for Late<J> {
    async fn apply(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Apply(command, now, reply))?;
        answer
            .await
            .unwrap_or_else(|_| Err(JournalErrorKind::Closed.into()))
    }

    fn apply_detached(&self, command: Command, now: SystemTime) {
        // A detached command returns neither an answer nor an error.
        let _ = self.send(Job::Tell(command, now));
    }

    async fn purge(&self, before: SystemTime) -> Result<u64, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Purge(before, reply))?;
        answer
            .await
            .unwrap_or_else(|_| Err(JournalErrorKind::Closed.into()))
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

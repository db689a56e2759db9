//! The thread that writes: it takes all waiting jobs into one transaction, and answers them once it
//! is durable.
//!
//! Must not answer before the commit, and must always answer: if the write fails, every waiting
//! caller gets the error.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::SystemTime;

use idcloud_flows::journal::{
    Answer, Claimed, Command, JournalError, JournalErrorKind, Origin, Record, transition,
};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::failure::storage;
use crate::file_identity::Place;
use crate::log_mark::{LogMark, Logged, take_away};
use crate::table::Table;

/// The most jobs in one transaction: more would delay the first of them.
const MOST: usize = 512;

/// How often the thread checks for the callers of the last batch: some tens of microseconds.
const LOOKS: u32 = 64;

/// The writing thread, and the way to it.
#[derive(Debug)]
pub(crate) struct Writer {
    /// Taken when the journal is dropped, which ends the thread.
    queue: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    commits: Arc<AtomicU64>,
}

/// A job for the thread, and where to send its outcome.
struct Job {
    work: Work,
    reply: Option<Reply>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "nearly every job is a command; a box would cost each an allocation"
)]
enum Work {
    Command(Command, SystemTime),
    Purge(SystemTime),
    Name(Origin),
}

impl Job {
    /// How many changes the job counts for in the log: a purge, or naming an origin, may change any
    /// number of rows.
    const fn changes(&self) -> usize {
        match self.work {
            Work::Command(..) => 1,
            Work::Purge(_) | Work::Name(_) => MOST,
        }
    }
}

type Reply = oneshot::Sender<Result<Outcome, JournalError>>;

/// The outcome of a job.
#[derive(Debug)]
enum Outcome {
    Answer(Answer),
    /// The number of records purged, or named.
    Count(u64),
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(connection: Logged, place: Place) -> Result<Self, JournalError> {
        Self::running(move |jobs, commits| write(&connection, place, jobs, commits))
    }

    /// Starts a thread that runs `work` until no sender is left.
    fn running(
        work: impl FnOnce(&Receiver<Job>, &AtomicU64) + Send + 'static,
    ) -> Result<Self, JournalError> {
        let (queue, jobs) = channel();
        let commits = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&commits);
        let thread = Builder::new()
            .name("idcloud-sqlite".to_owned())
            .spawn(move || work(&jobs, &counted))
            .map_err(|error| JournalError::new(JournalErrorKind::Storage).with_source(error))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
            commits,
        })
    }

    pub(crate) async fn apply(
        &self,
        command: Command,
        now: SystemTime,
    ) -> Result<Answer, JournalError> {
        match self.ask(Work::Command(command, now), now).await? {
            Outcome::Answer(answer) => Ok(answer),
            Outcome::Count(_) => Err(JournalErrorKind::Storage.into()),
        }
    }

    pub(crate) async fn purge(&self, before: SystemTime) -> Result<u64, JournalError> {
        self.count(Work::Purge(before), before).await
    }

    pub(crate) async fn name_origin(&self, origin: Origin) -> Result<u64, JournalError> {
        // It is no claim, so no time is needed at which it could be given back.
        self.count(Work::Name(origin), SystemTime::UNIX_EPOCH).await
    }

    async fn count(&self, work: Work, now: SystemTime) -> Result<u64, JournalError> {
        match self.ask(work, now).await? {
            Outcome::Count(count) => Ok(count),
            Outcome::Answer(_) => Err(JournalErrorKind::Storage.into()),
        }
    }

    /// Sends a command without waiting.
    pub(crate) fn apply_detached(&self, command: Command, now: SystemTime) {
        // A detached caller expects no answer from a thread that has ended.
        let _ = self.send(Work::Command(command, now), None);
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    async fn ask(&self, work: Work, now: SystemTime) -> Result<Outcome, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.send(work, Some(reply))?;
        let mut waiting = Waiting {
            writer: self,
            answer,
            now,
        };
        // If the thread ends without an answer, the sender is dropped.
        (&mut waiting.answer).await.map_err(|_| closed())?
    }

    fn send(&self, work: Work, reply: Option<Reply>) -> Result<(), JournalError> {
        let queue = self.queue.as_ref().ok_or_else(closed)?;
        queue.send(Job { work, reply }).map_err(|_| closed())
    }
}

/// A caller that waits for an answer, and may be dropped before it comes.
struct Waiting<'a> {
    writer: &'a Writer,
    answer: oneshot::Receiver<Result<Outcome, JournalError>>,
    now: SystemTime,
}

/// Gives back a ticket that arrived and was not taken; if it arrives later, the thread finds no
/// receiver and gives it back.
impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.answer.close();
        if let Ok(outcome) = self.answer.try_recv()
            && let Some(command) = giving_back(&outcome)
        {
            self.writer.apply_detached(command, self.now);
        }
    }
}

/// The command that undoes an answer without a receiver.
fn giving_back(unheard: &Result<Outcome, JournalError>) -> Option<Command> {
    match unheard {
        Ok(Outcome::Answer(Answer::Claimed(Claimed::Fresh(ticket)))) => {
            Some(Command::Abandon(ticket.clone()))
        }
        _ => None,
    }
}

fn closed() -> JournalError {
    JournalErrorKind::Closed.into()
}

/// Writes the jobs sent before, and ends.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        // An executor may drop the waiting caller while it wakes it, which happens on the writer
        // thread: that thread cannot wait for its own end.
        let others = |thread: &JoinHandle<()>| thread.thread().id() != std::thread::current().id();
        if let Some(thread) = self.thread.take().filter(others) {
            // The waiting callers have already seen a panic of the thread.
            let _ = thread.join();
        }
    }
}

fn write(connection: &Connection, mut place: Place, jobs: &Receiver<Job>, commits: &AtomicU64) {
    let mut table = Table::of(connection);
    let mut mark = LogMark::new(place.path());
    serve(jobs, |batch| {
        let table = table.as_mut().map_err(|error| error.kind())?;
        place.check()?;
        let marking = mark.before_changes(connection)?;
        let outcomes = written(connection, table, batch, marking.is_some(), commits)?;
        let changes = batch.iter().map(Job::changes).sum();
        mark.changed(marking, connection, changes)?;
        // A commit into a file that was removed meanwhile, or into a log that was emptied, must not
        // be acknowledged.
        place.check()?;
        Ok(outcomes)
    });
}

/// Answers jobs with the results of `run`, until no sender is left.
fn serve(jobs: &Receiver<Job>, mut run: impl FnMut(&[Job]) -> Outcomes) {
    // The commands that abandon fresh claims whose callers were dropped.
    let mut left: Vec<Job> = Vec::new();
    let mut expected = 1;
    while let Some(batch) = next_batch(jobs, left, expected) {
        expected = batch.len();
        let outcomes = run(&batch);
        left = answer(batch, outcomes);
    }
}

/// All waiting jobs; if there is none, waits for the next.
///
/// A caller that was just answered is likely to send its next job at once, and would narrowly miss
/// this sync. So the thread checks a few times more for as many jobs as the last batch had.
fn next_batch(jobs: &Receiver<Job>, left: Vec<Job>, expected: usize) -> Option<Vec<Job>> {
    let mut batch = left;
    if batch.is_empty() {
        batch.push(jobs.recv().ok()?);
    }
    let mut looks = 0;
    loop {
        batch.extend(jobs.try_iter().take(MOST.saturating_sub(batch.len())));
        if batch.len() >= expected.min(MOST) || looks >= LOOKS {
            return Some(batch);
        }
        looks += 1;
        std::thread::yield_now();
    }
}

type Outcomes = Result<Vec<Result<Outcome, JournalError>>, JournalError>;

/// Runs all jobs in one transaction; if the log is marked, it removes the mark.
fn written(
    connection: &Connection,
    table: &mut Table<'_>,
    batch: &[Job],
    is_marked: bool,
    commits: &AtomicU64,
) -> Outcomes {
    // Immediate, so that it is the only writer, other processes included; rolled back unless it
    // commits.
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)
            .map_err(storage)?;
    table.refuse_newer()?;
    let given = table.fence()?;
    let mut fence = given;
    let mut outcomes = Vec::with_capacity(batch.len());
    for job in batch {
        outcomes.push(run(table, &job.work, &mut fence)?);
    }
    if fence > given {
        table.give(fence)?;
    }
    if is_marked {
        take_away(&transaction).map_err(storage)?;
    }
    transaction.commit().map_err(storage)?;
    commits.fetch_add(1, Ordering::Relaxed);
    Ok(outcomes)
}

/// Runs one job. An error of the job is its outcome; an error of the store fails the whole batch.
fn run(
    table: &mut Table<'_>,
    work: &Work,
    fence: &mut u64,
) -> Result<Result<Outcome, JournalError>, JournalError> {
    let (command, now) = match work {
        Work::Purge(before) => return Ok(table.forget(*before)?.map(Outcome::Count)),
        Work::Name(origin) => return Ok(Ok(Outcome::Count(table.name_origin(origin)?))),
        Work::Command(command, now) => (command, *now),
    };
    let record = match table.load(command.key()) {
        Ok(record) => record,
        Err(error) if error.kind() == JournalErrorKind::Storage => return Err(error),
        Err(unreadable) => return Ok(Err(unreadable)),
    };
    if let Some(found) = command.found()
        && table.is_held_elsewhere(command.key(), found)?
    {
        return Ok(Err(JournalErrorKind::ProcessTaken.into()));
    }
    let before = record.as_ref().and_then(Record::process_id).cloned();
    let next = fence.saturating_add(1);
    let transition = transition(record, command.clone(), next, now);
    if let Some(record) = &transition.store {
        table.save(command.key(), record)?;
        // A person who named another process releases the one before.
        if let Some(before) = before.filter(|before| !record.holds(before)) {
            table.let_go(command.key(), &before)?;
        }
    }
    if let Ok(Answer::Claimed(Claimed::Fresh(_))) = transition.answer {
        *fence = next;
    }
    Ok(transition.answer.map(Outcome::Answer))
}

/// Sends every outcome. Returns the commands that abandon claims whose callers are gone.
fn answer(batch: Vec<Job>, outcomes: Outcomes) -> Vec<Job> {
    let mut outcomes = outcomes.map(Vec::into_iter);
    let mut left = Vec::new();
    for job in batch {
        let outcome = match &mut outcomes {
            Ok(outcomes) => outcomes.next().unwrap_or_else(|| Err(closed())),
            Err(error) => Err(error.kind().into()),
        };
        let Some(Err(unheard)) = job.reply.map(|reply| reply.send(outcome)) else {
            continue;
        };
        if let (Some(command), Work::Command(_, now)) = (giving_back(&unheard), job.work) {
            left.push(Job {
                work: Work::Command(command, now),
                reply: None,
            });
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::Mutex;
    use std::task::{Context, Wake};
    use std::time::Duration;

    use super::*;
    use crate::open;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    /// Never pay twice, and never wait for ever, when the thread panics during a transaction:
    /// uncommitted changes are not acknowledged, later callers get an error, and dropping the
    /// journal is quiet.
    #[tokio::test]
    async fn a_thread_that_panics() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal.db");
        let connection = open::writing(&path).unwrap();
        let mut batches = 0;
        let writer = Writer::running(move |jobs, _| {
            serve(jobs, |batch| {
                batches += 1;
                connection.execute_batch("BEGIN IMMEDIATE").unwrap();
                connection
                    .execute("UPDATE fence SET given = given + 1", [])
                    .unwrap();
                assert!(batches < 2, "the second batch panics");
                connection.execute_batch("COMMIT").unwrap();
                Ok(batch.iter().map(|_| Ok(Outcome::Count(0))).collect())
            });
        })
        .unwrap();
        assert_eq!(writer.purge(NOW).await.unwrap(), 0);
        // All jobs are sent before the first answer is awaited: some are in the batch that panics,
        // and others behind it.
        let mut asked: Vec<_> = (0..8).map(|_| Box::pin(writer.purge(NOW))).collect();
        for one in &mut asked {
            poll_fn(|cx| std::task::Poll::Ready(one.as_mut().poll(cx).is_pending())).await;
        }
        for one in asked {
            let error = one.await.unwrap_err();
            assert_eq!(error.kind(), JournalErrorKind::Closed);
        }
        let late = writer.purge(NOW).await.unwrap_err();
        assert_eq!(late.kind(), JournalErrorKind::Closed);
        drop(writer);
        let left = open::reading(&path).unwrap();
        let given: i64 = left
            .query_row("SELECT given FROM fence", [], |row| row.get(0))
            .unwrap();
        assert_eq!(given, 1, "what was not committed is not there");
    }

    /// A caller that waits, and is dropped while it is woken, together with the writer that it
    /// owns.
    struct DroppedWhenWoken {
        waits: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
        dropped: Sender<()>,
    }

    impl Wake for DroppedWhenWoken {
        fn wake(self: Arc<Self>) {
            drop(self.waits.lock().unwrap().take());
            self.dropped.send(()).unwrap();
        }
    }

    /// Never wait for ever: a journal that is dropped on its own thread does not wait for that
    /// thread.
    #[test]
    fn dropped_on_its_own_thread() {
        let (go_on, hold) = channel::<()>();
        let writer = Writer::running(move |jobs, _| {
            serve(jobs, |batch| {
                hold.recv().unwrap();
                Ok(batch.iter().map(|_| Ok(Outcome::Count(0))).collect())
            });
        })
        .unwrap();
        let (dropped, heard) = channel();
        let waits: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            let _ = writer.purge(NOW).await;
        });
        let somebody = Arc::new(DroppedWhenWoken {
            waits: Mutex::new(Some(waits)),
            dropped,
        });
        let waker = Arc::clone(&somebody).into();
        let mut context = Context::from_waker(&waker);
        let polled = {
            let mut waits = somebody.waits.lock().unwrap();
            waits.as_mut().unwrap().as_mut().poll(&mut context)
        };
        assert!(polled.is_pending());
        go_on.send(()).unwrap();
        heard.recv_timeout(Duration::from_secs(30)).unwrap();
    }
}

//! The journal with many writers: what an intent costs in syncs, and how long it takes beside one sync of the same disk.
//!
//! Must measure both on one file system in one run: disks differ a thousandfold.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use idcloud_flows::Flow;
use idcloud_flows::http::EnvironmentName;
use idcloud_flows::journal::{Claim, Claimed, Journal as _, JournalKey, Ticket};
use idcloud_journal::SqliteJournal;
use idcloud_model::{Asked, Capabilities, Policy, SelfieKind};
use tokio::task::JoinSet;

use crate::Failure;
use crate::figure::{Figure, Standing};
use crate::sample::create;
use crate::stopwatch::median;

const WRITERS: u32 = 16;
/// Intents of each writer in a round.
const INTENTS: u32 = 50;
/// Rounds, with syncs of a plain file between them.
const ROUNDS: u32 = 7;
/// Syncs of a plain file in a round.
const PROBES: u32 = 20;
/// What the log's start over costs at most: a sync of the log, of the file, and of the log's new head.
const SYNCS_A_CHECKPOINT: u32 = 3;

const SYNCS: f64 = 1.0 / 8.0;
const LATENCY: f64 = 4.0;

/// Syncs an intent, and its latency.
///
/// # Errors
/// The journal fails, or there is no room for it beside the program.
pub fn figures() -> Result<Vec<Figure>, Failure> {
    // Beside the program, because the usual place for what is temporary may be in memory.
    let program = std::env::current_exe()?;
    let directory = tempfile::tempdir_in(program.parent().ok_or("the program is nowhere")?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let path = directory.path().join("journal.db");
    let journal = Arc::new(SqliteJournal::open(&path)?);
    let mut probe = Probe::new(directory.path())?;
    let log = directory.path().join("journal.db-wal");
    let (mut commits, mut starts_over) = (0, 0);
    let (mut latencies, mut syncs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let tickets = runtime.block_on(claimed(&journal, round))?;
        for _ in 0..PROBES {
            syncs.push(probe.sync()?);
        }
        let before = (journal.commits(), times_started_over(&log)?);
        latencies.extend(runtime.block_on(dispatched(&journal, tickets))?);
        commits += journal.commits() - before.0;
        starts_over += times_started_over(&log)?.wrapping_sub(before.1);
    }
    let intents = WRITERS * INTENTS * ROUNDS;
    let made = u32::try_from(commits)? + SYNCS_A_CHECKPOINT * starts_over;
    let a_sync = median(syncs);
    let latency = median(latencies);
    let (share, times) = (f64::from(made) / f64::from(intents), latency / a_sync);
    Ok(vec![
        Figure {
            name: format!("journal, {WRITERS} writers, syncs an intent"),
            measured: format!("{share:.3}"),
            goal: format!("<= {SYNCS}"),
            standing: Standing::Report(share <= SYNCS),
            beside: format!("{made} syncs for {intents} intents"),
        },
        Figure {
            name: format!("journal, {WRITERS} writers, p50 of an intent"),
            measured: format!("{times:.2} x ({:.0} us)", latency * 1e6),
            goal: format!("<= {LATENCY:.0} x"),
            standing: Standing::Report(times <= LATENCY),
            beside: format!("fdatasync of 4 kB: {:.0} us", a_sync * 1e6),
        },
    ])
}

const LEASE: Duration = Duration::from_secs(60);
const NOW: SystemTime = UNIX_EPOCH;

/// The tickets of a round, a list for each writer.
async fn claimed(journal: &SqliteJournal, round: u32) -> Result<Vec<Vec<Ticket>>, Failure> {
    let request = create()?;
    let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
    let key = |row: &str| -> Result<JournalKey, Failure> {
        Ok(JournalKey::from_parts(
            EnvironmentName::Custom,
            "bench@tenant.iam.acesso.io",
            Flow::Identity,
            row.parse()?,
        ))
    };
    let usual = Claim::new(
        key("row")?,
        &request,
        asked,
        Policy::default(),
        "bench".parse()?,
    );
    let mut tickets = Vec::new();
    for writer in 0..WRITERS {
        let mut list = Vec::new();
        for intent in 0..INTENTS {
            let mut claim = usual.clone();
            claim.key = key(&format!("row {round}.{writer}.{intent}"))?;
            match journal.claim(claim, NOW).await? {
                Claimed::Fresh(ticket) => list.push(ticket),
                _ => return Err("a new reference is not fresh".into()),
            }
        }
        tickets.push(list);
    }
    Ok(tickets)
}

/// All writers at once, each one intent after the other; the seconds that each intent took.
async fn dispatched(
    journal: &Arc<SqliteJournal>,
    tickets: Vec<Vec<Ticket>>,
) -> Result<Vec<f64>, Failure> {
    let mut writers = JoinSet::new();
    for list in tickets {
        let journal = Arc::clone(journal);
        writers.spawn(async move {
            let mut latencies = Vec::with_capacity(list.len());
            for ticket in list {
                let start = now();
                journal.dispatch(&ticket, LEASE, NOW).await?;
                latencies.push(seconds_since(start));
            }
            Ok::<_, Failure>(latencies)
        });
    }
    let mut all = Vec::new();
    while let Some(latencies) = writers.join_next().await {
        all.extend(latencies??);
    }
    Ok(all)
}

/// How often the log began at its head again; it says so itself (SQLite's file format, "The Write-Ahead Log", bytes 12 to 15).
fn times_started_over(log: &Path) -> Result<u32, Failure> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(12))?;
    let mut number = [0; 4];
    file.read_exact(&mut number)?;
    Ok(u32::from_be_bytes(number))
}

/// A plain file that is appended to and synced, as a log is.
struct Probe(File);

impl Probe {
    fn new(directory: &Path) -> Result<Self, Failure> {
        Ok(Self(File::create(directory.join("probe"))?))
    }

    /// Seconds of one page and its `fdatasync`.
    fn sync(&mut self) -> Result<f64, Failure> {
        self.0.write_all(&[1; 4096])?;
        let start = now();
        self.0.sync_data()?;
        Ok(seconds_since(start))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's own time"
)]
fn now() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's own time"
)]
fn seconds_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64()
}

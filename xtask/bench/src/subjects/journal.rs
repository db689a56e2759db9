//! The journal with many writers: syncs per intent, and its latency compared with one sync of the
//! same disk.
//!
//! Must not compare two runs or two file systems: disks differ a thousandfold.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use idcloud_flows::Flow;
use idcloud_flows::http::EnvironmentName;
use idcloud_flows::journal::{Claim, Claimed, Journal as _, JournalKey, Ticket};
use idcloud_model::{Asked, Capabilities, Policy, SelfieKind};
use idcloud_sqlite::SqliteJournal;
use tokio::task::JoinSet;

use crate::Failure;
use crate::figure::{Figure, Goal, Unit, report};
use crate::measure::series::Series;
use crate::sides::sample::create;

/// Numbers of concurrent writers. The goals are stated for sixteen; the others show the growth.
const WRITERS: [u32; 6] = [1, 2, 4, 8, 16, 32];
const STATED_FOR: u32 = 16;
/// Intents of each writer in a run.
const INTENTS: u32 = 50;
/// Syncs of a plain file in a run.
const PROBES: u32 = 20;
/// The most syncs of a log restart: of the log, of the file, and of the log's new head.
const SYNCS_A_CHECKPOINT: u32 = 3;

/// The goal for syncs per intent.
pub const SYNCS_GOAL: f64 = 1.0 / 8.0;
const LATENCY_GOAL: f64 = 4.0;

/// The results of all runs so far, by the number of writers.
#[derive(Debug, Default)]
pub struct Journals(BTreeMap<u32, Runs>);

#[derive(Debug, Default)]
struct Runs {
    /// Syncs per intent.
    syncs: Series,
    /// The median intent, in syncs of a plain file in the same run.
    times: Series,
    /// The same in microseconds, and the sync.
    intent: Series,
    a_sync: Series,
}

impl Journals {
    /// Measures every number of writers once more, each with a journal of its own.
    ///
    /// # Errors
    /// The journal fails, or there is no space for it beside the program.
    pub fn run(&mut self) -> Result<(), Failure> {
        for writers in WRITERS {
            self.0.entry(writers).or_default().run(writers)?;
        }
        Ok(())
    }

    /// The medians, for the number of writers that the goals are stated for.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let Some(runs) = self.0.get(&STATED_FOR) else {
            return Vec::new();
        };
        let told = |series: &Series| series.median().unwrap_or_default();
        vec![
            Figure {
                value: runs.syncs.median(),
                ..report(
                    format!("journal, {STATED_FOR} writers, full sync: syncs an intent"),
                    0.0,
                    Unit::Average,
                    Goal::AtMost(SYNCS_GOAL),
                )
                .beside("the log's starts over counted as three")
            },
            Figure {
                value: runs.times.median(),
                ..report(
                    format!("journal, {STATED_FOR} writers, full sync: p50 of an intent, in syncs of a plain file"),
                    0.0,
                    Unit::Times,
                    Goal::AtMost(LATENCY_GOAL),
                )
                .beside(format!(
                    "{:.0} µs; fdatasync of 4 kB in the same run {:.0} µs",
                    told(&runs.intent),
                    told(&runs.a_sync)
                ))
            },
        ]
    }

    /// Syncs per intent, by the number of writers.
    #[must_use]
    pub fn syncs(&self) -> Vec<(u32, f64)> {
        let median = |(writers, runs): (&u32, &Runs)| Some((*writers, runs.syncs.median()?));
        self.0.iter().filter_map(median).collect()
    }
}

impl Runs {
    fn run(&mut self, writers: u32) -> Result<(), Failure> {
        // Beside the program, because the default temporary directory may be in memory.
        let program = std::env::current_exe()?;
        let directory = tempfile::tempdir_in(program.parent().ok_or("the program is nowhere")?)?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let journal = Arc::new(SqliteJournal::open(directory.path().join("journal.db"))?);
        let log = directory.path().join("journal.db-wal");
        let mut probe = Probe::new(directory.path())?;
        let tickets = runtime.block_on(claimed(&journal, writers))?;
        let mut a_sync = Series::default();
        for _ in 0..PROBES {
            a_sync.push(probe.sync()?);
        }
        let before = (journal.commits(), times_started_over(&log)?);
        let latencies = runtime.block_on(dispatched(&journal, tickets))?;
        let commits = u32::try_from(journal.commits() - before.0)?;
        let starts_over = times_started_over(&log)?.wrapping_sub(before.1);
        let syncs = commits + SYNCS_A_CHECKPOINT * starts_over;
        let intent = Series::from_iter(latencies).median().unwrap_or_default();
        let a_sync = a_sync.median().unwrap_or_default();
        self.syncs
            .push(f64::from(syncs) / f64::from(writers * INTENTS));
        self.times.push(intent / a_sync);
        self.intent.push(intent * 1e6);
        self.a_sync.push(a_sync * 1e6);
        Ok(())
    }
}

const LEASE: Duration = Duration::from_secs(60);
const NOW: SystemTime = UNIX_EPOCH;

/// The tickets of a run, a list for each writer.
async fn claimed(journal: &SqliteJournal, writers: u32) -> Result<Vec<Vec<Ticket>>, Failure> {
    let request = create()?;
    let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
    let key = |row: &str| -> Result<JournalKey, Failure> {
        Ok(JournalKey::from_parts(
            EnvironmentName::Custom,
            "tenant",
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
    for writer in 0..writers {
        let mut list = Vec::new();
        for intent in 0..INTENTS {
            let mut claim = usual.clone();
            claim.key = key(&format!("row {writer}.{intent}"))?;
            match journal.claim(claim, NOW).await? {
                Claimed::Fresh(ticket) => list.push(ticket),
                _ => return Err("a new reference is not fresh".into()),
            }
        }
        tickets.push(list);
    }
    Ok(tickets)
}

/// Runs all writers concurrently, each with one intent after the other. Returns the seconds of each
/// intent.
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

/// How often the log has restarted at its head. Its header has this count (SQLite's file format,
/// "The Write-Ahead Log", bytes 12 to 15).
fn times_started_over(log: &Path) -> Result<u32, Failure> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(12))?;
    let mut number = [0; 4];
    file.read_exact(&mut number)?;
    Ok(u32::from_be_bytes(number))
}

/// A plain file that is appended to and synced, like a log.
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

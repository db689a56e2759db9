//! One batch: its folder, input, journal, simulator, and all its runs so far.
//!
//! Must not hold data of a real person: the numbers are invented, with valid check digits.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use children::{Child, pause};
use fastrand::Rng;
use serde_json::Value;
use tempfile::TempDir;

use super::judge::{Ended, Evidence, Row};
use super::served::Served;
use crate::Failure;

/// Rows in flight at once.
pub(super) const CONCURRENCY: usize = 4;

/// The timeout after which a run counts as hanging.
const LIMIT: Duration = Duration::from_secs(75);

const HEADER: &str = "reference,cpf,name,email,phone,selfie\n";

/// One batch.
pub(super) struct Work {
    program: PathBuf,
    folder: TempDir,
    served: Served,
    pub(super) rows: u32,
    /// The name of the journal's file, which changes when a copy replaces it.
    pub(super) journal: String,
    ended: Vec<Ended>,
}

/// A run in progress.
pub(super) struct Running {
    pub(super) child: Child,
    billed_before: Vec<String>,
}

impl Work {
    pub(super) fn begin(program: &Path, seed: u64, random: &mut Rng) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let credentials = folder.path().join("credentials");
        fs::create_dir(&credentials)?;
        let latency = Duration::from_millis(random.u64(80..250));
        let work = Self {
            program: program.to_owned(),
            served: Served::start(program, &credentials, seed, latency)?,
            folder,
            rows: random.u32(16..40),
            journal: "journal.db".to_owned(),
            ended: Vec::new(),
        };
        fs::write(work.path("selfie.png"), picture())?;
        work.write_input(work.rows)?;
        Ok(work)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.path(&self.journal)
    }

    /// The SQLite log beside the journal.
    pub(super) fn log(&self) -> PathBuf {
        self.path(&format!("{}-wal", self.journal))
    }

    /// Whether the log exists and is not empty.
    pub(super) fn has_log(&self) -> bool {
        fs::metadata(self.log()).is_ok_and(|log| log.len() > 0)
    }

    /// Writes the first `rows` rows into the input, in place.
    pub(super) fn write_input(&self, rows: u32) -> Result<(), Failure> {
        let mut text = HEADER.to_owned();
        for number in 1..=rows {
            writeln!(
                text,
                "row-{number},{},Test Subject,,,selfie.png",
                cpf(number)
            )?;
        }
        Ok(fs::write(self.path("in.csv"), text)?)
    }

    /// The processes that were billed so far.
    fn billed(&self) -> Result<Vec<String>, Failure> {
        Ok(self.served.ledger()?.0)
    }

    /// Starts a run on a journal. With a limit, no file can become larger than that many blocks of
    /// 512 bytes, as on a full disk.
    pub(super) fn begin_run(
        &self,
        journal: &Path,
        blocks: Option<u64>,
    ) -> Result<Running, Failure> {
        let limit = blocks.map_or(String::new(), |blocks| format!("ulimit -f {blocks}; "));
        let mut command = Command::new("sh");
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("NO_PROXY", "*")
            .envs(self.served.variables().iter().cloned())
            // The signal for exceeding the limit kills a program unless it is ignored.
            .arg("-c")
            .arg(format!("trap '' XFSZ; {limit}exec \"$0\" \"$@\""))
            .arg(&self.program)
            .args(["batch", "run", "--format", "json", "--rate", "5000"])
            .args(["--concurrency", &CONCURRENCY.to_string()])
            .arg(self.path("in.csv"))
            .arg("--journal")
            .arg(journal)
            .arg("--output")
            .arg(self.path("out.csv"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(Running {
            billed_before: self.billed()?,
            child: Child::spawn(&mut command, LIMIT)?,
        })
    }

    /// Waits until a run has started its work, plus a time drawn from the seed; or until it has
    /// ended.
    pub(super) fn until_at_work(
        &self,
        running: &mut Running,
        random: &mut Rng,
    ) -> Result<(), Failure> {
        while running.child.try_wait()?.is_none() && self.billed()? == running.billed_before {
            pause(Duration::from_millis(10));
        }
        pause(Duration::from_millis(random.u64(0..400)));
        Ok(())
    }

    /// Waits for the end of a run, and keeps its results.
    pub(super) fn end_run(
        &mut self,
        running: Running,
        mut ended: Ended,
    ) -> Result<Option<i32>, Failure> {
        let (output, in_time) = running.child.finish_or_give_up()?;
        let Output { status, .. } = output;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let told = fs::read_to_string(self.path("out.csv")).unwrap_or_default();
        if ended.cut_off > 0 {
            // Requests that were cut off may still arrive.
            pause(Duration::from_millis(300));
        }
        let billed = self.billed()?.split_off(running.billed_before.len());
        ended.code = status.code();
        ended.in_time = in_time;
        ended.billed = billed;
        ended.stdout = text(&output.stdout);
        ended.stderr = text(&output.stderr);
        ended.output = told;
        self.ended.push(ended);
        Ok(status.code())
    }

    /// The results of the runs, and the ledger.
    pub(super) fn evidence(self) -> Result<Evidence, Failure> {
        let (_, doubles) = self.served.ledger()?;
        let last = self.ended.last().ok_or("nothing was run")?;
        let rows = last.stdout.lines().filter_map(row).collect();
        Ok(Evidence {
            expected: (1..=self.rows)
                .map(|number| format!("row-{number}"))
                .collect(),
            rows,
            doubles,
            ended: self.ended,
        })
    }
}

/// Parses a row of the batch's output.
fn row(line: &str) -> Option<Row> {
    let row: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| Some(row.get(name)?.as_str()?.to_owned());
    Some(Row {
        reference: text("reference")?,
        outcome: text("outcome")?,
        process_id: text("processId"),
    })
}

/// The number of a person who does not exist, with valid check digits.
fn cpf(number: u32) -> String {
    let mut digits: Vec<u32> = format!("{:09}", 300_000_000 + number * 7)
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .collect();
    for weight in [10, 11] {
        let sum: u32 = (2..=weight)
            .rev()
            .zip(&digits)
            .map(|(weight, digit)| weight * digit)
            .sum();
        digits.push(sum * 10 % 11 % 10);
    }
    digits.iter().map(u32::to_string).collect()
}

/// A PNG with some meaningless bytes in it.
fn picture() -> Vec<u8> {
    idcloud_simulator::sample_png(720, 960, &[0; 2_000])
}

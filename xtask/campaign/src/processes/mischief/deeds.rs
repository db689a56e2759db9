//! How each fault is applied to a batch.
//!
//! Must not allow an exit code or a loss that the fault does not cause.

use std::fs;
use std::path::Path;
use std::time::Duration;

use children::{Signal, pause, send};
use fastrand::Rng;
use rusqlite::Connection;

use super::Mischief;
use crate::Failure;
use crate::processes::Sabotage;
use crate::processes::judge::Ended;
use crate::processes::work::{CONCURRENCY, Work};

/// Exit codes of a completed run: every row done, or some ambiguous.
const THROUGH: &[Option<i32>] = &[Some(0), Some(5)];
/// Exit codes of a run that is asked to end.
const ASKED: &[Option<i32>] = &[Some(0), Some(5), Some(130)];
/// Exit codes of a killed run.
const KILLED: &[Option<i32>] = &[None, Some(0), Some(5)];
/// Exit codes of a run whose files fail: any code but that of a usage error.
const FAILED: &[Option<i32>] = &[
    Some(0),
    Some(1),
    Some(3),
    Some(4),
    Some(5),
    Some(6),
    Some(7),
    Some(8),
];
/// Exit codes of a run with unusable files: refused before it starts, or stopped.
const REFUSED_OR_STOPPED: &[Option<i32>] = &[
    Some(0),
    Some(1),
    Some(2),
    Some(3),
    Some(4),
    Some(5),
    Some(6),
    Some(7),
    Some(8),
];
const REFUSED: &[Option<i32>] = &[Some(2)];

impl Mischief {
    fn may_end(self, codes: &'static [Option<i32>]) -> Ended {
        Ended {
            what: self.what(),
            codes,
            ..Ended::default()
        }
    }

    /// Runs the batch, and applies the fault.
    pub(in crate::processes) fn befall(
        self,
        work: &mut Work,
        random: &mut Rng,
        sabotage: Option<Sabotage>,
    ) -> Result<(), Failure> {
        match self {
            Self::Nothing => {
                let running = work.begin_run(&work.journal(), None)?;
                work.end_run(running, self.may_end(THROUGH))?;
            }
            Self::Killed => left_with_a_log(work, random)?,
            Self::HungUp if sabotage == Some(Sabotage::HangUpKills) => {
                self.signalled(work, random, &[Signal::SIGKILL], 0)?;
            }
            Self::HungUp => self.signalled(work, random, &[Signal::SIGHUP; 2], 0)?,
            Self::Terminated => self.signalled(work, random, &[Signal::SIGTERM], 0)?,
            Self::InterruptedTwice => {
                self.signalled(work, random, &[Signal::SIGINT; 2], CONCURRENCY)?;
            }
            Self::Stopped => self.stopped(work, random, 500..3_000)?,
            Self::StoppedLong => self.stopped(work, random, 31_000..35_000)?,
            Self::DiskFull => {
                let largest = [work.journal(), work.log()]
                    .iter()
                    .filter_map(|file| fs::metadata(file).ok())
                    .map(|file| file.len())
                    .max();
                let blocks = largest.unwrap_or_default() / 512 + random.u64(0..160);
                let running = work.begin_run(&work.journal(), Some(blocks))?;
                let ended = Ended {
                    unheard: sabotage == Some(Sabotage::IdsAreDropped),
                    ..self.may_end(REFUSED_OR_STOPPED)
                };
                work.end_run(running, ended)?;
            }
            Self::Locked => self.locked(work, random, 200..4_000, sabotage)?,
            Self::LockedLong => self.locked(work, random, 11_000..12_000, sabotage)?,
            Self::InputGrown => {
                let mut running = work.begin_run(&work.journal(), None)?;
                work.until_at_work(&mut running, random)?;
                work.rows += random.u32(1..6);
                work.write_input(work.rows)?;
                work.end_run(running, self.may_end(FAILED))?;
            }
            Self::InputCut => {
                let mut running = work.begin_run(&work.journal(), None)?;
                work.until_at_work(&mut running, random)?;
                let whole = fs::read(work.path("in.csv"))?;
                let half = whole
                    .get(..random.usize(60..whole.len()))
                    .unwrap_or_default();
                fs::write(work.path("in.csv"), half)?;
                work.end_run(running, self.may_end(FAILED))?;
                fs::write(work.path("in.csv"), whole)?;
            }
            Self::CopiedAlone
            | Self::CopiedWhole
            | Self::LogRemoved
            | Self::LogTaken
            | Self::Linked => self.befall_files(work, random, sabotage)?,
        }
        if sabotage == Some(Sabotage::JournalForgets) {
            // The output is removed too: it would contain the rows that the journal has forgotten.
            for file in [work.journal(), work.log(), work.path("out.csv")] {
                let _ = fs::remove_file(file);
            }
        }
        Ok(())
    }

    /// Faults of the journal's files.
    fn befall_files(
        self,
        work: &mut Work,
        random: &mut Rng,
        sabotage: Option<Sabotage>,
    ) -> Result<(), Failure> {
        match self {
            Self::CopiedAlone => {
                left_with_a_log(work, random)?;
                if work.has_log() {
                    let copy = work.path("copy.db");
                    fs::copy(work.journal(), &copy)?;
                    self.refused(work, &copy)?;
                }
            }
            Self::CopiedWhole => {
                left_with_a_log(work, random)?;
                let copy = format!("copy-of-{}", work.journal);
                fs::copy(work.journal(), work.path(&copy))?;
                if work.has_log() {
                    fs::copy(work.log(), work.path(&format!("{copy}-wal")))?;
                }
                work.journal = copy;
                let running = work.begin_run(&work.journal(), None)?;
                work.end_run(running, self.may_end(THROUGH))?;
            }
            Self::LogRemoved => {
                left_with_a_log(work, random)?;
                if work.has_log() {
                    let aside = work.path("aside");
                    fs::rename(work.log(), &aside)?;
                    self.refused(work, &work.journal())?;
                    fs::rename(&aside, work.log())?;
                }
            }
            Self::LogTaken => {
                let mut running = work.begin_run(&work.journal(), None)?;
                work.until_at_work(&mut running, random)?;
                let aside = work.path("aside");
                let taken = fs::rename(work.log(), &aside).is_ok();
                // Rows that were dispatched when the log disappeared are uncertain, sent or not.
                let ended = Ended {
                    cut_off: CONCURRENCY,
                    ..self.may_end(REFUSED_OR_STOPPED)
                };
                work.end_run(running, ended)?;
                if taken {
                    fs::rename(&aside, work.log())?;
                }
            }
            Self::Linked => {
                if !work.journal().exists() {
                    left_with_a_log(work, random)?;
                }
                let other = work.path("second-name.db");
                if sabotage == Some(Sabotage::LinkIsFollowed) {
                    // A complete copy, as if the program followed the second name.
                    fs::copy(work.journal(), &other)?;
                    if work.has_log() {
                        fs::copy(work.log(), work.path("second-name.db-wal"))?;
                    }
                } else {
                    fs::hard_link(work.journal(), &other)?;
                }
                self.refused(work, &other)?;
                fs::remove_file(&other)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Sends signals in short succession; up to `cut_off` requests may be cut off.
    fn signalled(
        self,
        work: &mut Work,
        random: &mut Rng,
        signals: &[Signal],
        cut_off: usize,
    ) -> Result<(), Failure> {
        let mut running = work.begin_run(&work.journal(), None)?;
        work.until_at_work(&mut running, random)?;
        for signal in signals {
            send(running.child.id(), *signal);
            pause(Duration::from_millis(random.u64(5..60)));
        }
        let codes = if signals.contains(&Signal::SIGKILL) {
            KILLED
        } else {
            ASKED
        };
        let ended = Ended {
            cut_off,
            ..self.may_end(codes)
        };
        work.end_run(running, ended)?;
        Ok(())
    }

    fn stopped(
        self,
        work: &mut Work,
        random: &mut Rng,
        milliseconds: std::ops::Range<u64>,
    ) -> Result<(), Failure> {
        let mut running = work.begin_run(&work.journal(), None)?;
        work.until_at_work(&mut running, random)?;
        send(running.child.id(), Signal::SIGSTOP);
        pause(Duration::from_millis(random.u64(milliseconds)));
        send(running.child.id(), Signal::SIGCONT);
        work.end_run(running, self.may_end(THROUGH))?;
        Ok(())
    }

    fn locked(
        self,
        work: &mut Work,
        random: &mut Rng,
        milliseconds: std::ops::Range<u64>,
        sabotage: Option<Sabotage>,
    ) -> Result<(), Failure> {
        let mut running = work.begin_run(&work.journal(), None)?;
        work.until_at_work(&mut running, random)?;
        if running.child.try_wait()?.is_none() {
            let other = Connection::open(work.journal())?;
            other.busy_timeout(Duration::from_secs(5))?;
            if other.execute_batch("BEGIN IMMEDIATE").is_ok() {
                pause(Duration::from_millis(random.u64(milliseconds)));
                other.execute_batch("ROLLBACK")?;
            }
        }
        let ended = Ended {
            unheard: sabotage == Some(Sabotage::IdsAreDropped),
            ..self.may_end(FAILED)
        };
        work.end_run(running, ended)?;
        Ok(())
    }

    /// A run that must be refused before anything is sent.
    fn refused(self, work: &mut Work, journal: &Path) -> Result<(), Failure> {
        let running = work.begin_run(journal, None)?;
        let ended = Ended {
            sends_nothing: true,
            ..self.may_end(REFUSED)
        };
        work.end_run(running, ended)?;
        Ok(())
    }
}

/// A killed run leaves the journal with its log.
fn left_with_a_log(work: &mut Work, random: &mut Rng) -> Result<(), Failure> {
    Mischief::Killed.signalled(work, random, &[Signal::SIGKILL], CONCURRENCY)
}

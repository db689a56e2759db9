//! What befalls a batch while it runs, and between two of its runs.
//!
//! Must say exactly what the program may come to: what it cannot help, and nothing more.

use std::fs;
use std::path::Path;
use std::time::Duration;

use children::{Signal, pause, send};
use fastrand::Rng;
use rusqlite::Connection;

use super::Sabotage;
use super::judge::Ended;
use super::work::{CONCURRENCY, Work};
use crate::Failure;

/// How a run may end that comes to its end: every row done, or some ambiguous.
const THROUGH: &[Option<i32>] = &[Some(0), Some(5)];
/// How one may end that is asked to end.
const ASKED: &[Option<i32>] = &[Some(0), Some(5), Some(130)];
/// How one may end that is killed.
const KILLED: &[Option<i32>] = &[None, Some(0), Some(5)];
/// How one may end whose files fail: at any of the codes but that of a usage that is wrong.
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
/// How one may end whose files are not in order: before it begins, or stopped.
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

/// What befalls a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mischief {
    Nothing,
    /// SIGKILL, while requests are on the wire.
    Killed,
    /// SIGHUP, as it comes when a terminal is closed: twice.
    HungUp,
    Terminated,
    /// Ctrl-c, twice.
    InterruptedTwice,
    /// SIGSTOP, and SIGCONT some seconds later.
    Stopped,
    /// No file can grow any more.
    DiskFull,
    /// Another program has the journal open for writing, for a while.
    Locked,
    /// The same, for longer than the program waits.
    LockedLong,
    /// Rows are added to the input while it is read.
    InputGrown,
    /// The input is cut off in its middle.
    InputCut,
    /// A copy of the main file alone is worked with.
    CopiedAlone,
    /// A copy with its log takes the journal's place.
    CopiedWhole,
    /// The log was removed after a run was killed.
    LogRemoved,
    /// The log is taken away while the program runs, and is there again afterwards.
    LogTaken,
    /// The file has a second name.
    Linked,
}

impl Mischief {
    const ALL: [Self; 15] = [
        Self::Killed,
        Self::HungUp,
        Self::Terminated,
        Self::InterruptedTwice,
        Self::Stopped,
        Self::DiskFull,
        Self::Locked,
        Self::LockedLong,
        Self::InputGrown,
        Self::InputCut,
        Self::CopiedAlone,
        Self::CopiedWhole,
        Self::LogRemoved,
        Self::LogTaken,
        Self::Linked,
    ];

    /// Three of them, in any order.
    pub(super) fn draw(random: &mut Rng) -> Vec<Self> {
        let mut all = Self::ALL;
        random.shuffle(&mut all);
        all.into_iter().take(3).collect()
    }

    /// What shows that a protection is off.
    pub(super) const fn that_shows(sabotage: Sabotage) -> &'static [Self] {
        match sabotage {
            Sabotage::HangUpKills => &[Self::HungUp],
            Sabotage::JournalForgets => &[Self::Terminated],
            Sabotage::LinkIsFollowed => &[Self::Killed, Self::Linked],
            Sabotage::IdsAreDropped => &[Self::LockedLong, Self::LockedLong],
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Killed => "killed",
            Self::HungUp => "hung up",
            Self::Terminated => "terminated",
            Self::InterruptedTwice => "interrupted twice",
            Self::Stopped => "stopped",
            Self::DiskFull => "disk full",
            Self::Locked => "locked",
            Self::LockedLong => "locked long",
            Self::InputGrown => "input grown",
            Self::InputCut => "input cut",
            Self::CopiedAlone => "copied alone",
            Self::CopiedWhole => "copied whole",
            Self::LogRemoved => "log removed",
            Self::LogTaken => "log taken",
            Self::Linked => "linked",
        }
    }

    fn may_end(self, codes: &'static [Option<i32>]) -> Ended {
        Ended {
            what: self.what(),
            codes,
            ..Ended::default()
        }
    }

    /// Runs the batch, and lets it happen.
    pub(super) fn befall(
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
            Self::Killed => kill(self, work, random)?,
            Self::HungUp if sabotage == Some(Sabotage::HangUpKills) => {
                self.signalled(work, random, &[Signal::SIGKILL], 0)?;
            }
            Self::HungUp => self.signalled(work, random, &[Signal::SIGHUP; 2], 0)?,
            Self::Terminated => self.signalled(work, random, &[Signal::SIGTERM], 0)?,
            Self::InterruptedTwice => {
                self.signalled(work, random, &[Signal::SIGINT; 2], CONCURRENCY)?;
            }
            Self::Stopped => {
                let mut running = work.begin_run(&work.journal(), None)?;
                work.until_at_work(&mut running, random)?;
                send(running.child.id(), Signal::SIGSTOP);
                pause(Duration::from_millis(random.u64(500..3_000)));
                send(running.child.id(), Signal::SIGCONT);
                work.end_run(running, self.may_end(THROUGH))?;
            }
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
            // The output would tell of the rows that the journal has forgotten.
            for file in [work.journal(), work.log(), work.path("out.csv")] {
                let _ = fs::remove_file(file);
            }
        }
        Ok(())
    }

    /// What befalls the journal's files.
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
                // What was dispatched when the log went is in doubt, sent or not.
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
                    fs::copy(work.journal(), &other)?;
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

    /// Sends signals one shortly after the other, while `cut_off` requests may be cut off.
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

fn kill(mischief: Mischief, work: &mut Work, random: &mut Rng) -> Result<(), Failure> {
    mischief.signalled(work, random, &[Signal::SIGKILL], CONCURRENCY)
}

/// A run that is killed leaves the journal with its log.
fn left_with_a_log(work: &mut Work, random: &mut Rng) -> Result<(), Failure> {
    kill(Mischief::Killed, work, random)
}

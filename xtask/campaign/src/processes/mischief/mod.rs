//! The faults of a batch, during its runs and between them.
//!
//! Must not apply a fault: it names and draws them.

mod deeds;

use fastrand::Rng;

use super::Sabotage;

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mischief {
    Nothing,
    /// SIGKILL, while requests are on the wire.
    Killed,
    /// SIGHUP, twice, as when a terminal is closed.
    HungUp,
    Terminated,
    /// Ctrl-c, twice.
    InterruptedTwice,
    /// SIGSTOP, and SIGCONT some seconds later.
    Stopped,
    /// The same, for longer than the timeout of an answer: answers wait in the sockets meanwhile.
    StoppedLong,
    /// No file can grow.
    DiskFull,
    /// Another program has the journal open for writing, for a while.
    Locked,
    /// The same, for longer than the program waits.
    LockedLong,
    /// Rows are added to the input while it is read.
    InputGrown,
    /// The input is truncated in the middle.
    InputCut,
    /// The run uses a copy of the main file without its log.
    CopiedAlone,
    /// A copy with its log replaces the journal.
    CopiedWhole,
    /// The log was removed after a run was killed.
    LogRemoved,
    /// The log is moved away while the program runs, and moved back afterwards.
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

    /// Draws three faults in any order; sometimes the long one.
    pub(super) fn draw(random: &mut Rng) -> Vec<Self> {
        if random.u8(..12) == 0 {
            return vec![Self::StoppedLong];
        }
        let mut all = Self::ALL;
        random.shuffle(&mut all);
        all.into_iter().take(3).collect()
    }

    /// Whether the run of a seed is a long one.
    pub(super) fn takes_long(seed: u64) -> bool {
        Self::draw(&mut Rng::with_seed(seed)).contains(&Self::StoppedLong)
    }

    /// The faults that reveal a sabotage.
    pub(super) const fn that_shows(sabotage: Sabotage) -> &'static [Self] {
        match sabotage {
            Sabotage::HangUpKills => &[Self::HungUp],
            Sabotage::JournalForgets => &[Self::Terminated],
            Sabotage::LinkIsFollowed => &[Self::Killed, Self::Linked],
            // A locked journal records the answers on a later try; a full disk never does.
            Sabotage::IdsAreDropped => &[Self::DiskFull, Self::DiskFull],
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
            Self::StoppedLong => "stopped long",
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
}

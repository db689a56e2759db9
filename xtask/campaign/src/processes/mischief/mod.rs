//! What befalls a batch while it runs, and between two of its runs.
//!
//! Must name it and draw it; how it is done stands below.

mod deeds;

use fastrand::Rng;

use super::Sabotage;

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
    /// The same, for longer than an answer is waited for: answers lie in the sockets meanwhile.
    StoppedLong,
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

    /// Three of them, in any order; now and then the one that takes long.
    pub(super) fn draw(random: &mut Rng) -> Vec<Self> {
        if random.u8(..12) == 0 {
            return vec![Self::StoppedLong];
        }
        let mut all = Self::ALL;
        random.shuffle(&mut all);
        all.into_iter().take(3).collect()
    }

    /// Whether the run of a seed is one that takes long.
    pub(super) fn takes_long(seed: u64) -> bool {
        Self::draw(&mut Rng::with_seed(seed)).contains(&Self::StoppedLong)
    }

    /// What shows that a protection is off.
    pub(super) const fn that_shows(sabotage: Sabotage) -> &'static [Self] {
        match sabotage {
            Sabotage::HangUpKills => &[Self::HungUp],
            Sabotage::JournalForgets => &[Self::Terminated],
            Sabotage::LinkIsFollowed => &[Self::Killed, Self::Linked],
            // A journal that is locked takes in the end what it is told again; a full disk takes nothing.
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

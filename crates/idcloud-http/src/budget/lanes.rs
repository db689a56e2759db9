//! Which lane is next when calls of several kinds wait.
//!
//! Must not do I/O, nor starve a lane.

use crate::operation::OperationKind;

/// The number of lanes: each kind of request waits in a queue of its own.
pub(crate) const LANES: usize = 3;

/// The lane of an operation, as an index.
pub(crate) const fn lane(kind: OperationKind) -> usize {
    match kind {
        OperationKind::Token => TOKEN,
        OperationKind::Create => CREATE,
        OperationKind::Read => READ,
    }
}

/// The lane of token exchanges.
pub(crate) const TOKEN: usize = 0;
const CREATE: usize = 1;
const READ: usize = 2;

/// Token exchanges first, because every call waits for one; then, while creates and reads both
/// wait, one read in five and the rest creates.
#[derive(Debug, Default)]
pub(crate) struct LanePriority {
    /// Requests since the last read.
    since_read: u32,
}

impl LanePriority {
    /// How many requests may overtake a waiting read, token exchanges aside.
    const READ_EVERY: u32 = 5;

    /// The next lane among those in which calls wait.
    pub(crate) fn next(&self, waiting: [bool; LANES]) -> Option<usize> {
        let [token, create, read] = waiting;
        let read_is_due = self.since_read + 1 >= Self::READ_EVERY;
        match (token, create, read) {
            (true, _, _) => Some(TOKEN),
            (false, true, true) if read_is_due => Some(READ),
            (false, true, _) => Some(CREATE),
            (false, false, true) => Some(READ),
            (false, false, false) => None,
        }
    }

    /// Records which lane was served.
    pub(crate) fn took(&mut self, lane: usize) {
        self.since_read = if lane == READ {
            0
        } else {
            self.since_read.saturating_add(1)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Budget: while both wait, any five requests hold at least three creates and one read.
    #[test]
    fn creates_get_three_in_five_and_reads_one() {
        let mut turns = LanePriority::default();
        let taken: Vec<usize> = (0..500)
            .map(|_| {
                let lane = turns.next([false, true, true]).unwrap();
                turns.took(lane);
                lane
            })
            .collect();
        for five in taken.windows(5) {
            let creates = five.iter().filter(|lane| **lane == CREATE).count();
            assert!((3..=4).contains(&creates), "{five:?}");
        }
    }

    #[test]
    fn a_lane_alone_gets_everything_and_tokens_go_first() {
        let turns = LanePriority::default();
        assert_eq!(turns.next([false, false, true]), Some(READ));
        assert_eq!(turns.next([false, true, false]), Some(CREATE));
        assert_eq!(turns.next([true, true, true]), Some(TOKEN));
        assert_eq!(turns.next([false; 3]), None);
    }
}

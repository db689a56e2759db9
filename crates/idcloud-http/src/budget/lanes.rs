//! Whose turn it is when several sorts of requests wait. Pure.
//!
//! Must not starve a lane.

use crate::operation::OperationKind;

/// A sort of request that waits in a queue of its own.
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

/// Shares departures out: a token exchange first, because everything waits for it; then, while
/// creates and reads both wait, one read in five and the rest creates.
#[derive(Debug, Default)]
pub(crate) struct LanePriority {
    /// Requests since a read last left.
    since_read: u32,
}

impl LanePriority {
    /// How many departures a waiting read lets pass at most, tokens aside.
    const READ_EVERY: u32 = 5;

    /// Whose turn it is among the lanes that wait.
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

    /// Records whose turn it was.
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

    /// Budget: while both wait, any five departures hold at least three creates and one read.
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

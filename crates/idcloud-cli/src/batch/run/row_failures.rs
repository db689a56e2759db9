//! Facts about rows that only this run has: which records are the rows' own, and why other rows
//! failed.
//!
//! Must not store a text for each row: a million rows fail for a handful of reasons. Must not apply
//! a fact to another row, even if the input changed in between.

use std::collections::HashMap;

use crate::batch::input::rows::Line;
use crate::failure::Failure;

/// What a run remembers of its rows. It is stored by position and returned only for the same row.
#[derive(Default)]
pub(crate) struct RowFailures {
    rows: Vec<Known>,
    failures: Vec<Failure>,
    places: HashMap<Failure, u32>,
}

#[derive(Clone, Copy, Default)]
struct Known {
    /// The row's hash ([`Line::identity`]).
    identity: u64,
    /// 0 if nothing is known, [`OWN`], [`SENT`], or [`FIRST`] plus the index of the failure in
    /// `failures`.
    place: u32,
}

const OWN: u32 = 1;
const SENT: u32 = 2;
const FIRST: u32 = 3;

/// Identifies a row.
#[derive(Clone, Copy)]
pub(crate) struct RowId {
    /// Its position among the rows, from 0.
    pub(crate) index: usize,
    /// Its hash ([`Line::identity`]).
    pub(crate) identity: u64,
}

impl From<&Line> for RowId {
    fn from(line: &Line) -> Self {
        Self {
            index: line.index,
            identity: line.identity,
        }
    }
}

/// What a run knows of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The run compared the row with its record: the record is the row's.
    Own,
    /// The run sent the row: the record is the row's and of this run.
    Sent,
    /// The row failed.
    Failed(Box<Failure>),
}

impl RowFailures {
    /// Remembers that the record under the row's reference is the row's.
    pub(crate) fn own(&mut self, row: RowId) {
        self.put(row, OWN);
    }

    /// Remembers that the record under the row's reference holds this run's answer.
    pub(crate) fn sent(&mut self, row: RowId) {
        self.put(row, SENT);
    }

    /// Remembers why the row failed.
    pub(crate) fn failed(&mut self, row: RowId, failure: Failure) {
        let place = self.places.get(&failure).copied().unwrap_or_else(|| {
            let place = u32::try_from(self.failures.len()).map_or(0, |number| number + FIRST);
            self.failures.push(failure.clone());
            self.places.insert(failure, place);
            place
        });
        self.put(row, place);
    }

    /// The facts about the row; `None` if another row stood at its position.
    pub(crate) fn of(&self, row: RowId) -> Option<Mark> {
        let known = self
            .rows
            .get(row.index)
            .filter(|known| known.identity == row.identity)?;
        match known.place {
            OWN => return Some(Mark::Own),
            SENT => return Some(Mark::Sent),
            _ => {}
        }
        let place = usize::try_from(known.place.checked_sub(FIRST)?).ok()?;
        let failure = self.failures.get(place)?;
        Some(Mark::Failed(Box::new(failure.clone())))
    }

    fn put(&mut self, row: RowId, place: u32) {
        if self.rows.len() <= row.index {
            self.rows.resize(row.index + 1, Known::default());
        }
        if let Some(slot) = self.rows.get_mut(row.index) {
            *slot = Known {
                identity: row.identity,
                place,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(index: usize) -> RowId {
        RowId {
            index,
            identity: 7 + u64::try_from(index).unwrap(),
        }
    }

    #[test]
    fn each_row_keeps_its_own_remark_and_texts_are_kept_once() {
        let mut row_failures = RowFailures::default();
        for index in (0..1_000).filter(|index| index % 3 != 0) {
            row_failures.failed(row(index), Failure::fault(format!("reason {}", index % 3)));
        }
        row_failures.own(row(6));
        row_failures.sent(row(9));
        let reason = |index| match row_failures.of(row(index)) {
            Some(Mark::Failed(failure)) => failure.message,
            other => panic!("{other:?}"),
        };
        assert_eq!(row_failures.failures.len(), 2);
        assert_eq!(row_failures.of(row(3)), None);
        assert_eq!(row_failures.of(row(6)), Some(Mark::Own));
        assert_eq!(row_failures.of(row(9)), Some(Mark::Sent));
        assert_eq!(
            (reason(4).as_str(), reason(998).as_str()),
            ("reason 1", "reason 2")
        );
        assert_eq!(row_failures.of(row(2_000)), None);
    }

    /// A verdict cannot be misread: after the input changed, the facts about one row are not used
    /// for another.
    #[test]
    fn another_row_in_the_same_place_is_told_nothing() {
        let mut row_failures = RowFailures::default();
        row_failures.own(row(1));
        row_failures.failed(row(2), Failure::fault("why"));
        for index in [1, 2] {
            let other = RowId {
                identity: 1_000,
                ..row(index)
            };
            assert_eq!(row_failures.of(other), None);
        }
    }
}

//! The outcome of a row, and the exit code of a batch.
//!
//! Must not call a row done without a result, nor unsent if its request may have been sent.

use serde::Serialize;

use crate::failure::Delivery;
use crate::failure::exit::Exit;

/// The outcome of a row. The words are public interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// IDCloud answered; the row has its verdict.
    Done,
    /// Created, and not final yet.
    Pending,
    /// The process failed or was canceled.
    Failed,
    /// No request was sent, or no process was created.
    Unsent,
    /// The row breaks rules; nothing was sent.
    Invalid,
    /// IDCloud refused it.
    Refused,
    /// IDCloud may have accepted it; it was not repeated.
    Ambiguous,
}

impl Outcome {
    /// Every outcome, from the least to the most severe.
    pub(crate) const ALL: [Self; 7] = [
        Self::Done,
        Self::Pending,
        Self::Failed,
        Self::Unsent,
        Self::Invalid,
        Self::Refused,
        Self::Ambiguous,
    ];

    /// The word in outputs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Unsent => "unsent",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::Ambiguous => "ambiguous",
        }
    }

    /// The exit code of a batch whose most severe outcome this is.
    pub(crate) const fn exit(self) -> Exit {
        match self {
            Self::Done => Exit::Answered,
            Self::Pending => Exit::Pending,
            Self::Failed => Exit::Failed,
            Self::Unsent => Exit::Unreachable,
            Self::Invalid => Exit::RefusedHere,
            Self::Refused => Exit::Refused,
            Self::Ambiguous => Exit::Ambiguous,
        }
    }
}

/// The number of rows by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally([usize; Outcome::ALL.len()]);

impl Tally {
    /// Counts a row.
    pub(crate) fn count(&mut self, outcome: Outcome) {
        if let Some(slot) = self.0.get_mut(outcome as usize) {
            *slot += 1;
        }
    }

    /// Changes the outcome of a counted row.
    pub(crate) fn recount(&mut self, before: Outcome, after: Outcome) {
        if let Some(slot) = self.0.get_mut(before as usize) {
            *slot = slot.saturating_sub(1);
        }
        self.count(after);
    }

    /// The rows of one outcome.
    pub(crate) fn of(&self, outcome: Outcome) -> usize {
        self.0.get(outcome as usize).copied().unwrap_or_default()
    }

    /// All rows.
    pub(crate) fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// The delivery state of the batch: that of its least certain row.
    pub(crate) fn delivery(&self) -> Delivery {
        let any = |outcomes: &[Outcome]| outcomes.iter().any(|outcome| self.of(*outcome) > 0);
        if any(&[Outcome::Ambiguous]) {
            Delivery::Unknown
        } else if any(&[
            Outcome::Done,
            Outcome::Pending,
            Outcome::Failed,
            Outcome::Refused,
        ]) {
            Delivery::Answered
        } else {
            Delivery::NotSent
        }
    }

    /// The most severe outcome of any row; `None` for an empty batch.
    pub(crate) fn gravest(&self) -> Option<Outcome> {
        Outcome::ALL
            .into_iter()
            .rev()
            .find(|outcome| self.of(*outcome) > 0)
    }

    /// For example `3 done, 1 ambiguous`; outcomes without rows are left out.
    pub(crate) fn sentence(&self) -> String {
        let parts: Vec<String> = Outcome::ALL
            .into_iter()
            .filter(|outcome| self.of(*outcome) > 0)
            .map(|outcome| format!("{} {}", self.of(outcome), outcome.as_str()))
            .collect();
        if parts.is_empty() {
            "no rows".to_owned()
        } else {
            parts.join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exit code is that of the most severe row, in the published order.
    #[test]
    fn the_gravest_row_decides() {
        use Outcome::{Ambiguous, Done, Failed, Invalid, Pending, Refused, Unsent};
        let order = [
            (Ambiguous, 5),
            (Refused, 4),
            (Invalid, 3),
            (Unsent, 6),
            (Failed, 7),
            (Pending, 8),
            (Done, 0),
        ];
        for (position, (outcome, code)) in order.into_iter().enumerate() {
            let mut tally = Tally::default();
            for (lighter, _) in order.into_iter().skip(position) {
                tally.count(lighter);
                tally.count(lighter);
            }
            assert_eq!(tally.gravest(), Some(outcome));
            assert_eq!(outcome.exit() as u8, code);
        }
        assert_eq!(Tally::default().gravest(), None);
    }

    #[test]
    fn every_outcome_has_a_count_of_its_own() {
        for (position, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, position);
            let mut tally = Tally::default();
            tally.count(outcome);
            assert_eq!((tally.of(outcome), tally.total()), (1, 1));
            assert_eq!(tally.sentence(), format!("1 {}", outcome.as_str()));
            assert_eq!(
                serde_json::to_value(outcome).unwrap(),
                serde_json::Value::from(outcome.as_str())
            );
        }
    }
}

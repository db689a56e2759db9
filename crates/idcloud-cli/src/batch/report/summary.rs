//! Counts of a journal's entries for a batch.
//!
//! Must not grow with the journal, nor hold anything but counts, codes, references and times.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use idcloud_flows::journal::Unreadable;

use crate::batch::run::outcome::{Outcome, Tally};

/// The most references that are listed one by one. Beyond it, the page gives only their number.
const LISTED: usize = 1_000;

/// Bins of ten score points, from -100 to 100.
pub(crate) const SCORE_BINS: usize = 20;

/// The counts that a page or a status shows.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// How many references each environment has, by its name, such as `local`.
    pub(crate) environments: BTreeMap<String, usize>,
    /// How many answers were simulated.
    pub(crate) simulated: usize,
    pub(crate) tally: Tally,
    /// References that are being submitted now.
    pub(crate) in_flight: usize,
    /// Counts by decision and scenario.
    pub(crate) scenarios: BTreeMap<(&'static str, &'static str), usize>,
    pub(crate) scores: [usize; SCORE_BINS],
    /// Finished identity verifications without a score.
    pub(crate) unscored: usize,
    pub(crate) latency: Latency,
    /// Counts by error code, or by the word for an error without one.
    pub(crate) errors: BTreeMap<String, usize>,
    pub(crate) ambiguous: Vec<Listed>,
    /// Records that cannot be read.
    pub(crate) unreadable: usize,
    /// The first of the unreadable records, for the list.
    pub(crate) listed_unreadable: Vec<Unreadable>,
    pub(crate) first: Option<SystemTime>,
    pub(crate) last: Option<SystemTime>,
}

/// A reference that a person has to settle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) reference: String,
    pub(crate) since: SystemTime,
    pub(crate) attempts: usize,
}

impl Summary {
    /// Counts a reference by its outcome.
    pub(crate) fn outcome(&mut self, outcome: Outcome) {
        self.tally.count(outcome);
    }

    /// Counts an error.
    pub(crate) fn error(&mut self, code: &str) {
        *self.errors.entry(code.to_owned()).or_default() += 1;
    }

    /// Counts a verdict.
    pub(crate) fn verdict(&mut self, decision: &'static str, scenario: &'static str) {
        *self.scenarios.entry((decision, scenario)).or_default() += 1;
    }

    /// Counts a score, or its absence.
    pub(crate) fn score(&mut self, score: Option<i64>) {
        match score.and_then(bin).and_then(|bin| self.scores.get_mut(bin)) {
            Some(count) => *count += 1,
            None => self.unscored += 1,
        }
    }

    /// Lists an ambiguous reference, up to the limit.
    pub(crate) fn list(&mut self, listed: Listed) {
        if self.ambiguous.len() < LISTED {
            self.ambiguous.push(listed);
        }
    }

    /// Counts a record that cannot be read, and lists it up to the limit.
    pub(crate) fn unreadable(&mut self, row: &Unreadable) {
        self.unreadable += 1;
        if self.listed_unreadable.len() < LISTED {
            self.listed_unreadable.push(row.clone());
        }
    }

    /// Extends the time range by a reference's begin and end.
    pub(crate) fn during(&mut self, begun: SystemTime, ended: SystemTime) {
        self.first = Some(self.first.map_or(begun, |first| first.min(begun)));
        self.last = Some(self.last.map_or(ended, |last| last.max(ended)));
    }

    /// The number of references.
    pub(crate) fn total(&self) -> usize {
        self.tally.total() + self.in_flight + self.unreadable
    }
}

/// The bin of a score; the last bin includes 100.
fn bin(score: i64) -> Option<usize> {
    if !(-100..=100).contains(&score) {
        return None;
    }
    let bin = usize::try_from((score + 100).div_euclid(10)).ok()?;
    Some(bin.min(SCORE_BINS - 1))
}

/// A histogram of answer times in steps of 10 %: thousands of answers take a few hundred bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Latency {
    steps: BTreeMap<u16, usize>,
    total: usize,
}

/// The ratio of one step's end to that of the step before.
const STEP: f64 = 1.1;

impl Latency {
    /// Counts an answer.
    pub(crate) fn count(&mut self, took: Duration) {
        let mut end = 0.001;
        let mut step = 0;
        while end < took.as_secs_f64() && step < 200 {
            end *= STEP;
            step += 1;
        }
        *self.steps.entry(step).or_default() += 1;
        self.total += 1;
    }

    /// The time within which this share of the answers came, accurate to 10 %.
    pub(crate) fn quantile(&self, share: (usize, usize)) -> Option<Duration> {
        let (part, whole) = share;
        let wanted = (self.total * part).div_ceil(whole);
        let mut seen = 0;
        for (step, count) in &self.steps {
            seen += count;
            if seen >= wanted.max(1) {
                return Some(end_of(*step));
            }
        }
        None
    }

    /// Counts in wider steps for a chart: one up to each of `ends`, and one beyond the last.
    pub(crate) fn bars(&self, ends: &[Duration]) -> Vec<usize> {
        let mut bars = vec![0; ends.len() + 1];
        for (step, count) in &self.steps {
            let end = end_of(*step);
            // A step counts where its end lies; 5 % of tolerance is half the width of a step.
            let place = ends
                .iter()
                .position(|limit| end <= limit.mul_f64(1.05))
                .unwrap_or(ends.len());
            if let Some(bar) = bars.get_mut(place) {
                *bar += count;
            }
        }
        bars
    }
}

fn end_of(step: u16) -> Duration {
    Duration::from_secs_f64(0.001 * STEP.powi(i32::from(step)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_has_its_bin() {
        for (score, expected) in [
            (-100, Some(0)),
            (-91, Some(0)),
            (-90, Some(1)),
            (-1, Some(9)),
            (0, Some(10)),
            (50, Some(15)),
            (99, Some(19)),
            (100, Some(19)),
            (101, None),
            (-101, None),
        ] {
            assert_eq!(bin(score), expected, "{score}");
        }
    }

    #[test]
    fn quantiles_are_right_to_a_tenth() {
        let mut latency = Latency::default();
        assert_eq!(latency.quantile((1, 2)), None);
        for millis in 1..=1_000 {
            latency.count(Duration::from_millis(millis));
        }
        for (share, expected) in [((1, 2), 0.5), ((9, 10), 0.9), ((99, 100), 0.99)] {
            let told = latency.quantile(share).unwrap().as_secs_f64();
            assert!(
                told >= expected && told < expected * 1.1,
                "{told} {expected}"
            );
        }
        let bars = latency.bars(&[Duration::from_millis(100), Duration::from_millis(500)]);
        assert_eq!(bars.iter().sum::<usize>(), 1_000);
        assert!(bars.iter().all(|bar| *bar > 50), "{bars:?}");
    }
}

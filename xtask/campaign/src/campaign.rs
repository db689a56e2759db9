//! Many runs, on a given number of threads.
//!
//! Must not count a run twice or skip one.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::{Map, Value};

use crate::Failure;
use crate::judge::leaks::Log;
use crate::judge::oracle::Findings;
use crate::plan::Keeping;
use crate::run::{Resources, play};
use crate::sabotage::Sabotage;

/// How many failing seeds are reported.
const TOLD: usize = 10;

/// The runs to play.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Campaign {
    pub(crate) first_seed: u64,
    pub(crate) runs: u64,
    pub(crate) threads: usize,
    pub(crate) keeping: Keeping,
}

/// The results of all runs.
#[derive(Debug, Default)]
pub(crate) struct Total {
    pub(crate) runs: u64,
    pub(crate) faults: u64,
    pub(crate) findings: Findings,
    /// Seeds with a violation, the lowest first, each with its sentences.
    pub(crate) failing: Vec<(u64, Vec<String>)>,
}

impl Campaign {
    /// Plays every run.
    pub(crate) fn play(
        &self,
        sabotage: Option<Sabotage>,
        resources: &Resources,
    ) -> Result<Total, Failure> {
        let next = AtomicU64::new(0);
        let total = Mutex::new(Total::default());
        let worker = || -> Result<(), Failure> {
            let log = Log::default();
            tracing::dispatcher::with_default(&log.dispatch(), || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= self.runs {
                        return Ok(());
                    }
                    let seed = self.first_seed.wrapping_add(number);
                    let played = play(seed, self.keeping, sabotage, resources, &log)?;
                    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                    total.add(seed, played.faults, played.findings);
                }
            })
        };
        on_threads(self.threads, worker)?;
        let mut total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
        total.failing.sort_unstable();
        Ok(total)
    }

    /// How many runs it takes until a sabotage is noticed, and by which violation; `None` if it is
    /// not.
    pub(crate) fn until_noticed(
        &self,
        sabotage: Sabotage,
        resources: &Resources,
    ) -> Result<Option<(u64, String)>, Failure> {
        let log = Log::default();
        tracing::dispatcher::with_default(&log.dispatch(), || {
            for number in 0..self.runs {
                let seed = self.first_seed.wrapping_add(number);
                let played = play(seed, self.keeping, Some(sabotage), resources, &log)?;
                if let Some(sentence) = played.findings.violations.into_iter().next() {
                    return Ok(Some((number + 1, sentence)));
                }
            }
            Ok(None)
        })
    }
}

/// Runs `work` on each thread until all have ended. An error of one thread is returned.
pub(crate) fn on_threads(
    threads: usize,
    work: impl Fn() -> Result<(), Failure> + Sync,
) -> Result<(), Failure> {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(&work)).collect();
        for worker in workers {
            worker
                .join()
                .map_err(|_| "a run panicked outside of its programs")??;
        }
        Ok(())
    })
}

impl Total {
    fn add(&mut self, seed: u64, faults: u64, mut findings: Findings) {
        self.runs += 1;
        self.faults += faults;
        let sentences = std::mem::take(&mut findings.violations);
        self.findings.add(&findings);
        if !sentences.is_empty() {
            self.failing.push((seed, sentences));
        }
    }

    pub(crate) fn holds(&self) -> bool {
        self.failing.is_empty()
    }

    /// One line of JSON.
    pub(crate) fn json(&self, seconds: f64) -> String {
        let numbers = self.numbers(seconds).into_iter();
        let object: Map<String, Value> = numbers
            .map(|(name, number)| (name.to_owned(), number))
            .collect();
        Value::from(object).to_string()
    }

    /// A line for each number.
    pub(crate) fn text(&self, seconds: f64) -> String {
        let mut text = String::new();
        for (name, number) in self.numbers(seconds) {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{name:>14}  {number}");
        }
        text
    }

    fn numbers(&self, seconds: f64) -> [(&'static str, Value); 17] {
        let found = &self.findings;
        [
            ("runs", self.runs.into()),
            ("faults", self.faults.into()),
            ("creates", found.creates.into()),
            ("reported", found.reported.into()),
            ("pending", found.pending.into()),
            ("ambiguous", found.ambiguous.into()),
            ("untold", found.untold.into()),
            ("approved", found.approved.into()),
            ("doubled", found.doubled.into()),
            ("lost", found.lost.into()),
            ("needless", found.needless.into()),
            ("falseApprovals", found.false_approvals.into()),
            ("overBudget", found.over_budget.into()),
            ("overdue", found.overdue.into()),
            ("leaks", found.leaks.into()),
            ("failingRuns", self.failing.len().into()),
            ("seconds", ((seconds * 10.0).round() / 10.0).into()),
        ]
    }

    /// The failing seeds, and the commands to play them again.
    pub(crate) fn replays(&self, sabotage: Option<Sabotage>) -> String {
        let with = sabotage.map_or_else(String::new, |sabotage| format!(" --sabotage {sabotage}"));
        let mut text = String::new();
        for (seed, sentences) in self.failing.iter().take(TOLD) {
            let _ = writeln!(
                text,
                "seed {seed}: {}\n  again: cargo xtask prove --runs 1 --first-seed {seed}{with}",
                sentences.join("; ")
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The object has every number that scripts read.
    #[test]
    fn one_object_with_numbers() {
        let read: Value = serde_json::from_str(&Total::default().json(1.26)).unwrap();
        for key in [
            "runs",
            "faults",
            "creates",
            "reported",
            "ambiguous",
            "doubled",
            "lost",
            "falseApprovals",
            "overBudget",
            "leaks",
        ] {
            assert_eq!(read[key].as_u64(), Some(0), "{key}");
        }
        assert_eq!(read["seconds"].as_f64(), Some(1.3));
    }

    /// A failing run with a sabotage is played again with it.
    #[test]
    fn a_replay_plays_the_same() {
        let total = Total {
            failing: vec![(7, vec!["a".to_owned(), "b".to_owned()])],
            ..Total::default()
        };
        let again = "again: cargo xtask prove --runs 1 --first-seed 7";
        assert_eq!(total.replays(None), format!("seed 7: a; b\n  {again}\n"));
        let [sabotage, ..] = Sabotage::ALL;
        let told = total.replays(Some(sabotage));
        assert!(
            told.ends_with(&format!("{again} --sabotage {sabotage}\n")),
            "{told}"
        );
    }
}

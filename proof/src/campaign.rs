//! Many runs, on as many threads as asked for.
//!
//! Must count every run once, whichever thread played it.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::json;

use crate::Failure;
use crate::leaks::Log;
use crate::oracle::Findings;
use crate::run::{Resources, play};
use crate::sabotage::Sabotage;

/// How many failing seeds are told.
const TOLD: usize = 10;

/// Which runs are played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Campaign {
    pub(crate) first_seed: u64,
    pub(crate) runs: u64,
    pub(crate) threads: usize,
}

/// What all runs came to.
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
                    let played = play(seed, sabotage, resources, &log)?;
                    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                    total.add(seed, played.faults, played.findings);
                }
            })
        };
        thread::scope(|scope| -> Result<(), Failure> {
            let workers: Vec<_> = (0..self.threads.max(1))
                .map(|_| scope.spawn(worker))
                .collect();
            for worker in workers {
                worker
                    .join()
                    .map_err(|_| "a run panicked outside of its programs")??;
            }
            Ok(())
        })?;
        let mut total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
        total.failing.sort_unstable();
        Ok(total)
    }

    /// How many runs it takes until a sabotage is noticed, and by what; nothing if it is not.
    pub(crate) fn until_noticed(
        &self,
        sabotage: Sabotage,
        resources: &Resources,
    ) -> Result<Option<(u64, String)>, Failure> {
        let log = Log::default();
        tracing::dispatcher::with_default(&log.dispatch(), || {
            for number in 0..self.runs {
                let seed = self.first_seed.wrapping_add(number);
                let played = play(seed, Some(sabotage), resources, &log)?;
                if let Some(sentence) = played.findings.violations.into_iter().next() {
                    return Ok(Some((number + 1, sentence)));
                }
            }
            Ok(None)
        })
    }
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

    /// One line.
    pub(crate) fn json(&self, seconds: f64) -> String {
        let found = &self.findings;
        json!({
            "runs": self.runs,
            "faults": self.faults,
            "creates": found.creates,
            "reported": found.reported,
            "pending": found.pending,
            "ambiguous": found.ambiguous,
            "untold": found.untold,
            "approved": found.approved,
            "doubled": found.doubled,
            "lost": found.lost,
            "needless": found.needless,
            "falseApprovals": found.false_approvals,
            "overBudget": found.over_budget,
            "overdue": found.overdue,
            "leaks": found.leaks,
            "failingRuns": self.failing.len(),
            "seconds": (seconds * 10.0).round() / 10.0,
        })
        .to_string()
    }

    /// The failing seeds, and how to play them again.
    pub(crate) fn replays(&self) -> String {
        let mut text = String::new();
        for (seed, sentences) in self.failing.iter().take(TOLD) {
            // A String takes everything that is written.
            let _ = writeln!(
                text,
                "seed {seed}: {}\n  again: cargo xtask prove --runs 1 --first-seed {seed}",
                sentences.join("; ")
            );
        }
        text
    }
}

//! The steps so far, on disk, so that they outlive the process; and the stop after a chosen step.
//!
//! Must not let the next step begin before the last one is written.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Printed by a child that has stopped and waits to be killed.
pub(crate) const STOPPED: &str = "child has stopped";

/// The last step of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Claim,
    Claimed,
    Dispatch,
    Dispatched,
    /// The request is with the transport.
    Sent,
    /// The server made a process of it.
    Ran,
    /// The server made a process that fails in processing.
    Failed,
    /// The transport has returned the result.
    Back,
    Retract,
    Retracted,
    Conclude,
    /// The end is durable.
    Concluded,
    Finish,
    Finished,
}

impl Step {
    pub(crate) const ALL: [Self; 14] = [
        Self::Claim,
        Self::Claimed,
        Self::Dispatch,
        Self::Dispatched,
        Self::Sent,
        Self::Ran,
        Self::Failed,
        Self::Back,
        Self::Retract,
        Self::Retracted,
        Self::Conclude,
        Self::Concluded,
        Self::Finish,
        Self::Finished,
    ];

    /// It may be on its way: dispatched, and neither its end nor its retraction is durable.
    pub(crate) fn is_in_doubt(self) -> bool {
        matches!(
            self,
            Self::Dispatched
                | Self::Sent
                | Self::Ran
                | Self::Failed
                | Self::Back
                | Self::Retract
                | Self::Conclude
        )
    }

    /// No other process may submit it.
    pub(crate) fn is_held(self) -> bool {
        self != Self::Claim
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

pub(crate) struct Trail {
    path: PathBuf,
    steps: AtomicUsize,
    stop_at: Option<usize>,
}

impl Trail {
    pub(crate) fn of(directory: &Path) -> Self {
        Self {
            path: directory.join("trail"),
            steps: AtomicUsize::new(0),
            stop_at: None,
        }
    }

    pub(crate) fn stopping_at(mut self, stop_at: Option<usize>) -> Self {
        self.stop_at = stop_at;
        self
    }

    /// Records a step, and stops for ever if it is the one to stop at.
    pub(crate) fn add(&self, reference: &str, step: Step) {
        let mut options = OpenOptions::new();
        let mut file = options.append(true).create(true).open(&self.path).unwrap();
        // One write of one line.
        file.write_all(format!("{reference}|{step}\n").as_bytes())
            .unwrap();
        let number = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        if self.stop_at == Some(number) {
            println!("{STOPPED}");
            loop {
                std::thread::park();
            }
        }
    }

    fn lines(&self) -> Vec<(String, Step)> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        text.lines()
            .map(|line| {
                let (reference, step) = line.split_once('|').unwrap();
                let step = Step::ALL.into_iter().find(|one| one.to_string() == step);
                (reference.to_owned(), step.unwrap())
            })
            .collect()
    }

    pub(crate) fn count(&self, reference: &str, step: Step) -> usize {
        let lines = self.lines();
        let same = |line: &&(String, Step)| line.0 == reference && line.1 == step;
        lines.iter().filter(same).count()
    }

    pub(crate) fn last(&self, reference: &str) -> Option<Step> {
        let lines = self.lines();
        let last = lines.into_iter().rfind(|line| line.0 == reference);
        last.map(|(_, step)| step)
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines()).finish()
    }
}

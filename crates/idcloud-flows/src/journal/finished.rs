//! A final process as the journal stores it: enough to judge it again, and nothing personal.
//!
//! Must give the same verdict as the complete process.

use idcloud_http::EnvironmentName;
use idcloud_model::{Asked, FinalProcess, Policy, Process, ProcessId, Verdict, decide};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::environment_named;

/// A final process without personal data, with its question and environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
#[must_use = "it holds the verdict that was paid for"]
pub struct Finished {
    process: FinalProcess,
    asked: Asked,
    policy: Policy,
    environment: EnvironmentName,
    simulated: bool,
    attempts: u32,
}

impl Finished {
    /// Stores `process` reduced: see [`FinalProcess::reduced`].
    pub fn new(
        process: &FinalProcess,
        asked: Asked,
        policy: Policy,
        environment: EnvironmentName,
        simulated: bool,
    ) -> Self {
        Self {
            process: process.reduced(),
            asked,
            policy,
            environment,
            simulated,
            attempts: 1,
        }
    }

    /// Sets how many processes its submission created; this is the last.
    pub const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    pub(super) const fn set_settled_by_hand(&mut self, settled: bool) {
        self.asked = self.asked.with_settled_by_hand(settled);
    }

    /// How many processes its submission created, this one included.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The process, without personal data.
    #[must_use]
    pub const fn process(&self) -> &FinalProcess {
        &self.process
    }

    /// The process's id.
    #[must_use]
    pub const fn process_id(&self) -> &ProcessId {
        self.process.id()
    }

    /// The question.
    #[must_use]
    pub const fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The policy that it was judged under.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The environment that the process ran in.
    #[must_use]
    pub const fn environment(&self) -> EnvironmentName {
        self.environment
    }

    /// Whether a simulator answered: then no person was verified.
    #[must_use]
    pub const fn simulated(&self) -> bool {
        self.simulated
    }

    /// The verdict, equal to that of the complete process.
    pub fn verdict(&self) -> Verdict {
        decide(&self.process, &self.asked, &self.policy)
    }

    /// Whether the process ended without a result (status 4 or 5), so that a new attempt repeats
    /// nothing. A process that contradicts itself proves no failure.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        let ended = matches!(self.process.status().as_str(), "canceled" | "failed");
        ended && !self.process.evidence().is_conflicting()
    }
}

/// The stored form.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    process: Value,
    asked: Asked,
    policy: Policy,
    environment: String,
    simulated: bool,
    attempts: u32,
}

impl From<Finished> for Stored {
    fn from(finished: Finished) -> Self {
        Self {
            process: finished.process.to_reduced_json(),
            asked: finished.asked,
            policy: finished.policy,
            environment: finished.environment.as_str().to_owned(),
            simulated: finished.simulated,
            attempts: finished.attempts,
        }
    }
}

/// Why stored data is not a final process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored process is not a final one of this version")]
struct Unreadable;

impl TryFrom<Stored> for Finished {
    type Error = Unreadable;

    fn try_from(stored: Stored) -> Result<Self, Unreadable> {
        let json = stored.process.to_string();
        let Ok(Process::Final(process)) = Process::from_json(json.as_bytes()) else {
            return Err(Unreadable);
        };
        Ok(Self {
            process,
            asked: stored.asked,
            policy: stored.policy,
            environment: environment_named(&stored.environment).ok_or(Unreadable)?,
            simulated: stored.simulated,
            attempts: stored.attempts,
        })
    }
}

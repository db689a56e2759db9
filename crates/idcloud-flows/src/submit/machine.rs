//! Decides what follows a create, without doing any of it.
//!
//! Must not ask for a second create unless the first provably failed in processing and the policy
//! allows it.

use std::time::Duration;

use idcloud_model::{Asked, Policy, Process, SelfieKind, decide};

use crate::journal::JournalError;
use crate::{Pending, Report};

/// The result of a submission, or of one lookup. There are only ever these two variants, so that a
/// caller handles both.
#[derive(Debug, Clone)]
#[must_use = "a submission was paid for"]
pub enum Submission {
    /// The process is final: the create's answer was final, or the allowed attempts are used up.
    Finished(Report),
    /// The process is pending: wait for it.
    Pending(Pending),
}

impl Submission {
    /// Adds why the journal could not record it.
    pub(crate) fn with_journal_error(self, error: Option<JournalError>) -> Self {
        match self {
            Self::Finished(report) => Self::Finished(report.with_journal_error(error)),
            Self::Pending(pending) => Self::Pending(pending.with_journal_error(error)),
        }
    }
}

/// What to do after a create that was answered.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// Create again, after this pause.
    CreateAgain(Duration),
    /// Look the process up once: evidence that was asked for may show only there.
    Look,
    /// Nothing.
    Done,
}

/// The state between a create and the submission's result.
#[derive(Debug)]
pub(crate) struct Machine {
    asked: Asked,
    policy: Policy,
    attempts_left: u32,
    /// Creates that were answered.
    created: u32,
}

impl Machine {
    /// `new_attempts` is how often a process that failed in processing may be retried: each attempt
    /// is a process of its own.
    ///
    /// A capture token is valid for one process, so a request with one is never retried.
    pub(crate) fn new(asked: Asked, policy: Policy, new_attempts: u32) -> Self {
        // Only a capture token is good for one use: pictures of documents are plain images.
        let single_use = asked.selfie() == SelfieKind::CaptureToken;
        Self {
            asked,
            policy,
            attempts_left: if single_use { 0 } else { new_attempts },
            created: 0,
        }
    }

    /// How many creates were answered.
    pub(crate) const fn creates(&self) -> u32 {
        self.created
    }

    /// Decides what follows a create that was answered with `process`. `fraction`, from 0 to 1, is
    /// the jitter.
    pub(crate) fn created(&mut self, process: &Process, fraction: f64) -> Step {
        self.created = self.created.saturating_add(1);
        let Process::Final(process) = process else {
            return Step::Done;
        };
        // A process that contradicts itself proves no failure.
        let failed = process.is_failed() && !process.evidence().is_conflicting();
        if failed && self.attempts_left > 0 {
            self.attempts_left -= 1;
            return Step::CreateAgain(backoff(self.created, fraction));
        }
        // Older API generations return some evidence only in a lookup, which costs a request and no
        // money.
        let verdict = decide(process, &self.asked, &self.policy);
        if verdict.is_incomplete() {
            Step::Look
        } else {
            Step::Done
        }
    }
}

/// Replaces a final process with the one that a lookup returned; one that is pending again is
/// ignored.
pub(crate) fn apply_lookup(process: &mut Process, seen: Process) {
    if matches!(seen, Process::Final(_)) {
        *process = seen;
    }
}

/// Full jitter below 1, 2, 4 … 20 seconds.
fn backoff(attempt: u32, fraction: f64) -> Duration {
    let ceiling =
        Duration::from_secs(1 << attempt.saturating_sub(1).min(5)).min(Duration::from_secs(20));
    ceiling.mul_f64(fraction.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use idcloud_model::{Capabilities, IdentityExtras};

    use super::*;

    fn asked(selfie: SelfieKind) -> Asked {
        Asked::new(
            Capabilities::NONE
                .with_behavior_alert()
                .with_identity(IdentityExtras::NONE),
            selfie,
        )
    }

    fn process(members: &str) -> Process {
        let json = format!(r#"{{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6",{members}}}"#);
        Process::from_json(json.as_bytes()).unwrap()
    }

    fn creates(selfie: SelfieKind, new_attempts: u32) -> u32 {
        let mut machine = Machine::new(asked(selfie), Policy::default(), new_attempts);
        let mut creates = 1;
        while let Step::CreateAgain(pause) = machine.created(&process(r#""status":5"#), 1.0) {
            assert!(pause <= Duration::from_secs(20));
            creates += 1;
        }
        creates
    }

    /// Never pay twice: only status 5 leads to another create, as often as allowed, and never with
    /// a capture token.
    #[test]
    fn creates_are_counted() {
        assert_eq!(creates(SelfieKind::Image, 3), 4);
        assert_eq!(creates(SelfieKind::Image, 0), 1);
        assert_eq!(creates(SelfieKind::CaptureToken, 3), 1);
        for status in ["1", "2", "3", "4", "7", r#"5,"status":3"#] {
            let mut machine = Machine::new(asked(SelfieKind::Image), Policy::default(), 3);
            let step = machine.created(&process(&format!(r#""status":{status}"#)), 1.0);
            assert!(!matches!(step, Step::CreateAgain(_)), "status {status}");
        }
    }

    /// Missing evidence is looked up once; evidence that the lookup lacks stays missing.
    #[test]
    fn one_look_for_missing_evidence() {
        let yes = process(r#""status":3,"unicoId":{"result":"yes"}"#);
        let complete = process(
            r#""status":3,"unicoId":{"result":"yes"},"identityFraudsters":{"result":"inconclusive"}"#,
        );
        let processing = process(r#""status":1"#);
        let mut machine = Machine::new(asked(SelfieKind::Image), Policy::default(), 3);
        assert_eq!(machine.created(&yes, 0.0), Step::Look);
        assert_eq!(machine.created(&complete, 0.0), Step::Done);
        let after = |seen: &Process| {
            let mut process = yes.clone();
            apply_lookup(&mut process, seen.clone());
            process
        };
        assert_eq!(after(&complete), complete);
        assert_eq!(after(&processing), yes);
    }
}

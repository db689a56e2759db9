//! What came of a process, judged.
//!
//! Must never separate a verdict from what was asked, nor hide that it was simulated.

use std::sync::Arc;

use idcloud_http::{EnvironmentName, Error};
use idcloud_model::{
    Asked, Capability, FinalProcess, Language, Policy, Verdict, decide, simulated_notice,
};

/// A final process with its verdict.
#[derive(Debug, Clone)]
#[must_use = "a report holds the verdict that was paid for"]
pub struct Report {
    process: FinalProcess,
    asked: Asked,
    policy: Policy,
    verdict: Verdict,
    environment: EnvironmentName,
    simulated: bool,
    look_error: Option<Arc<Error>>,
}

impl Report {
    pub(crate) fn new(
        process: FinalProcess,
        asked: Asked,
        policy: Policy,
        environment: EnvironmentName,
        simulated: bool,
    ) -> Self {
        let verdict = decide(&process, &asked, &policy);
        Self {
            process,
            asked,
            policy,
            verdict,
            environment,
            simulated,
            look_error: None,
        }
    }

    pub(crate) fn with_look_error(mut self, error: Option<Arc<Error>>) -> Self {
        self.look_error = error;
        self
    }

    /// Why evidence that was missing from the create's answer could not be looked for; then it may exist although it is missing here.
    #[must_use]
    pub fn look_error(&self) -> Option<&Error> {
        self.look_error.as_deref()
    }

    /// The process, with everything that the answer said.
    #[must_use]
    pub const fn process(&self) -> &FinalProcess {
        &self.process
    }

    /// What was asked.
    #[must_use]
    pub const fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The policy under which the verdict stands.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The verdict.
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Where the process ran.
    #[must_use]
    pub const fn environment(&self) -> EnvironmentName {
        self.environment
    }

    /// Whether a simulator answered: then no person was verified.
    #[must_use]
    pub const fn simulated(&self) -> bool {
        self.simulated
    }

    /// The verdict's explanation, with the notice that it was simulated where it was.
    #[must_use]
    pub fn explanation(&self, language: Language) -> String {
        let mut text = self.verdict.explanation(language);
        if self.simulated {
            text.push(' ');
            text.push_str(simulated_notice(language));
        }
        text
    }

    /// Where declaration and answer differ: what the key was declared to have and did not answer, and what it answered undeclared.
    ///
    /// Either says that the key is provisioned otherwise than configured.
    pub fn mismatches(&self) -> impl Iterator<Item = Mismatch> {
        let evidence = self.process.evidence();
        let answered = [
            (Capability::Identity, evidence.identity().is_some()),
            (
                Capability::BehaviorAlert,
                evidence.behavior_alert().is_some(),
            ),
            (Capability::RiskScore, evidence.risk_score().is_some()),
            (Capability::Serpro, evidence.serpro().is_some()),
            (Capability::FaceMatch, evidence.face_match().is_some()),
            (Capability::Document, evidence.document().is_some()),
            (
                Capability::TrustDecision,
                evidence.trust_decision().is_some(),
            ),
        ];
        let declared = self.asked.capabilities();
        let completed = !matches!(
            self.verdict.scenario(),
            idcloud_model::Scenario::ProcessingError | idcloud_model::Scenario::Canceled
        );
        let unanswered = self
            .verdict
            .missing()
            .filter(move |_| completed)
            .map(Mismatch::Unanswered);
        let undeclared = answered
            .into_iter()
            .filter(move |(capability, answered)| *answered && !declared.contains(*capability))
            .map(|(capability, _)| Mismatch::Undeclared(capability));
        unanswered.chain(undeclared)
    }
}

/// One difference between what a key was declared to have and what it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// Declared, and not answered.
    Unanswered(Capability),
    /// Answered, and not declared. Liveness is never listed: IDCloud answers it for keys that lack it.
    Undeclared(Capability),
}

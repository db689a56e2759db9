//! What came of a process, judged.
//!
//! Must not separate a verdict from what was asked, nor hide that it was simulated.

pub(crate) mod failure;
pub(crate) mod ignored_in_eq;
pub(crate) mod ownership;
pub(crate) mod pending;

use std::sync::Arc;

use idcloud_http::{EnvironmentName, Error};
use idcloud_model::{
    Asked, Capabilities, Decision, FinalProcess, Language, Mismatch, Policy, Verdict, decide,
    mismatches, simulated_notice,
};

use crate::Failure;
use crate::journal::{Finished, JournalError};
use crate::report::ignored_in_eq::IgnoredInEq;

/// A final process with its verdict.
#[derive(Debug, Clone)]
#[must_use = "a report holds the verdict that was paid for"]
pub struct Report {
    process: FinalProcess,
    asked: Asked,
    /// What the key is declared with; more than was asked, where the request could not evoke it.
    declared: Capabilities,
    policy: Policy,
    verdict: Verdict,
    environment: EnvironmentName,
    simulated: bool,
    attempts: u32,
    recorded: bool,
    look_error: Option<Arc<Error>>,
    journal_error: IgnoredInEq,
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
            declared: asked.capabilities(),
            asked,
            policy,
            verdict,
            environment,
            simulated,
            attempts: 1,
            recorded: false,
            look_error: None,
            journal_error: IgnoredInEq::default(),
        }
    }

    /// The same, of a key that is declared with `declared`.
    pub(crate) const fn with_declared(mut self, declared: Capabilities) -> Self {
        self.declared = declared;
        self
    }

    /// The same, as the last of so many processes that one submission created.
    pub(crate) const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The same process, judged for another who asks under its reference: with `capabilities` beside those that it was created with, and under
    /// `policy`. What is asked later makes no better evidence: it approves nothing that would not be approved without it.
    pub(crate) fn judged_for(mut self, capabilities: Capabilities, policy: Policy) -> Self {
        let both = self.asked.with_more(capabilities);
        let first = decide(&self.process, &self.asked, &policy);
        let verdict = decide(&self.process, &both, &policy);
        let is_better =
            verdict.decision() == Decision::Approve && first.decision() != Decision::Approve;
        self.policy = policy;
        if is_better {
            self.verdict = first;
        } else {
            self.asked = both;
            self.verdict = verdict;
        }
        self
    }

    /// How many processes the submission created, as far as this report knows.
    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn with_look_error(mut self, error: Option<Arc<Error>>) -> Self {
        self.look_error = error;
        self
    }

    pub(crate) fn with_journal_error(mut self, error: Option<JournalError>) -> Self {
        self.journal_error = error.into();
        self
    }

    /// What the journal could not write down: the report stands, and its reference may be answered as ambiguous or pending later.
    #[must_use]
    pub fn journal_error(&self) -> Option<&JournalError> {
        self.journal_error.get()
    }

    /// Whether the report was made of what a journal remembers, and not of an answer that just came. It then lacks what was not stored:
    /// a document's content, additional information, and unknown values that were not plain words.
    #[must_use]
    pub const fn recorded(&self) -> bool {
        self.recorded
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
    /// Either says that the key is provisioned otherwise than configured. Evidence that was not declared never approves;
    /// [`Mismatch::remedy`] has the words that declare it.
    pub fn mismatches(&self) -> impl Iterator<Item = Mismatch> {
        mismatches(&self.process, self.asked, &self.verdict, self.declared)
    }

    /// How the process came to nothing, where it did: no verdict about the person, and what to do about it.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        Failure::of(&self.process, self.attempts)
    }

    /// What a journal keeps of it.
    pub(crate) fn to_finished(&self) -> Finished {
        Finished::new(
            self.process(),
            *self.asked(),
            *self.policy(),
            self.environment(),
            self.simulated(),
        )
        .with_attempts(self.attempts())
    }
}

/// What a journal keeps of a report: for whoever writes down what a journal could not
/// ([`Report::journal_error`]).
impl From<&Report> for Finished {
    fn from(report: &Report) -> Self {
        report.to_finished()
    }
}

impl From<Finished> for Report {
    fn from(finished: Finished) -> Self {
        let (asked, policy) = (*finished.asked(), *finished.policy());
        let process = finished.process().clone();
        let (environment, simulated) = (finished.environment(), finished.simulated());
        Self {
            recorded: true,
            attempts: finished.attempts(),
            ..Self::new(process, asked, policy, environment, simulated)
        }
    }
}

//! The report of a final process: its evidence and its verdict.
//!
//! Must not separate a verdict from its question, nor hide that it was simulated.

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
    /// The capabilities that the key is declared with; more than was asked, if the request could
    /// not evoke them all.
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

    /// Sets the capabilities that the key is declared with.
    pub(crate) const fn with_declared(mut self, declared: Capabilities) -> Self {
        self.declared = declared;
        self
    }

    /// Sets how many processes the submission created; this is the last.
    pub(crate) const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Judges the process again for a later submission under its reference: by `capabilities`
    /// beside those that it was created with, under `policy`. A later question must not improve the
    /// verdict: an approval that the first question alone would not give is not given.
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

    /// Why the journal could not record the end. The report is valid; its reference may read as
    /// ambiguous or pending later.
    #[must_use]
    pub fn journal_error(&self) -> Option<&JournalError> {
        self.journal_error.get()
    }

    /// Whether the report was made from a journal's record instead of a new answer. It then lacks
    /// what was not stored: a document's content, additional information, and unknown values that
    /// were not plain words.
    #[must_use]
    pub const fn recorded(&self) -> bool {
        self.recorded
    }

    /// Why the lookup for evidence that the create's answer lacked failed; the evidence may exist
    /// although it is missing here.
    #[must_use]
    pub fn look_error(&self) -> Option<&Error> {
        self.look_error.as_deref()
    }

    /// The process, with everything in the answer.
    #[must_use]
    pub const fn process(&self) -> &FinalProcess {
        &self.process
    }

    /// The question.
    #[must_use]
    pub const fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The policy of the verdict.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The verdict.
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
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

    /// The verdict's explanation, and the notice if it was simulated.
    #[must_use]
    pub fn explanation(&self, language: Language) -> String {
        let mut text = self.verdict.explanation(language);
        if self.simulated {
            text.push(' ');
            text.push_str(simulated_notice(language));
        }
        text
    }

    /// Where declaration and answer differ: declared capabilities that were not answered, and
    /// evidence that was answered undeclared.
    ///
    /// Either shows that the key is provisioned otherwise than configured. Undeclared evidence
    /// never approves; [`Mismatch::remedy`] says how to declare it.
    pub fn mismatches(&self) -> impl Iterator<Item = Mismatch> {
        mismatches(&self.process, self.asked, &self.verdict, self.declared)
    }

    /// How the process ended without a result, if it did: no verdict about the person, and what to
    /// do about it.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        Failure::of(&self.process, self.attempts)
    }

    /// The part of the report that a journal keeps.
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

/// The part of the report that a journal keeps, for a program that records what its journal could
/// not ([`Report::journal_error`]).
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

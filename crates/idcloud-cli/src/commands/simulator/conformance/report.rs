//! The results of the checks, for a person and for a script.
//!
//! Must not count a check as passed that did not run.

use std::io::{self, Write};

use serde::Serialize;

use super::check::Check;
use crate::failure::exit::Exit;
use crate::output::style::Style;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    Passed,
    Different,
    Skipped,
}

/// One check and its result. The keys are public interface.
#[derive(Debug, Serialize)]
pub(super) struct Checked {
    pub(super) id: &'static str,
    pub(super) page: &'static str,
    pub(super) rule: &'static str,
    pub(super) verdict: Verdict,
    pub(super) expected: String,
    /// Null if no request was sent.
    pub(super) found: Option<String>,
    /// What a skipped check needed.
    pub(super) lacks: Option<String>,
}

impl Checked {
    pub(super) fn judged(check: &Check, right: bool, found: String) -> Self {
        let verdict = if right {
            Verdict::Passed
        } else {
            Verdict::Different
        };
        Self {
            verdict,
            found: Some(found),
            ..Self::skipped_for(check, None)
        }
    }

    pub(super) fn skipped(check: &Check, lacks: impl Into<String>) -> Self {
        Self::skipped_for(check, Some(lacks.into()))
    }

    fn skipped_for(check: &Check, lacks: Option<String>) -> Self {
        Self {
            id: check.id,
            page: check.page,
            rule: check.rule,
            verdict: Verdict::Skipped,
            expected: check.expects.describe(),
            found: None,
            lacks,
        }
    }
}

/// All checks.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) environment: &'static str,
    pub(super) simulated: bool,
    pub(super) passed: usize,
    pub(super) different: usize,
    pub(super) skipped: usize,
    pub(super) checks: Vec<Checked>,
}

impl Report {
    pub(super) fn new(environment: &'static str, simulated: bool, checks: Vec<Checked>) -> Self {
        let count = |verdict| checks.iter().filter(|one| one.verdict == verdict).count();
        Self {
            environment,
            simulated,
            passed: count(Verdict::Passed),
            different: count(Verdict::Different),
            skipped: count(Verdict::Skipped),
            checks,
        }
    }

    /// A check with a different answer is as serious as one with a refusal.
    pub(super) const fn exit(&self) -> Exit {
        if self.different == 0 && self.passed > 0 {
            Exit::Answered
        } else {
            Exit::Refused
        }
    }

    pub(super) fn write(&self, to: &mut dyn Write, style: Style) -> io::Result<()> {
        const INDENT: usize = 11;
        for one in &self.checks {
            let verdict = match one.verdict {
                Verdict::Passed => style.good("passed   "),
                Verdict::Different => style.error("DIFFERENT"),
                Verdict::Skipped => style.dim("skipped  "),
            };
            writeln!(to, "{verdict}  {:<24}  {}", one.id, one.rule)?;
            let more = match one.verdict {
                Verdict::Passed => Vec::new(),
                Verdict::Different => vec![
                    format!("page      {}", one.page),
                    format!("expected  {}", one.expected),
                    format!("found     {}", one.found.as_deref().unwrap_or("nothing")),
                ],
                Verdict::Skipped => {
                    vec![format!("needs {}", one.lacks.as_deref().unwrap_or("more"))]
                }
            };
            for line in more.iter().flat_map(|text| style.wrapped(text, INDENT)) {
                writeln!(to, "{:INDENT$}{line}", "")?;
            }
        }
        writeln!(to)?;
        let counts = format!(
            "{} passed, {} different, {} skipped",
            self.passed, self.different, self.skipped
        );
        let verdict = match (self.different, self.passed) {
            (0, 0) => style.caution("NOTHING CHECKED"),
            (0, _) => style.good("AS DOCUMENTED"),
            _ => style.error("DIFFERENT FROM THE DOCUMENTS"),
        };
        writeln!(to, "{verdict}  {counts}")
    }
}

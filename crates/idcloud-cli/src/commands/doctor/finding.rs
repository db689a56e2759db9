//! The result of one check, and its remedy.
//!
//! The object's keys are public interface. Must not hold a secret.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::output::style::Style;

/// The status of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Status {
    Ok,
    /// It works, but perhaps not for long or not as intended.
    Warning,
    Failed,
    /// It could not be checked.
    Skipped,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) status: Status,
    /// The code with which IDCloud answered, or would.
    pub(super) code: Option<Box<str>>,
    pub(super) message: String,
    pub(super) remedy: Option<String>,
    #[serde(skip)]
    pub(super) exit: Exit,
}

impl Finding {
    pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self {
            check,
            status: Status::Ok,
            code: None,
            message: message.into(),
            remedy: None,
            exit: Exit::Answered,
        }
    }

    pub(super) fn skipped(check: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: Status::Skipped,
            ..Self::ok(check, message)
        }
    }

    pub(super) fn warning(
        check: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            status: Status::Warning,
            remedy: Some(remedy.into()),
            ..Self::ok(check, message)
        }
    }

    pub(super) fn wrong(
        check: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
        exit: Exit,
    ) -> Self {
        Self {
            status: Status::Failed,
            exit,
            ..Self::warning(check, message, remedy)
        }
    }

    /// A finding for each rule that is broken.
    pub(super) fn refused(check: &'static str, refusals: &[Refusal], exit: Exit) -> Vec<Self> {
        refusals
            .iter()
            .map(|refusal| Self {
                code: refusal.code.clone(),
                ..Self::wrong(
                    check,
                    format!("{}: {}", refusal.field, refusal.rule),
                    &*refusal.remedy,
                    exit,
                )
            })
            .collect()
    }

    /// The findings of a failure that makes a check impossible.
    pub(super) fn failed(check: &'static str, failure: &Failure) -> Vec<Self> {
        if failure.refusals.is_empty() {
            let help = failure.help.as_deref().unwrap_or("run the command again");
            return vec![Self::wrong(check, &*failure.message, help, failure.exit)];
        }
        Self::refused(check, &failure.refusals, failure.exit)
    }

    pub(super) fn write(&self, to: &mut dyn Write, style: Style) -> io::Result<()> {
        const INDENT: usize = 9 + 15;
        let status = match self.status {
            Status::Ok => style.good("ok     "),
            Status::Warning => style.caution("warning"),
            Status::Failed => style.error("FAILED "),
            Status::Skipped => style.dim("skipped"),
        };
        let remedy = self.remedy.as_ref().map(|remedy| format!("→ {remedy}"));
        let lines = [Some(&self.message), remedy.as_ref()];
        let lines = lines.into_iter().flatten();
        for (at, line) in lines
            .flat_map(|text| style.wrapped(text, INDENT))
            .enumerate()
        {
            match at {
                0 => writeln!(to, "{status}  {:<13}  {line}", self.check)?,
                _ => writeln!(to, "{:INDENT$}{line}", "")?,
            }
        }
        Ok(())
    }
}

/// The exit code of the most severe finding.
///
/// The order is that of a batch's rows: refused by IDCloud, refused here, usage, not reachable.
pub(super) fn gravest(findings: &[Finding]) -> Exit {
    const ORDER: [Exit; 5] = [
        Exit::Fault,
        Exit::Refused,
        Exit::RefusedHere,
        Exit::Usage,
        Exit::Unreachable,
    ];
    let failed = || {
        findings
            .iter()
            .filter(|finding| finding.status == Status::Failed)
            .map(|finding| finding.exit)
    };
    ORDER
        .into_iter()
        .find(|exit| failed().any(|failed| failed == *exit))
        .or_else(|| failed().next())
        .unwrap_or(Exit::Answered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_finding_gives_the_exit_code() {
        let of = |exit| Finding::wrong("x", "m", "r", exit);
        let warning = Finding::warning("x", "m", "r");
        assert_eq!(gravest(&[]), Exit::Answered);
        assert_eq!(gravest(std::slice::from_ref(&warning)), Exit::Answered);
        assert_eq!(
            gravest(&[of(Exit::Unreachable), warning]),
            Exit::Unreachable
        );
        assert_eq!(
            gravest(&[of(Exit::Unreachable), of(Exit::Refused), of(Exit::Usage)]),
            Exit::Refused
        );
    }
}

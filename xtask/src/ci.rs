//! `cargo xtask ci`: prints the arrows between our crates and what they weigh, and fails where a rule does not hold.
//!
//! Decides nothing itself: the rules are `layering`'s.

use std::fmt::Write as _;
use std::path::Path;

use crate::Failure;
use crate::layering::{self, Member};
use crate::workspace;

/// Runs every rule; the report is also what a failure begins with.
pub(crate) fn run(root: &Path) -> Result<String, Failure> {
    let workspace = workspace::read(root)?;
    let mut report = "arrows\n".to_owned();
    for member in &workspace.members {
        writeln!(report, "  {} → {}", member.name, arrows(member))?;
    }

    let mut violations = layering::violations(&workspace);
    report.push_str("crates compiled besides itself, default features\n");
    for name in layering::weighed() {
        let compiled = workspace::compiled(root, name)?;
        let limit = layering::limit(name).unwrap_or(usize::MAX);
        writeln!(
            report,
            "  {name}: {} (at most {limit})",
            compiled.others.len()
        )?;
        violations.extend(layering::overweight(&compiled));
    }

    if violations.is_empty() {
        report.push_str("no rule is broken\n");
        return Ok(report);
    }
    report.push_str("broken rules\n");
    for violation in &violations {
        writeln!(report, "  {violation}")?;
    }
    Err(report.into())
}

fn arrows(member: &Member) -> String {
    let mut names: Vec<&str> = layering::shipped(member)
        .filter(|dependency| dependency.internal)
        .map(|dependency| dependency.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

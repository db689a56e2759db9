//! `cargo xtask ci`: prints the dependencies between our crates and their weights, and fails if a
//! rule is broken.
//!
//! Must not decide anything itself: the rules are in `layering`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::Failure;
use crate::doc_links;
use crate::external_checks;
use crate::layering::{self, Member};
use crate::public_types::{self, Exposure};
use crate::rooms;
use crate::workspace;

/// Checks every rule; a failure begins with the report.
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

    let exposures = public_types::read(root)?;
    report.push_str("foreign types in public interfaces\n");
    for (foreign, files) in by_crate(&exposures) {
        writeln!(report, "  {foreign}: {}", files.join(", "))?;
    }
    let mut violations: Vec<String> = violations.iter().map(ToString::to_string).collect();
    violations.extend(public_types::violations(&exposures));
    violations.extend(rooms::violations(root)?);

    let pages = doc_links::pages(root)?;
    writeln!(report, "pages whose links were followed: {}", pages.len())?;
    violations.extend(doc_links::broken(&pages, &|path| root.join(path).exists()));

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

/// Checks every rule, and runs the checks that need external tools.
pub(crate) fn run_full(root: &Path) -> Result<String, Failure> {
    Ok(run(root)? + &external_checks::run(root)?)
}

/// The files in which each foreign crate is public.
fn by_crate(exposures: &BTreeSet<Exposure>) -> BTreeMap<&str, Vec<&str>> {
    let mut crates: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for exposure in exposures {
        crates
            .entry(&exposure.foreign)
            .or_default()
            .push(&exposure.file);
    }
    crates
}

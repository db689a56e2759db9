//! Writes what is derived from `crates/idcloud-model/spec`: Rust tables and reference pages.
//!
//! Never adds a fact of its own: what is not in the spec is in no output.

mod catalogue;
mod rust_tables;
mod scenarios;
mod words;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Failure;

/// Where the spec lies, from the workspace's folder.
const SPEC: &str = "crates/idcloud-model/spec";
/// Where the Rust tables go.
const TABLES: &str = "crates/idcloud-model/src/generated";

/// A file that the spec determines.
struct Output {
    /// From the workspace's folder.
    path: String,
    content: String,
}

/// Writes every output that differs, and says which.
pub(crate) fn write(root: &Path) -> Result<String, Failure> {
    let mut report = String::new();
    for output in outputs(root)? {
        let path = root.join(&output.path);
        if fs::read_to_string(&path).is_ok_and(|found| found == output.content) {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &output.content)?;
        report.push_str(&format!("wrote {}\n", output.path));
    }
    if report.is_empty() {
        report.push_str("nothing to write\n");
    }
    Ok(report)
}

/// Fails when an output on disk is not what the spec says, and names it.
pub(crate) fn check(root: &Path) -> Result<String, Failure> {
    let outputs = outputs(root)?;
    let stale: Vec<&str> = outputs
        .iter()
        .filter(|output| {
            fs::read_to_string(root.join(&output.path)).ok().as_ref() != Some(&output.content)
        })
        .map(|output| output.path.as_str())
        .collect();
    if stale.is_empty() {
        return Ok(format!(
            "{} generated files agree with the spec\n",
            outputs.len()
        ));
    }
    Err(format!(
        "stale: {}; run `cargo xtask codegen` and commit what it writes",
        stale.join(", ")
    )
    .into())
}

/// Everything that the spec determines.
fn outputs(root: &Path) -> Result<Vec<Output>, Failure> {
    let spec = root.join(SPEC);
    let codes = catalogue::Catalogue::read(&spec)?;
    let scenarios = scenarios::Scenarios::read(&spec)?;
    Ok(vec![
        Output {
            path: format!("{TABLES}/error_codes.rs"),
            content: rustfmt(&rust_tables::error_codes(&codes))?,
        },
        Output {
            path: format!("{TABLES}/scenarios.rs"),
            content: rustfmt(&rust_tables::scenarios(&scenarios))?,
        },
    ])
}

/// Formats Rust source as `cargo fmt` would.
fn rustfmt(source: &str) -> Result<String, Failure> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|failure| format!("rustfmt does not start: {failure}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(source.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err("rustfmt refuses a generated table".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

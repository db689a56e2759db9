//! The checks of `cargo xtask ci --full`: external tools check our documents, and whether the
//! journal works with sqlx.
//!
//! Must not change the machine's own Python: the tools live in an environment of their own under
//! the target folder.

mod beside_sqlx;
mod generated_client;
mod schemathesis;
mod served;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::Failure;

/// The validator, at one version, so that the same document gets the same answer.
const VALIDATOR: &str = "openapi-spec-validator==0.9.0";

/// Runs each check; the report has a line for each.
pub(crate) fn run(root: &Path) -> Result<String, Failure> {
    let tools = environment(root)?;
    let mut report = String::from("checked with other people's tools\n");
    report.push_str(&openapi_document(root, &tools)?);
    report.push_str(&beside_sqlx::run(root)?);
    let program = served::program(root)?;
    report.push_str(&generated_client::run(root, &tools, &program)?);
    report.push_str(&schemathesis::run(root, &tools, &program)?);
    Ok(report)
}

/// Step "OpenAPI document": `docs/openapi.json` is a valid document of its version.
fn openapi_document(root: &Path, tools: &Path) -> Result<String, Failure> {
    succeed(
        Command::new(tools.join("openapi-spec-validator"))
            .arg("docs/openapi.json")
            .current_dir(root),
    )?;
    Ok(format!("  docs/openapi.json: valid ({VALIDATOR})\n"))
}

/// The folder of the programs of a Python environment with the tools, which is created if it does
/// not exist.
fn environment(root: &Path) -> Result<PathBuf, Failure> {
    let folder = crate::target(root).join("python-tools");
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    succeed(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(&folder)
            .current_dir(root),
    )?;
    succeed(
        Command::new(programs.join("python"))
            .args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", VALIDATOR, schemathesis::TOOL])
            .args(generated_client::TOOLS)
            .current_dir(root),
    )?;
    Ok(programs)
}

fn succeed(command: &mut Command) -> Result<(), Failure> {
    output(command).map(drop)
}

/// The output of a program; everything that it printed as the error if it fails.
fn output(command: &mut Command) -> Result<Output, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|failure| format!("{program} does not start: {failure}"))?;
    if output.status.success() {
        return Ok(output);
    }
    Err(format!(
        "{program} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}

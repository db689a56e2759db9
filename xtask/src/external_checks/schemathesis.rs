//! Schemathesis sends the served simulator requests that `docs/openapi.json` allows, and many that
//! it does not.
//!
//! Must not send to anything but a simulator that it started itself, on the loopback.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::served::{Served, bare, idcloud, printed, settings};
use crate::Failure;

/// The tool, at one version, so that the same document gets the same requests.
pub(super) const TOOL: &str = "schemathesis==4.32.5";

/// Values that the schema does not define.
const HOOKS: &str = include_str!("schemathesis_hooks.py");

/// Every generation of answers that the document describes.
const DIALECTS: [&str; 4] = ["2023", "2024", "2025", "2026"];

/// The checks of an answer. Left out, because they contradict IDCloud's documents or do not apply:
///
/// - `ignored_auth` and `missing_required_header` expect 401, 403 or 406 for a missing header;
///   IDCloud answers 400 with 20001 or 20002;
/// - `negative_data_rejection`: IDCloud ignores unknown members and forms, and a key ignores what
///   it does not check;
/// - `positive_data_acceptance`: digits, pictures, ages and references follow rules that no schema
///   expresses, and break with a 400 of their own;
/// - `use_after_free`, `ensure_resource_availability`, `object_level_authorization`: nothing is
///   deleted, the document links no operations, and there is one tenant.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method,allow_header_conformance";

/// Limits of one dialect's run: generated requests per operation, and seconds.
const EXAMPLES: &str = "40";
const SECONDS: &str = "60";
/// Capture tokens that each run may use.
const CAPTURES: usize = 12;

/// Serves each dialect in turn, and runs Schemathesis against it.
pub(super) fn run(root: &Path, tools: &Path, program: &Path) -> Result<String, Failure> {
    let target = crate::target(root);
    let folder = target.join("schemathesis");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("schemathesis_hooks.py"), HOOKS)?;
    let mut report = String::new();
    for dialect in DIALECTS {
        report.push_str(&ask(root, tools, program, &folder.join(dialect), dialect)?);
    }
    Ok(report)
}

fn ask(
    root: &Path,
    tools: &Path,
    program: &Path,
    folder: &Path,
    dialect: &str,
) -> Result<String, Failure> {
    fs::create_dir_all(folder)?;
    let selfie = root.join("docs/assets/selfie.jpg");
    let subjects = idcloud(program, &["simulator", "subjects", "--format", "json"], &[])?;
    fs::write(folder.join("subjects.json"), subjects)?;
    let mut captures = String::new();
    for _ in 0..CAPTURES {
        let mut command = bare(program);
        command.args(["simulator", "capture"]).arg(&selfie);
        captures.push_str(&printed(&mut command)?);
    }
    fs::write(folder.join("captures.txt"), captures)?;

    let credentials = folder.join("credentials");
    let served = Served::start(program, &credentials, &["--dialect", dialect])?;
    let account = settings(&fs::read_to_string(credentials.join(".env"))?);
    let token = idcloud(program, &["token", "--show"], &account)?;
    let mut tool = Command::new(tools.join("schemathesis"));
    tool.arg("run")
        .arg(root.join("docs/openapi.json"))
        .args(["--url", &served.url])
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"])
        .args(["--max-examples", EXAMPLES, "--max-time", SECONDS])
        .args(["--generation-deterministic", "--continue-on-failure"])
        .args(["--no-color", "--warnings", "off"])
        .args([
            "--header",
            &format!("Authorization: Bearer {}", token.trim()),
        ])
        // Schemathesis creates a folder of its own in its working directory.
        .current_dir(folder)
        .env("IDCLOUD_SERVED", folder)
        .env("IDCLOUD_SELFIE", &selfie)
        .env("PYTHONPATH", folder.parent().unwrap_or(folder))
        .env("SCHEMATHESIS_HOOKS", "schemathesis_hooks")
        .env("NO_PROXY", "127.0.0.1");
    let said = printed(&mut tool)?;
    let cases = said
        .lines()
        .find(|line| line.contains(" generated, "))
        .map_or("nothing was counted", str::trim);
    Ok(format!(
        "  simulator, dialect {dialect}: {cases} ({TOOL})\n"
    ))
}

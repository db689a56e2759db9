//! The served simulator, asked by Schemathesis whatever `docs/openapi.json` allows and much that it does not.
//!
//! Must never ask anything but a simulator that it started itself, on the loopback.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::succeed;
use crate::Failure;

/// The tool, at one version, so that the same document gets the same requests.
pub(super) const TOOL: &str = "schemathesis==4.32.5";

/// Values that a schema cannot know.
const HOOKS: &str = include_str!("schemathesis_hooks.py");

/// Every generation of answers that the document describes.
const DIALECTS: [&str; 4] = ["2023", "2024", "2025", "2026"];

/// What an answer is held against. Left out, because it contradicts what is documented of IDCloud or cannot apply:
///
/// - `ignored_auth` and `missing_required_header` want 401, 403 or 406 where a header is missing; IDCloud says 400 with 20001 or 20002;
/// - `negative_data_rejection`: IDCloud ignores members and forms that it does not know, and a key ignores what it does not check;
/// - `positive_data_acceptance`: digits, pictures, ages and references follow rules that no schema holds, and break with a 400 of their own;
/// - `use_after_free`, `ensure_resource_availability`, `object_level_authorization`: nothing is deleted, the document links no
///   operations, and there is one tenant.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method,allow_header_conformance";

/// Bounds of one dialect's run: made-up requests an operation, and seconds.
const EXAMPLES: &str = "40";
const SECONDS: &str = "60";
/// Capture tokens that each run may spend.
const CAPTURES: usize = 12;

/// Serves each dialect in its turn, and has it asked.
pub(super) fn run(root: &Path, tools: &Path) -> Result<String, Failure> {
    let program = program(root)?;
    let target = crate::target(root);
    let folder = target.join("schemathesis");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("schemathesis_hooks.py"), HOOKS)?;
    let mut report = String::new();
    for dialect in DIALECTS {
        report.push_str(&ask(root, tools, &program, &folder.join(dialect), dialect)?);
    }
    Ok(report)
}

/// The command line, freshly built.
fn program(root: &Path) -> Result<PathBuf, Failure> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["build", "--locked", "--quiet", "--package", "idcloud-cli"];
    succeed(Command::new(cargo).args(build).current_dir(root))?;
    let name = format!("idcloud{}", env::consts::EXE_SUFFIX);
    Ok(crate::target(root).join("debug").join(name))
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
    let served = Served::start(program, &credentials, dialect)?;
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
        // It leaves a folder of its own wherever it runs.
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

/// A simulator that is served until this is dropped.
struct Served {
    process: Child,
    url: String,
}

impl Served {
    /// Starts it on a free port; its budget is no matter here.
    fn start(program: &Path, credentials: &Path, dialect: &str) -> Result<Self, Failure> {
        let mut process = bare(program)
            .args(["--rate", "1000", "simulator", "serve"])
            .args(["--listen", "127.0.0.1:0", "--dialect", dialect])
            .arg("--credentials-dir")
            .arg(credentials)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (out, err) = (process.stdout.take(), process.stderr.take());
        let mut served = Self {
            process,
            url: String::new(),
        };
        let mut first = String::new();
        if let Some(out) = out {
            BufReader::new(out).read_line(&mut first)?;
        }
        if let Some(url) = first
            .split_whitespace()
            .find(|word| word.starts_with("http://127.0.0.1:"))
        {
            url.clone_into(&mut served.url);
            return Ok(served);
        }
        let mut said = String::new();
        if let Some(mut err) = err {
            err.read_to_string(&mut said)?;
        }
        Err(format!("the simulator was not served: {first}{said}").into())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Ended already, or ending: both are what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program without any setting of this machine.
fn bare(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("IDCLOUD_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

fn idcloud(
    program: &Path,
    arguments: &[&str],
    settings: &[(String, String)],
) -> Result<String, Failure> {
    let settings = settings.iter().map(|(name, value)| (name, value));
    printed(bare(program).args(arguments).envs(settings))
}

/// What a command prints, where it succeeds.
fn printed(command: &mut Command) -> Result<String, Failure> {
    super::output(command).map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The settings of an `.env`, comments aside.
fn settings(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_without_the_comments() {
        let text =
            "IDCLOUD_ENV=custom\n\n# Other keys\n# IDCLOUD_API_KEY=other\nIDCLOUD_API_KEY=a=b\n";
        let expected = [("IDCLOUD_ENV", "custom"), ("IDCLOUD_API_KEY", "a=b")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(settings(text), expected);
    }
}

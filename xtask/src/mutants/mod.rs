//! `cargo xtask mutants`: changes the code that decides the promises, one place at a time, and
//! checks that a test fails.
//!
//! Must not change its own tree: the mutants live in a copy below the target folder.

mod outcomes;
mod plan;
mod tool;
mod tree;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use self::outcomes::Outcomes;
use self::plan::{Area, Plan};
use crate::Failure;

/// The areas, their tests, and the mutants that no test can notice.
const PLAN: &str = "xtask/campaign/mutants.toml";
/// The results of the last runs, an entry per area.
const SUMMARY: &str = "xtask/campaign/mutants.json";
/// The timeout of the tests with a mutant: this many times their duration without one, and at least
/// this many seconds. A timeout counts as noticed.
const PATIENCE: &str = "6";
const LEAST_PATIENCE: &str = "10";

/// The parsed arguments.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted<'a> {
    area: Option<&'a str>,
    write: bool,
}

/// Tests every area, or one. Fails if a mutant survives without a reason, or a reason is no longer
/// needed.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let wanted = wanted(arguments)?;
    let plan = Plan::read(&fs::read_to_string(root.join(PLAN))?)?;
    let areas = plan.areas(wanted.area)?;
    let folder = crate::target(root).join("mutants");
    let tool = tool::find(root)?;

    let mut report = format!("{}\n", outcomes::HEAD);
    let mut complaints = Vec::new();
    for area in areas {
        let commit = commit(root)?;
        let outcomes = try_area(root, &folder, &tool, area)?;
        writeln!(report, "{}", outcomes.row(&area.name))?;
        complaints.extend(plan.complaints(area, &outcomes.survivors));
        if wanted.write {
            write(root, area, &outcomes, commit)?;
        }
    }
    if complaints.is_empty() {
        return Ok(report);
    }
    for complaint in complaints {
        writeln!(report, "{complaint}")?;
    }
    Err(report.into())
}

fn wanted<'a>(arguments: &[&'a str]) -> Result<Wanted<'a>, Failure> {
    let mut wanted = Wanted::default();
    let mut rest = arguments;
    loop {
        rest = match rest {
            [] => return Ok(wanted),
            ["--area", name, rest @ ..] => {
                wanted.area = Some(name);
                rest
            }
            ["--write", rest @ ..] => {
                wanted.write = true;
                rest
            }
            [other, ..] => return Err(format!("mutants takes no {other}").into()),
        };
    }
}

/// Updates the copy, and lets cargo-mutants change it in place, so that little is rebuilt.
fn try_area(root: &Path, folder: &Path, tool: &Path, area: &Area) -> Result<Outcomes, Failure> {
    let source = folder.join("source");
    let output = folder.join(&area.name);
    tree::copy(root, &source)?;
    fs::create_dir_all(&output)?;
    let mut command = Command::new(tool);
    command
        .args([
            "mutants",
            "--in-place",
            "--no-shuffle",
            "--timeout-multiplier",
            PATIENCE,
            "--minimum-test-timeout",
            LEAST_PATIENCE,
        ])
        .arg("--dir")
        .arg(&source)
        .arg("--output")
        .arg(&output)
        .args(["--package", &area.package, "--cargo-arg=--locked"])
        .args(area.files.iter().map(|file| format!("--file={file}")))
        // Not after a `--`: there they would select what runs, and not what is built.
        .args(area.tests.iter().map(|test| format!("--cargo-arg={test}")))
        .current_dir(&source)
        .env("CARGO_TARGET_DIR", folder.join("build"))
        .env("PROPTEST_RNG_SEED", "20260101");
    let ended = command.status()?;
    // 2: some survived; 3: some timed out. The plan decides whether that is allowed.
    if !matches!(ended.code(), Some(0 | 2 | 3)) {
        return Err(format!("cargo-mutants could not try the area {}", area.name).into());
    }
    let said = |name: &str| fs::read_to_string(output.join("mutants.out").join(name));
    Outcomes::read(&said("outcomes.json")?, &said("missed.txt")?)
}

/// Writes an area's results into the summary, beside the others'.
fn write(root: &Path, area: &Area, outcomes: &Outcomes, commit: String) -> Result<(), Failure> {
    let path = root.join(SUMMARY);
    let mut summary: serde_json::Map<String, serde_json::Value> = match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)?,
        Err(_) => serde_json::Map::new(),
    };
    let mut entry = outcomes.summary();
    entry.insert("what".to_owned(), area.what.as_str().into());
    entry.insert("date".to_owned(), date().into());
    entry.insert("commit".to_owned(), commit.into());
    summary.insert(area.name.clone(), entry.into());
    fs::write(path, serde_json::to_string_pretty(&summary)? + "\n")?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a measurement says when it was made; nothing waits for this time"
)]
fn date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}

/// The tested commit, with the suffix `-dirty` if the tree differs from it in anything but the
/// summary.
fn commit(root: &Path) -> Result<String, Failure> {
    let git = |arguments: &[&str]| {
        Command::new("git")
            .args(arguments)
            .current_dir(root)
            .output()
    };
    let head = String::from_utf8(git(&["rev-parse", "--short=12", "HEAD"])?.stdout)?;
    let others = format!(":(exclude){SUMMARY}");
    let clean = git(&["diff", "--quiet", "HEAD", "--", ".", &others])?
        .status
        .success();
    let mark = if clean { "" } else { "-dirty" };
    Ok(format!("{}{mark}", head.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_in_any_order_and_strange_ones_refused() {
        let everything = Wanted {
            area: Some("replay"),
            write: true,
        };
        assert_eq!(wanted(&[]).unwrap(), Wanted::default());
        assert_eq!(
            wanted(&["--area", "replay", "--write"]).unwrap(),
            everything
        );
        assert_eq!(
            wanted(&["--write", "--area", "replay"]).unwrap(),
            everything
        );
        assert!(wanted(&["--area"]).is_err());
        assert!(wanted(&["replay"]).is_err());
    }

    /// The committed plan names existing files, and survivors only in files of an area.
    #[test]
    fn the_plan_fits_the_tree() {
        let root = crate::root();
        let plan = Plan::read(&fs::read_to_string(root.join(PLAN)).unwrap()).unwrap();
        for area in plan.areas(None).unwrap() {
            for file in &area.files {
                assert!(root.join(file).exists(), "{file}");
            }
        }
    }
}

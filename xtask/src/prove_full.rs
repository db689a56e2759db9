//! `cargo xtask prove --full`: runs all long checks, stage by stage.
//!
//! Must not stop at a stage that fails, nor succeed then: one night's run shows every failure.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::external_checks;
use crate::mutants;

/// The requested amount of work.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    runs: u64,
    first_seed: u64,
    fuzz_seconds: u64,
    kills: u64,
}

/// One stage: its name, and a function that returns its result as a line.
struct Stage {
    name: &'static str,
    run: fn(&Path, &Asked) -> Result<String, Failure>,
}

/// The stages in their order, quick ones first. A new stage is a new entry.
const STAGES: &[Stage] = &[
    Stage {
        name: "journal, killed at random moments",
        run: |root, asked| {
            let kills = asked.kills.to_string();
            let test = ["test", "--package", "idcloud-sqlite", "--test", "crashes"];
            cargo(root, &test, &[("IDCLOUD_JOURNAL_KILLS", &kills)])
        },
    },
    Stage {
        name: "batch, killed at random moments",
        run: |root, asked| {
            let kills = asked.kills.to_string();
            let test = [
                "test",
                "--package",
                "idcloud-cli",
                "--test",
                "cli",
                "a_killed_batch",
            ];
            cargo(root, &test, &[("IDCLOUD_BATCH_KILLS", &kills)])
        },
    },
    Stage {
        name: "other people's tools",
        run: |root, _| Ok(last_line(&external_checks::run(root)?)),
    },
    Stage {
        name: "inputs changed at random",
        run: |root, asked| {
            let seconds = asked.fuzz_seconds.to_string();
            cargo(root, &["xtask", "fuzz", "--seconds", &seconds], &[])
        },
    },
    Stage {
        name: "mutation testing",
        run: |root, _| Ok(last_line(&mutants::run(root, &[])?)),
    },
    Stage {
        name: "campaign",
        run: |root, asked| {
            let (runs, seed) = (asked.runs.to_string(), asked.first_seed.to_string());
            let prove = [
                "xtask",
                "prove",
                "--format",
                "json",
                "--runs",
                &runs,
                "--first-seed",
                &seed,
            ];
            cargo(root, &prove, &[])
        },
    },
];

impl Asked {
    /// Parses the arguments after `prove`, one of which is `--full`.
    pub(crate) fn read(arguments: &[&str]) -> Result<Self, Failure> {
        let mut asked = Self {
            runs: 1_000_000,
            first_seed: 1,
            fuzz_seconds: 600,
            kills: 200,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let number = match *argument {
                "--full" => continue,
                "--runs" => &mut asked.runs,
                "--first-seed" => &mut asked.first_seed,
                "--fuzz-seconds" => &mut asked.fuzz_seconds,
                "--kills" => &mut asked.kills,
                other => return Err(format!("--full does not go with {other}").into()),
            };
            let value = arguments
                .next()
                .ok_or(format!("{argument} needs a value"))?;
            *number = value.parse()?;
        }
        Ok(asked)
    }
}

/// Runs every stage.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let asked = Asked::read(arguments)?;
    let outcomes = STAGES.iter().map(|stage| outcome(stage, root, &asked));
    summary(outcomes.collect())
}

/// The result of a stage, and its duration.
struct Outcome {
    name: &'static str,
    came_to: Result<String, String>,
    took: Duration,
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a stage takes is told of this machine"
)]
fn outcome(stage: &Stage, root: &Path, asked: &Asked) -> Outcome {
    let name = stage.name;
    crate::say(&mut std::io::stderr(), &format!("== {name}"));
    let began = Instant::now();
    let came_to = (stage.run)(root, asked).map_err(|failure| failure.to_string());
    Outcome {
        name,
        came_to,
        took: began.elapsed(),
    }
}

/// A line for each stage; an error if one of them failed.
fn summary(outcomes: Vec<Outcome>) -> Result<String, Failure> {
    let mut text = String::new();
    let mut failed = Vec::new();
    for Outcome {
        name,
        came_to,
        took,
    } in outcomes
    {
        let (word, line) = match &came_to {
            Ok(line) => ("held", line),
            Err(line) => ("FAILED", line),
        };
        writeln!(text, "{:>6} s  {word:<6}  {name}: {line}", took.as_secs())?;
        if came_to.is_err() {
            failed.push(name);
        }
    }
    if failed.is_empty() {
        return Ok(text);
    }
    Err(format!("failed: {}\n{text}", failed.join(", ")).into())
}

/// Runs cargo, shows its output, and returns its last line.
fn cargo(root: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Result<String, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    crate::say(&mut std::io::stderr(), &said);
    let line = last_line(&said);
    if output.status.success() {
        return Ok(line);
    }
    Err(format!("cargo {} failed: {line}", arguments.join(" ")).into())
}

/// The last line that is not empty: the result of tests and campaigns.
fn last_line(said: &str) -> String {
    let mut lines = said.lines().map(str::trim);
    lines
        .rfind(|line| !line.is_empty())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read() {
        let asked = Asked::read(&["--runs", "5", "--full", "--kills", "7"]).unwrap();
        let expected = Asked {
            runs: 5,
            first_seed: 1,
            fuzz_seconds: 600,
            kills: 7,
        };
        assert_eq!(asked, expected);
        for not in [
            &["--full", "--write", "a"][..],
            &["--runs"],
            &["--runs", "x"],
        ] {
            assert!(Asked::read(not).is_err(), "{not:?}");
        }
    }

    /// Stages after a failed one run and are reported, and the whole fails.
    #[test]
    fn one_failure_fails_at_the_end() {
        let of = |name, came_to: Result<&str, &str>| Outcome {
            name,
            came_to: came_to.map(ToOwned::to_owned).map_err(ToOwned::to_owned),
            took: Duration::from_secs(3),
        };
        let good = summary(vec![of("a", Ok("1 passed")), of("b", Ok("fine"))]).unwrap();
        assert_eq!(
            good,
            "     3 s  held    a: 1 passed\n     3 s  held    b: fine\n"
        );
        let bad = summary(vec![of("a", Err("broken")), of("b", Ok("fine"))]);
        let told = bad.unwrap_err().to_string();
        assert!(told.starts_with("failed: a\n"), "{told}");
        assert!(
            told.contains("FAILED  a: broken") && told.contains("b: fine"),
            "{told}"
        );
    }

    #[test]
    fn the_last_line_is_what_it_came_to() {
        let said = "running 3 tests\n...\n\ntest result: ok. 3 passed\n\n";
        assert_eq!(last_line(said), "test result: ok. 3 passed");
        assert_eq!(last_line(""), "");
    }
}

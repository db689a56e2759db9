//! `cargo xtask`: the project's own checks and generators. This file only dispatches.

mod bench;
mod ci;
mod codegen;
mod doc_links;
mod external_checks;
mod fuzz;
mod layering;
mod mutants;
mod prove;
mod prove_full;
mod public_types;
mod release;
mod rooms;
mod workspace;

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Any error, for a developer.
type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "\
usage: cargo xtask <command>

  bench [--counts | --write FILE] [--without-instructions] [--format text|json]
                      measure the figures side by side, in one go; fail where a count is over its goal.
                      --counts leaves times out; --write writes the page docs/performance.md and its pictures;
                      json is a list of {figure, value, goal, met}. Instructions are counted by valgrind
                      (apt install valgrind), and where it is missing that gate is missed unless
                      --without-instructions is given
  ci [--full]         print the arrows between our crates, what they weigh and which foreign types they show, and follow the
                      links of the pages; fail where a rule is broken. --full adds what needs Python and PyPI: the OpenAPI
                      document is validated, and the served simulator held against it
  codegen [--check]   write tables, reference pages and docs/openapi.json from the spec; --check only compares
  fuzz --seconds N | --target NAME --input HEX
                      change whatever comes from outside at random for so long, and fail where something panics, is shown or is
                      taken for what it is not; or try one input once more, as a failure tells it
  mutants [--area NAME] [--write]
                      change the code where the promises are decided, one place at a time, and fail where no test notices and
                      xtask/campaign/mutants.toml has no reason; --write notes what an area came to in xtask/campaign/mutants.json
  prove [--runs N] [--first-seed S] [--threads N] [--format text|json] [--slow-writer]
        [--sabotage [NAME] | --write FILE | --rules]
                      play the whole client against the simulator in virtual time, with faults, crashes and lies drawn from
                      seeds (10,000 from 1 unless said otherwise), and fail where a promise was broken; before that, explore the
                      journal's rules whole, which --rules does alone; --sabotage switches one
                      protection off, or without a name each in its turn, and tells how many runs it takes to be noticed, the journal's rules too;
                      --slow-writer keeps every journal on the disk behind a writer that is slow to do what it is told;
                      --write plays both and writes the page docs/reliability.md
  prove --processes [--runs N] [--first-seed S] [--sabotage [NAME]]
                      play the command line as real processes on real files, with full disks, locked databases, signals, inputs
                      that change and journals that are copied, removed and linked, all drawn from seeds (as many as 65 s hold,
                      unless said otherwise), and fail where the ledger of a served simulator says that a promise was broken
  prove --full [--runs N] [--first-seed S] [--fuzz-seconds N] [--kills N]
                      everything that takes long, on demand: more kills of the journal and of a batch, other people's tools,
                      ten minutes of fuzzing, mutation testing, 1,000,000 runs; goes on behind a failure and fails at the end
  release [--dry-run] check, package, publish and tag all crates in one version; a dry run stops before it publishes";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root();
    let outcome = match arguments.as_slice() {
        ["bench", arguments @ ..] => bench::run(&root, arguments),
        ["ci"] => ci::run(&root),
        ["ci", "--full"] => ci::run_full(&root),
        ["codegen"] => codegen::write(&root),
        ["codegen", "--check"] => codegen::check(&root),
        ["fuzz", arguments @ ..] => fuzz::run(&root, arguments),
        ["mutants", arguments @ ..] => mutants::run(&root, arguments),
        ["prove", arguments @ ..] if arguments.contains(&"--full") => {
            prove_full::run(&root, arguments)
        }
        ["prove", arguments @ ..] => prove::run(&root, arguments),
        ["release"] => release::run(&root, false),
        ["release", "--dry-run"] => release::run(&root, true),
        _ => {
            say(&mut io::stderr(), USAGE);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(report) => {
            if !report.is_empty() {
                say(&mut io::stdout(), &report);
            }
            ExitCode::SUCCESS
        }
        Err(failure) => {
            say(&mut io::stderr(), &format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder: the one above this crate's.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The build folder.
fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// Prints a report. A closed output is not a failure.
fn say(to: &mut impl Write, text: &str) {
    drop(writeln!(to, "{}", text.trim_end()));
}

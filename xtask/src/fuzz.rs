//! `cargo xtask fuzz`: starts what changes inputs at random, in the proof and in the program's own tests.
//!
//! Changes nothing itself: where an input is read, there is known what holds of it.

use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::prove;

/// The one target that the program's tests try, because nothing else can reach its reader.
const ROWS: &str = "rows";
/// So many targets share the time.
const TARGETS: u64 = 11;

/// Runs with the arguments behind `fuzz`: `--seconds N`, or `--target NAME --input HEX` for one input once more.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    match arguments {
        ["--seconds", seconds] => {
            for_seconds(root, seconds.parse()?)?;
            Ok(String::new())
        }
        ["--target", ROWS, "--input", input] => rows(root, ("IDCLOUD_FUZZ_INPUT", input)),
        ["--target", target, "--input", input] => prove::run(root, &["--fuzz-once", target, input]),
        _ => Err("fuzz takes --seconds N, or --target NAME --input HEX".into()),
    }
}

/// Every target has its share of the time.
pub(crate) fn for_seconds(root: &Path, seconds: u64) -> Result<(), Failure> {
    let share = seconds.div_ceil(TARGETS);
    let others = seconds.saturating_sub(share).to_string();
    rows(root, ("IDCLOUD_FUZZ_SECONDS", &share.to_string()))?;
    prove::run(root, &["--fuzz", &others])?;
    Ok(())
}

fn rows(root: &Path, variable: (&str, &str)) -> Result<String, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let test = [
        "test",
        "--quiet",
        "--package",
        "idcloud-cli",
        "--bin",
        "idcloud",
        "batch::any_input::any_input_is_read_or_refused",
        "--",
        "--exact",
        "--nocapture",
    ];
    let ended = Command::new(cargo)
        .args(test)
        .env(variable.0, variable.1)
        .current_dir(root)
        .status()?;
    if ended.success() {
        Ok(String::new())
    } else {
        Err("an input was found, or the program's tests did not run".into())
    }
}

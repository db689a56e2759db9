//! `cargo xtask fuzz`: starts the fuzzing in the campaign and in the command line's own tests.
//!
//! Must not fuzz itself: the code beside each reader knows its properties.

use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::prove;

/// The target in the command line's tests, because no other crate can reach its reader.
const ROWS: &str = "rows";
/// The number of targets that share the time.
const TARGETS: u64 = 11;

/// Runs with the arguments after `fuzz`: `--seconds N`, or `--target NAME --input HEX` to try one
/// input again.
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

/// Fuzzes every target for its share of the time.
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

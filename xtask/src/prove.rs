//! `cargo xtask prove`: builds the campaign with optimisation and starts it.
//!
//! Plays nothing itself, and knows no promise.

use std::path::Path;
use std::process::Command;

use crate::Failure;

/// Plays the campaign with these arguments; what it says goes straight to the terminal.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // The profile of the measurements, which are built of the same crates: optimised, and linked without the release's long last step.
    let run = [
        "run",
        "--profile",
        "bench",
        "--quiet",
        "--package",
        "proof",
        "--",
    ];
    let ended = Command::new(cargo)
        .args(run)
        .args(arguments)
        .current_dir(root)
        .status()?;
    if ended.success() {
        Ok(String::new())
    } else {
        Err("a promise was broken, or the campaign did not run".into())
    }
}

//! `cargo xtask bench`: builds the measurements with optimisation and runs them.
//!
//! Measures nothing itself, and knows no figure.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::Failure;

/// Runs the measurements with these arguments; their table goes straight to the terminal.
///
/// Two builds of one package: all of its programs, because `cargo run` would build only the one that it runs.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = [
        "build",
        "--profile",
        "bench",
        "--quiet",
        "--package",
        "bench",
        "--bins",
    ];
    let run = [
        "run",
        "--profile",
        "bench",
        "--quiet",
        "--package",
        "bench",
        "--bin",
        "bench",
        "--",
    ];
    if !succeeds(&cargo, root, &build)? {
        return Err("the measurements cannot be built".into());
    }
    if !succeeds(&cargo, root, &[&run, arguments].concat())? {
        return Err("a gate is missed, or the measurements did not run".into());
    }
    Ok(String::new())
}

fn succeeds(cargo: &OsString, root: &Path, arguments: &[&str]) -> Result<bool, Failure> {
    let mut command = Command::new(cargo);
    Ok(command
        .args(arguments)
        .current_dir(root)
        .status()?
        .success())
}

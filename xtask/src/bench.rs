//! `cargo xtask bench`: builds the measurements with optimisation and runs them.

use std::path::Path;
use std::process::Command;

use crate::Failure;

/// Runs every measurement; its figures go straight to the terminal.
pub(crate) fn run(root: &Path) -> Result<String, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--release", "--quiet", "--package", "bench"])
        .current_dir(root)
        .status()?;
    if status.success() {
        Ok(String::new())
    } else {
        Err("a figure is over its goal, or the measurements did not run".into())
    }
}

//! `cargo xtask bench`: builds the measurements with optimization and runs them.
//!
//! Must not measure anything itself, except the compiled crates, by the same rule as `cargo xtask
//! ci`.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::layering;
use crate::workspace;

/// Runs the measurements with these arguments; their output goes straight to the terminal.
///
/// Builds all programs of the package first, because `cargo run` would build only the one that it
/// runs.
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
    let compiled = compiled(root)?;
    let compiled = compiled
        .iter()
        .flat_map(|counted| ["--compiled", counted])
        .collect::<Vec<_>>();
    if !succeeds(&cargo, root, &build)? {
        return Err("the measurements cannot be built".into());
    }
    if !succeeds(&cargo, root, &[&run, arguments, &compiled].concat())? {
        return Err("a gate is missed, or the measurements did not run".into());
    }
    Ok(String::new())
}

/// The number of crates that our crates make the compiler compile, as arguments:
/// `idcloud-model=15/17`.
fn compiled(root: &Path) -> Result<Vec<String>, Failure> {
    layering::weighed()
        .map(|name| {
            let others = workspace::compiled(root, name)?.others.len();
            let limit = layering::limit(name).ok_or("a crate is weighed without a limit")?;
            Ok(format!("{name}={others}/{limit}"))
        })
        .collect()
}

fn succeeds(cargo: &OsString, root: &Path, arguments: &[&str]) -> Result<bool, Failure> {
    let mut command = Command::new(cargo);
    Ok(command
        .args(arguments)
        .current_dir(root)
        .status()?
        .success())
}

//! `cargo xtask prove`: builds the campaign with optimization and starts it.
//!
//! Must not play a run, nor know a promise.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;

/// The argument that asks for the campaign of processes.
const PROCESSES: &str = "--processes";

/// Plays the campaign with these arguments; its output goes straight to the terminal.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut arguments: Vec<OsString> = arguments.iter().map(Into::into).collect();
    if let Some(at) = arguments.iter().position(|one| one == PROCESSES) {
        // The path of the program under test follows the flag.
        arguments.insert(at + 1, program(root, &cargo)?.into());
    }
    // The profile of the measurements, which use the same crates: optimized, and without the
    // release's slow final linking step.
    let run = [
        "run",
        "--profile",
        "bench",
        "--quiet",
        "--package",
        "campaign",
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

/// The command line's program, freshly built with the campaign's profile.
fn program(root: &Path, cargo: &OsStr) -> Result<PathBuf, Failure> {
    let build = [
        "build",
        "--profile",
        "bench",
        "--quiet",
        "--package",
        "idcloud-cli",
    ];
    let ended = Command::new(cargo).args(build).current_dir(root).status()?;
    if !ended.success() {
        return Err("the program could not be built".into());
    }
    let name = format!("idcloud{}", std::env::consts::EXE_SUFFIX);
    // The folder of the profile `bench`.
    Ok(crate::target(root).join("release").join(name))
}

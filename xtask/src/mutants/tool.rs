//! Finds cargo-mutants, and installs it if it is missing.
//!
//! Must not use another version: each has mutants of its own, and the reasons are written for them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Failure;

const VERSION: &str = "26.0.0";

/// The program: from the path, from an earlier run, or newly installed.
pub(super) fn find(root: &Path) -> Result<PathBuf, Failure> {
    let kept = cache(root).join(format!("cargo-mutants-{VERSION}"));
    let installed = kept.join("bin").join("cargo-mutants");
    for candidate in [PathBuf::from("cargo-mutants"), installed.clone()] {
        if is_right(&candidate) {
            return Ok(candidate);
        }
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let ended = Command::new(cargo)
        .args([
            "install",
            "--locked",
            "--quiet",
            "--version",
            VERSION,
            "--root",
        ])
        .arg(&kept)
        .arg("cargo-mutants")
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .status()?;
    if ended.success() && is_right(&installed) {
        Ok(installed)
    } else {
        Err(format!("cargo-mutants {VERSION} could not be installed").into())
    }
}

fn is_right(program: &Path) -> bool {
    let said = Command::new(program)
        .args(["mutants", "--version"])
        .stderr(Stdio::null())
        .output();
    said.is_ok_and(|said| said.stdout.trim_ascii() == format!("cargo-mutants {VERSION}").as_bytes())
}

/// The folder in which `.ci/run` keeps its tools too.
fn cache(root: &Path) -> PathBuf {
    let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let usual = env::home_dir().map(|home| home.join(".cache"));
    named
        .or(usual)
        .unwrap_or_else(|| root.join("target/.cache"))
        .join("idcloud-ci")
}

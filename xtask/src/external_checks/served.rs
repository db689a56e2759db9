//! The command line's simulator, served for a check.
//!
//! Must not listen on any address but the loopback's.

use std::env;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::succeed;
use crate::Failure;

/// The command line's program, freshly built.
pub(super) fn program(root: &Path) -> Result<PathBuf, Failure> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["build", "--locked", "--quiet", "--package", "idcloud-cli"];
    succeed(Command::new(cargo).args(build).current_dir(root))?;
    let name = format!("idcloud{}", env::consts::EXE_SUFFIX);
    Ok(crate::target(root).join("debug").join(name))
}

/// A simulator that is served until this is dropped.
pub(super) struct Served {
    process: Child,
    /// Its address, without a path.
    pub(super) url: String,
}

impl Served {
    /// Starts it on a free port; the checks do not depend on its budget.
    pub(super) fn start(
        program: &Path,
        credentials: &Path,
        options: &[&str],
    ) -> Result<Self, Failure> {
        let mut process = bare(program)
            .args(["--rate", "1000", "simulator", "serve"])
            .args(["--listen", "127.0.0.1:0"])
            .args(options)
            .arg("--credentials-dir")
            .arg(credentials)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (out, err) = (process.stdout.take(), process.stderr.take());
        let mut served = Self {
            process,
            url: String::new(),
        };
        let mut first = String::new();
        if let Some(out) = out {
            BufReader::new(out).read_line(&mut first)?;
        }
        if let Some(url) = first
            .split_whitespace()
            .find(|word| word.starts_with("http://127.0.0.1:"))
        {
            url.clone_into(&mut served.url);
            return Ok(served);
        }
        let mut said = String::new();
        if let Some(mut err) = err {
            err.read_to_string(&mut said)?;
        }
        Err(format!("the simulator was not served: {first}{said}").into())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Errors are fine: the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program without the settings of this machine.
pub(super) fn bare(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("IDCLOUD_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Runs a command of the program with these settings.
pub(super) fn idcloud(
    program: &Path,
    arguments: &[&str],
    settings: &[(String, String)],
) -> Result<String, Failure> {
    let settings = settings.iter().map(|(name, value)| (name, value));
    printed(bare(program).args(arguments).envs(settings))
}

/// The output of a command, if it succeeds.
pub(super) fn printed(command: &mut Command) -> Result<String, Failure> {
    super::output(command).map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The settings of an `.env`, without comments.
pub(super) fn settings(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_without_the_comments() {
        let text =
            "IDCLOUD_ENV=custom\n\n# Other keys\n# IDCLOUD_API_KEY=other\nIDCLOUD_API_KEY=a=b\n";
        let expected = [("IDCLOUD_ENV", "custom"), ("IDCLOUD_API_KEY", "a=b")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(settings(text), expected);
    }
}

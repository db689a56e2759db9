//! Where and when a measurement was made.
//!
//! Must not identify the machine's owner: no host name, no user, no path.

use std::process::Command;
use std::time::SystemTime;

/// Where and when a measurement was made.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// The processor, how many threads were used, and the operating system.
    pub machine: String,
    /// In the format of HTTP dates.
    pub date: String,
    /// The commit that was checked out, and whether there were uncommitted changes.
    pub commit: String,
    /// The compiler's version, in its own words.
    pub compiler: String,
}

impl Circumstances {
    /// The circumstances of this run, with `threads` threads.
    #[must_use]
    pub fn of_now(threads: usize) -> Self {
        let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processor
            .lines()
            .find_map(|line| line.strip_prefix("model name"))
            .and_then(|rest| rest.split_once(':'))
            .map_or(std::env::consts::ARCH, |(_, name)| name.trim());
        let system = std::env::consts::OS;
        Self {
            machine: format!("{model}, {threads} threads, {system}"),
            date: httpdate::fmt_http_date(now()),
            commit: commit(),
            compiler: said("rustc", &["--version"]).unwrap_or_else(|| "unknown".to_owned()),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a page tells the machine's own date"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

fn commit() -> String {
    let Some(commit) = said("git", &["rev-parse", "--short=12", "HEAD"]) else {
        return "unknown".to_owned();
    };
    // Files that this run itself writes do not count as changes.
    let changed = ["status", "--porcelain", "--", ".", ":!docs"];
    match said("git", &changed) {
        Some(_) => format!("{commit}, changed"),
        None => commit,
    }
}

/// The output of a program; `None` if it fails or prints nothing.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

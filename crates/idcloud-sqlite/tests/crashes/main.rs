//! Promise: never pay twice, whichever process dies when; and a crash leaves ambiguous what was on
//! its way, and nothing else.
//!
//! Child processes are killed by SIGKILL: in `by_hand` they use the journal themselves, in real
//! time; in `client` they run the whole client in virtual time. Neither simulates a power loss:
//! data that was written and not synced survives a killed process, and would not survive that.

#![cfg(unix)]
#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "what these lints forbid is how a test fails, and how a child speaks"
)]

mod by_hand;
mod client;
mod program;
mod server;
mod submitter;
mod trail;
mod watched;
mod wire;

use std::fmt::Display;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use children::Child;

/// How long a child may take: much longer than any needs, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// `seconds` after the first run of any child.
fn later(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

/// Not a test of its own: the entry point of the other tests' children.
#[test]
fn child() {
    if let Some(task) = submitter::Task::given() {
        task.run();
    }
    if let Some(task) = program::Task::given() {
        task.run();
    }
}

/// Starts a child that reads its task from `variable`.
fn spawn(variable: &str, task: &impl Display) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(variable, task.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    Child::spawn(&mut command, LIMIT).unwrap()
}

/// How many random kills a test makes: `default`, or as many as `IDCLOUD_JOURNAL_KILLS` says.
fn kills(default: u64) -> u64 {
    let kills = std::env::var("IDCLOUD_JOURNAL_KILLS").ok();
    kills.map_or(default, |kills| kills.parse().unwrap())
}

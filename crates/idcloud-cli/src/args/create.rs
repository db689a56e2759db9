//! The arguments of every command that creates a process.
//!
//! Must not choose the checks: the API key does.

use std::time::Duration;

use clap::Args;

use super::memory::MemoryArgs;
use crate::args::duration::parse_duration;

/// What a create may say about itself.
#[derive(Args)]
pub(crate) struct ContextArgs {
    /// What the verification is for, as agreed with Unico
    #[arg(long, value_name = "TEXT")]
    pub(crate) use_case: Option<String>,
    /// The branch that asks, where the account has several
    #[arg(long, value_name = "ID")]
    pub(crate) subsidiary_id: Option<String>,
    #[command(flatten)]
    pub(crate) memory: MemoryArgs,
}

/// How long to wait for an answer, and what to show of it.
#[derive(Args)]
pub(crate) struct AnswerArgs {
    /// How long to wait for a final answer, such as 90s or 2m
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = parse_duration)]
    wait: Duration,
    /// Do not wait: print what the first answer says
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    /// Print personal data that the answer holds, which is otherwise "redacted"
    #[arg(long)]
    pub(crate) reveal: bool,
}

impl AnswerArgs {
    /// How long to wait; not at all where nothing is returned.
    pub(crate) fn wait(&self) -> Option<Duration> {
        (!self.no_wait).then_some(self.wait)
    }
}

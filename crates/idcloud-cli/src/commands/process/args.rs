//! The arguments of `idcloud process`, as clap parses them.
//!
//! Must not create anything.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::args::asked::AskedArgs;
use crate::args::duration::parse_duration;

/// `idcloud process`.
#[derive(Subcommand)]
pub(crate) enum ProcessCommand {
    /// Show a process as it stands
    Get(GetArgs),
    /// Wait until a process is final
    Wait(WaitArgs),
}

/// `idcloud process get`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  idcloud process get 80371b2a-3ac7-432e-866d-57fe37896ac6 --selfie-kind capture-token\n\n\
                  The simulator inside this program forgets everything between two runs: serve one, and look there."
)]
pub(crate) struct GetArgs {
    /// The process
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) asked: AskedArgs,
    /// Ask the second version of the endpoint, which adds the person; printed only with --reveal
    #[arg(long)]
    pub(crate) details: bool,
    /// Print personal data that the answer holds, which is otherwise "redacted"
    #[arg(long)]
    pub(crate) reveal: bool,
}

/// `idcloud process wait`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  idcloud process wait 80371b2a-3ac7-432e-866d-57fe37896ac6 --wait 5m"
)]
pub(crate) struct WaitArgs {
    /// The process
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) asked: AskedArgs,
    /// How long to wait for a final answer, such as 90s or 2m
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = parse_duration)]
    pub(crate) wait: Duration,
    /// Print personal data that the answer holds, which is otherwise "redacted"
    #[arg(long)]
    pub(crate) reveal: bool,
}

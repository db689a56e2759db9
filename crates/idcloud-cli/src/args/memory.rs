//! The arguments for the journal of a single command.
//!
//! Must not derive `Debug`: a reference may be personal.

use std::path::PathBuf;

use clap::Args;

/// The flags of single commands.
#[derive(Args)]
#[command(next_help_heading = "Never twice")]
pub(crate) struct MemoryArgs {
    /// Your own name for this request: it is submitted once, however often the command runs
    #[arg(long, value_name = "REF")]
    pub(crate) reference: Option<String>,
    /// Where it is remembered [default: ~/.local/state/idcloud/journal.db]
    #[arg(long, value_name = "FILE", requires = "reference")]
    pub(crate) journal: Option<PathBuf>,
    /// Submit once more where the reference's process failed inside IDCloud or was canceled: a new process, and billed
    #[arg(long, requires = "reference")]
    pub(crate) begin_again: bool,
}

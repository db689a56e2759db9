//! The arguments of `idcloud completions` and `idcloud man`, as clap parses them.
//!
//! Must not need a setting.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `idcloud completions`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  idcloud completions bash > ~/.local/share/bash-completion/completions/idcloud"
)]
pub(crate) struct CompletionsArgs {
    /// The shell to write completions for
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// `idcloud man`.
#[derive(Args)]
#[command(after_help = "Example:\n  idcloud man --output-dir ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Directory to write a page for each command into, in place of printing the program's own
    #[arg(long, value_name = "DIR")]
    pub(crate) output_dir: Option<PathBuf>,
}

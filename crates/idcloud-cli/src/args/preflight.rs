//! `idcloud preflight` as clap sees it.
//!
//! Never takes a setting that would make it talk to anybody.

use std::path::PathBuf;

use clap::Args;

/// `idcloud preflight`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  idcloud preflight ./selfies portrait.jpg\n\n\
                  One line a file: ok, or the rules that it breaks and the codes that IDCloud would answer. A directory stands for the \
                  files below it. Nothing is sent. Exits with 3 when a file would be refused."
)]
pub(crate) struct PreflightArgs {
    /// Selfies, or directories of them; - reads standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
}

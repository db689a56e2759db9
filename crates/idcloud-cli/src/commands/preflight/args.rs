//! The arguments of `idcloud preflight`, as clap parses them.
//!
//! Must not take a setting that would make it send a request.

use std::path::PathBuf;

use clap::Args;

/// `idcloud preflight`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  idcloud preflight ./selfies portrait.jpg\n\n\
                  One line a file: ok, or the rules that it breaks and the codes that IDCloud would answer. A directory stands for the \
                  files below it. With --subject a person is looked at as well, and what would be sent in another form than it was given \
                  is named. Nothing is sent. Exits with 3 when something would be refused."
)]
pub(crate) struct PreflightArgs {
    /// Selfies, or directories of them; - reads standard input
    #[arg(value_name = "FILE", required_unless_present = "subject")]
    pub(crate) files: Vec<PathBuf>,
    /// A person, as onboard takes one: a JSON document; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) subject: Option<PathBuf>,
    /// Print what would change as it was given and as it would be sent: personal data
    #[arg(long, requires = "subject")]
    pub(crate) reveal: bool,
}

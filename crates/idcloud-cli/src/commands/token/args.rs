//! The arguments of `idcloud token` and `idcloud doctor`, as clap parses them.
//!
//! Must not take a credential: files and variables hold them.

use clap::Args;

/// `idcloud token`.
#[derive(Args)]
#[command(after_help = "Example:\n  idcloud token --env uat\n\n\
                  Proves the service account, not the API key: idcloud doctor looks at both.")]
pub(crate) struct TokenArgs {
    /// Print the token itself on standard output, and nothing else there
    #[arg(long)]
    pub(crate) show: bool,
}

/// `idcloud doctor`.
#[derive(Args)]
#[command(after_help = "Example:\n  idcloud doctor --env uat --format json\n\n\
                  Creates nothing: it fetches a token and asks for a process that does not exist. Exits with the code of the gravest finding.")]
pub(crate) struct DoctorArgs {}

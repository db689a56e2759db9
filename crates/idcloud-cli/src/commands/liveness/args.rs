//! The arguments of `idcloud liveness`, as clap parses them.
//!
//! Must not take a person: IDCloud needs none for a liveness check.

use std::path::PathBuf;

use clap::Args;

use crate::args::create::{AnswerArgs, ContextArgs};

/// `idcloud liveness`.
#[derive(Args)]
#[command(after_help = "Example:\n  idcloud liveness --selfie token.txt\n\n\
                  Only a capture token of Unico's SDK is looked at for liveness. A plain image is refused here: IDCloud would answer \
                  for it without looking.")]
pub(crate) struct LivenessArgs {
    /// File with the capture token; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) selfie: PathBuf,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
    #[command(flatten)]
    pub(crate) answer: AnswerArgs,
}

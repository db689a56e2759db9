//! The arguments of `idcloud compare`, as clap parses them.
//!
//! Must not derive `Debug`: flags carry personal data.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::args::create::{AnswerArgs, ContextArgs};
use crate::args::person::CodeArgs;

/// `idcloud compare`.
#[derive(Args)]
#[command(
    group(ArgGroup::new("reference-face").required(true).args(["reference_process_id", "reference_image"])),
    after_help = "Example:\n  idcloud compare --reference-process-id 80371b2a-3ac7-432e-866d-57fe37896ac6 --selfie selfie.jpg\n\n\
                  A key that has liveness besides needs the person, by --subject or --cpf."
)]
pub(crate) struct CompareArgs {
    /// The earlier process whose selfie the face is compared with
    #[arg(long, value_name = "ID")]
    pub(crate) reference_process_id: Option<String>,
    /// File with the picture that the face is compared with; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) reference_image: Option<PathBuf>,
    /// File with the selfie; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) selfie: PathBuf,
    #[command(flatten)]
    pub(crate) code: CodeArgs,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
    #[command(flatten)]
    pub(crate) answer: AnswerArgs,
}

//! The arguments of `idcloud document`, as clap parses them.
//!
//! Must not derive `Debug`: flags carry personal data.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use crate::args::create::{AnswerArgs, ContextArgs};
use crate::args::person::CodeArgs;

/// `idcloud document`.
#[derive(Subcommand)]
pub(crate) enum DocumentCommand {
    /// List the documents of a person that IDCloud kept and would take again
    Find(FindArgs),
    /// Capture a document from pictures of it
    Capture(Box<CaptureDocumentArgs>),
    /// Use a document again that IDCloud kept
    Reuse(Box<ReuseArgs>),
}

/// `idcloud document find`.
#[derive(Args)]
#[command(
    group(ArgGroup::new("person").required(true).args(["cpf", "curp", "subject"])),
    after_help = "Example:\n  idcloud document find --subject person.json --type BR_CNH\n\n\
                  Without --type every documented type is looked for, which takes a request each."
)]
pub(crate) struct FindArgs {
    #[command(flatten)]
    pub(crate) code: CodeArgs,
    #[arg(
        long = "type",
        value_name = "TYPE",
        help = "The type of document: BR_RG, BR_CNH, BR_CIN, BR_PASSPORT or a newer one"
    )]
    pub(crate) kind: Option<String>,
}

/// What both ways of using a document need.
#[derive(Args)]
pub(crate) struct HolderArgs {
    #[command(flatten)]
    pub(crate) code: CodeArgs,
    /// What the document is for: onboarding, creditprocess, carpurchase, paybypaycheck, fgts or a newer word
    #[arg(long, value_name = "WORD")]
    pub(crate) purpose: String,
    /// The process that proves who holds the document: completed, of the same person, at most 24 hours old
    #[arg(long, value_name = "ID")]
    pub(crate) auth_process_id: String,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
    #[command(flatten)]
    pub(crate) answer: AnswerArgs,
}

/// `idcloud document capture`.
#[derive(Args)]
#[command(
    group(ArgGroup::new("person").required(true).args(["cpf", "curp", "subject"])),
    after_help = "Example:\n  idcloud document capture --subject person.json --purpose onboarding \
                  --auth-process-id 80371b2a-3ac7-432e-866d-57fe37896ac6 --file front.jpg --file back.jpg"
)]
pub(crate) struct CaptureDocumentArgs {
    #[command(flatten)]
    pub(crate) holder: HolderArgs,
    /// Picture of the document: one of an open licence, or two, front and back
    #[arg(long = "file", value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
}

/// `idcloud document reuse`.
#[derive(Args)]
#[command(
    group(ArgGroup::new("person").required(true).args(["cpf", "curp", "subject"])),
    after_help = "Example:\n  idcloud document reuse --subject person.json --purpose onboarding \
                  --auth-process-id 80371b2a-3ac7-432e-866d-57fe37896ac6 --document-id d7a8b471-e69c-42b7-af14-05e83365a944"
)]
pub(crate) struct ReuseArgs {
    #[command(flatten)]
    pub(crate) holder: HolderArgs,
    /// The document, as `idcloud document find` lists it
    #[arg(long, value_name = "ID")]
    pub(crate) document_id: String,
}

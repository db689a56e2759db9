//! The arguments of `idcloud explain`, as clap parses them.
//!
//! Must not need an account or the network.

use clap::{Args, ValueEnum};
use idcloud_model::Language;

use crate::args::asked::AskedArgs;

/// `idcloud explain`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  idcloud explain 20507 --lang pt\n  idcloud explain answer.json --as compare --selfie-kind image\n\n\
                  A file may hold an error answer, a process's answer, a webhook's payload or a capture token. Nothing is sent."
)]
pub(crate) struct ExplainArgs {
    /// An error code such as 20507 or 1.2.7, or a file; - reads standard input
    #[arg(value_name = "CODE|FILE")]
    pub(crate) what: std::ffi::OsString,
    #[command(flatten)]
    pub(crate) asked: AskedArgs,
    /// The language of the explanation
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub(crate) lang: LanguageArg,
    /// Print personal data that the answer holds, which is otherwise "redacted"
    #[arg(long)]
    pub(crate) reveal: bool,
}

/// The languages of explanations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LanguageArg {
    /// English.
    En,
    /// Brazilian Portuguese.
    Pt,
}

impl From<LanguageArg> for Language {
    fn from(language: LanguageArg) -> Self {
        match language {
            LanguageArg::En => Self::English,
            LanguageArg::Pt => Self::Portuguese,
        }
    }
}

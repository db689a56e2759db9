//! The arguments that describe a person, by flags or by a file, as clap parses them.
//!
//! Must not derive `Debug`: flags carry personal data.

use std::path::PathBuf;

use clap::Args;

/// A person's code, or a file with the person.
#[derive(Args, Default)]
pub(crate) struct CodeArgs {
    /// The person's CPF, with or without punctuation
    #[arg(long)]
    pub(crate) cpf: Option<String>,
    /// The person's CURP
    #[arg(long, conflicts_with = "cpf")]
    pub(crate) curp: Option<String>,
    /// JSON file with the person, in place of the personal flags; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cpf", "curp"])]
    pub(crate) subject: Option<PathBuf>,
}

/// A person with a name.
#[derive(Args)]
pub(crate) struct PersonArgs {
    #[command(flatten)]
    pub(crate) code: CodeArgs,
    /// The person's full name
    #[arg(long, required_unless_present = "subject", conflicts_with = "subject")]
    pub(crate) name: Option<String>,
    /// The person's e-mail address
    #[arg(long, conflicts_with = "subject")]
    pub(crate) email: Option<String>,
    /// The person's phone: + and country code, or a Brazilian area code, and the number
    #[arg(long, conflicts_with = "subject")]
    pub(crate) phone: Option<String>,
}

//! The arguments of `idcloud journal`, as clap parses them.
//!
//! Must not derive `Debug`: a reference is the caller's own.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use idcloud_flows::Flow;
use idcloud_flows::journal::StateKind;

use crate::commands::journal::flow;

/// `idcloud journal`.
#[derive(Subcommand)]
pub(crate) enum JournalCommand {
    /// List what was submitted, newest last
    List(JournalListArgs),
    /// Show one reference: every attempt, and what came of it
    Show(JournalShowArgs),
    /// Close an ambiguous reference, with what Unico or an invoice says
    Settle(JournalSettleArgs),
    /// Say where a custom environment is that an earlier version did not write down
    NameOrigin(JournalNameOriginArgs),
}

/// `idcloud journal list`.
#[derive(Args)]
#[command(after_help = "Example:\n  idcloud journal list --journal batch.db --state ambiguous")]
pub(crate) struct JournalListArgs {
    /// Only those in this state: claimed, dispatched, pending, finished, ambiguous, not-sent or resend
    #[arg(long, value_name = "STATE", value_parser = parse_state)]
    pub(crate) state: Option<StateKind>,
    #[command(flatten)]
    pub(crate) file: JournalFileArgs,
}

/// `idcloud journal show`.
#[derive(Args)]
#[command(after_help = "Example:\n  idcloud journal show order-1001 --journal batch.db")]
pub(crate) struct JournalShowArgs {
    /// The reference
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    #[command(flatten)]
    pub(crate) file: JournalFileArgs,
}

/// `idcloud journal settle`.
#[derive(Args)]
#[command(
    group(ArgGroup::new("settlement").required(true).args(["found", "resend", "owner_is_dead"])),
    after_help = "Example:\n  idcloud journal settle order-1001 --found 80371b2a-3ac7-432e-866d-57fe37896ac6 --journal batch.db"
)]
pub(crate) struct JournalSettleArgs {
    /// The reference
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// The process exists: this is its id, and its result is to be fetched
    #[arg(long, value_name = "PROCESS_ID")]
    pub(crate) found: Option<String>,
    /// Whose reference it is: the process that was found is looked up with the credentials, and compared with this CPF
    #[arg(long, requires = "found")]
    pub(crate) cpf: Option<String>,
    /// JSON file with the person, in place of --cpf; - reads standard input
    #[arg(long, value_name = "FILE", requires = "found", conflicts_with = "cpf")]
    pub(crate) subject: Option<PathBuf>,
    /// It may be sent again: no process exists, or a second bill is acceptable
    #[arg(long)]
    pub(crate) resend: bool,
    /// The program that has it in hand is gone: not sent if it was only claimed, ambiguous if it may have left
    #[arg(long)]
    pub(crate) owner_is_dead: bool,
    #[command(flatten)]
    pub(crate) file: JournalFileArgs,
}

/// `idcloud journal name-origin`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  idcloud journal name-origin https://gateway.example.com --journal batch.db"
)]
pub(crate) struct JournalNameOriginArgs {
    /// The API's address that every entry was submitted to which an earlier version left without one
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// The journal [default: ~/.local/state/idcloud/journal.db]
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
}

/// Which journal, and which part of it.
#[derive(Args)]
pub(crate) struct JournalFileArgs {
    /// The journal [default: ~/.local/state/idcloud/journal.db]
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Only what was submitted by this command: onboard, liveness, compare or document
    #[arg(long, value_name = "FLOW", value_parser = flow)]
    pub(crate) flow: Option<Flow>,
}

/// Not clap's own reader, which quotes what was typed.
fn parse_state(text: &str) -> Result<StateKind, &'static str> {
    text.parse()
        .map_err(|_| "claimed, dispatched, pending, finished, ambiguous, not-sent or resend")
}

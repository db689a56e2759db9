//! The command line, as clap parses it: not yet checked.
//!
//! Must not hold a secret (secrets come from files and variables), nor derive `Debug`: flags carry
//! personal data.

use clap::{Parser, Subcommand};

use crate::args::SettingArgs;
use crate::commands::batch::args::BatchCommand;
use crate::commands::compare::args::CompareArgs;
use crate::commands::document::args::DocumentCommand;
use crate::commands::documentation::args::CompletionsArgs;
use crate::commands::documentation::args::ManArgs;
use crate::commands::explain::args::ExplainArgs;
use crate::commands::journal::args::JournalCommand;
use crate::commands::liveness::args::LivenessArgs;
use crate::commands::onboard::args::OnboardArgs;
use crate::commands::preflight::args::PreflightArgs;
use crate::commands::process::args::ProcessCommand;
use crate::commands::simulator::args::SimulatorCommand;
use crate::commands::token::args::DoctorArgs;
use crate::commands::token::args::TokenArgs;

/// Everything that was typed.
#[derive(Parser)]
#[command(
    name = "idcloud",
    version,
    about = "Try, integrate and operate Unico IDCloud from a terminal",
    after_help = "Without --env, commands talk to a simulator inside this program: no account, no network, and no verdict that counts.",
    disable_help_subcommand = true,
    propagate_version = true
)]
pub(crate) struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Verify that a selfie shows the holder of a taxpayer number
    Onboard(Box<OnboardArgs>),
    /// Tell whether a living person is in front of the camera
    Liveness(Box<LivenessArgs>),
    /// Compare a face with that of an earlier process or picture
    Compare(Box<CompareArgs>),
    /// Show a process, or wait for it
    #[command(subcommand)]
    Process(ProcessCommand),
    /// Capture documents, and use those again that IDCloud kept
    #[command(subcommand)]
    Document(DocumentCommand),
    /// Onboard many people from a file: resumable, and never twice
    #[command(subcommand)]
    Batch(BatchCommand),
    /// See what was submitted, and close what is ambiguous
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Tell whether IDCloud would take a selfie, without sending it
    Preflight(PreflightArgs),
    /// Explain an error code, an answer, a notification or a capture token
    Explain(ExplainArgs),
    /// Prove the service account by fetching an access token
    Token(TokenArgs),
    /// Find out why credentials, clock or network fail, and what to do
    Doctor(DoctorArgs),
    /// An IDCloud on this machine, for trying and testing
    #[command(subcommand)]
    Simulator(SimulatorCommand),
    /// Print what a shell needs to complete commands and flags
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    Man(ManArgs),
}

#[cfg(test)]
pub(crate) mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Whether a command line is taken.
    pub(crate) fn parses(arguments: &[&str]) -> bool {
        Cli::try_parse_from([&["idcloud"], arguments].concat()).is_ok()
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn configuration_flags_may_stand_after_the_command() {
        assert!(parses(&["simulator", "subjects", "--format", "json"]));
        assert!(parses(&["--format", "json", "simulator", "subjects"]));
        assert!(!parses(&["simulator", "subjects", "--rate", "0"]));
    }
}

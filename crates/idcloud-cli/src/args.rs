//! The command line as clap sees it: flags and commands, not yet judged.
//!
//! Never holds a secret (secrets come from files and variables) and never derives `Debug`: flags carry personal data.

mod asked;
mod batch;
mod compare;
mod create;
mod credentials;
mod document;
mod documentation;
mod explain;
mod journal;
mod liveness;
mod onboard;
mod person;
mod preflight;
mod process;
mod simulator;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::asked::AskedArgs;
pub(crate) use self::batch::{BatchCommand, BatchReportArgs, BatchRunArgs, BatchStatusArgs};
pub(crate) use self::compare::CompareArgs;
pub(crate) use self::create::{AnswerArgs, ContextArgs};
pub(crate) use self::credentials::{DoctorArgs, TokenArgs};
pub(crate) use self::document::{
    CaptureDocumentArgs, DocumentCommand, FindArgs, HolderArgs, ReuseArgs,
};
pub(crate) use self::documentation::{CompletionsArgs, ManArgs};
pub(crate) use self::explain::ExplainArgs;
pub(crate) use self::journal::{
    JournalCommand, JournalFileArgs, JournalListArgs, JournalNameOriginArgs, JournalSettleArgs,
    JournalShowArgs, MemoryArgs,
};
pub(crate) use self::liveness::LivenessArgs;
pub(crate) use self::onboard::OnboardArgs;
pub(crate) use self::person::{CodeArgs, PersonArgs};
pub(crate) use self::preflight::PreflightArgs;
pub(crate) use self::process::ProcessCommand;
pub(crate) use self::simulator::{
    CaptureArgs, CapturesArg, ConformanceArgs, CountingArg, NoticesArg, ServeArgs, SimulatorCommand,
};

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

/// The configuration flags. Each beats its variable, which beats the profile file.
#[derive(Args, Default)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct SettingArgs {
    #[arg(
        long,
        global = true,
        value_name = "ENV",
        help = "Where to send requests; local is the embedded simulator [variable: IDCLOUD_ENV] [default: local]"
    )]
    pub(crate) env: Option<EnvironmentArg>,
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help = "Base URL of the API, for --env custom [variable: IDCLOUD_API_URL]"
    )]
    pub(crate) api_url: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help = "Base URL of the token endpoint, for --env custom; also the assertion's aud [variable: IDCLOUD_IDENTITY_URL]"
    )]
    pub(crate) identity_url: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "PEM file with a further root certificate to trust [variable: IDCLOUD_CA_FILE]"
    )]
    pub(crate) ca_file: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help = "Name of the service account [variable: IDCLOUD_ACCOUNT]"
    )]
    pub(crate) account: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "ID",
        help = "Tenant of the service account [variable: IDCLOUD_TENANT_ID]"
    )]
    pub(crate) tenant_id: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "The service account's RSA key in PEM; only its owner may read the file [variable: IDCLOUD_PRIVATE_KEY_FILE]"
    )]
    pub(crate) private_key_file: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "File with the API key [variable: IDCLOUD_API_KEY, which holds the key itself]"
    )]
    pub(crate) api_key_file: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "LIST",
        help = "What the API key is provisioned with, separated by commas: liveness, identity, behavior-alert, risk-score, serpro, face-match, document, trust-decision [variable: IDCLOUD_CAPABILITIES]"
    )]
    pub(crate) capabilities: Option<String>,
    #[arg(long, global = true, value_name = "N", value_parser = parse_rate,
        help = "Requests a second, at most [variable: IDCLOUD_RATE] [default: 10]")]
    pub(crate) rate: Option<u16>,
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        help = "How the result is printed [variable: IDCLOUD_FORMAT] [default: text]"
    )]
    pub(crate) format: Option<Format>,
    #[arg(
        long,
        global = true,
        help = "Exit with 0 for approve only: 10 for review, 11 for recapture, 12 for reject"
    )]
    pub(crate) exit_verdict: bool,
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help = "Section of ~/.config/idcloud/config.toml to read [default: default]"
    )]
    pub(crate) profile: Option<String>,
}

/// A whole number from 1. Not clap's own reader, which quotes what was typed.
fn parse_rate(text: &str) -> Result<u16, &'static str> {
    text.parse()
        .ok()
        .filter(|rate| *rate > 0)
        .ok_or("a whole number from 1 to 65535, such as 10")
}

/// The environments that can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvironmentArg {
    /// The simulator inside this program.
    Local,
    /// Unico's test environment.
    Uat,
    /// Unico's production environment: creates are billed.
    Production,
    /// Any other address: a served simulator, a proxy.
    Custom,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person.
    #[default]
    Text,
    /// One JSON object.
    Json,
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
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Whether a command line is taken.
    pub(super) fn parses(arguments: &[&str]) -> bool {
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

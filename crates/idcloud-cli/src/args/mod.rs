//! Arguments that several commands share, as clap parses them: not yet checked.
//!
//! Must not hold a secret (secrets come from files and variables), nor derive `Debug`: flags carry
//! personal data.

pub(crate) mod duration;

pub(crate) mod asked;
pub(crate) mod create;
pub(crate) mod memory;
pub(crate) mod person;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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

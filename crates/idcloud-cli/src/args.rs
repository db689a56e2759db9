//! The command line as clap sees it: flags and commands, not yet judged.
//!
//! Never holds a secret (secrets come from files and variables) and never derives `Debug`: flags carry personal data.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use crate::duration::parse_duration;

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
    /// An IDCloud on this machine, for trying and testing
    #[command(subcommand)]
    Simulator(SimulatorCommand),
}

/// `idcloud onboard`.
#[derive(Args)]
#[command(
    group(ArgGroup::new("person").required(true).args(["cpf", "curp", "subject"])),
    after_help = "A selfie file holds an image (JPEG, PNG or WebP), the base64 of one, or a capture token of Unico's SDK.\n\
                  Liveness is checked only with a capture token and a key that has it (--capabilities liveness,identity)."
)]
pub(crate) struct OnboardArgs {
    /// The person's CPF, with or without punctuation
    #[arg(long)]
    pub(crate) cpf: Option<String>,
    /// The person's CURP
    #[arg(long)]
    pub(crate) curp: Option<String>,
    /// The person's full name
    #[arg(long, required_unless_present = "subject")]
    pub(crate) name: Option<String>,
    /// The person's e-mail address
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// The person's phone: country code, area code and number, digits alone
    #[arg(long)]
    pub(crate) phone: Option<String>,
    /// JSON file with the person, in place of the flags above; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cpf", "curp", "name", "email", "phone"])]
    pub(crate) subject: Option<PathBuf>,
    /// File with the selfie; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) selfie: PathBuf,
    /// What the verification is for, as agreed with Unico
    #[arg(long, value_name = "TEXT")]
    pub(crate) use_case: Option<String>,
    /// The branch that asks, where the account has several
    #[arg(long, value_name = "ID")]
    pub(crate) subsidiary_id: Option<String>,
    /// How long to wait for a final answer, such as 90s or 2m
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = parse_duration)]
    pub(crate) wait: Duration,
    /// Do not wait: print what the first answer says
    #[arg(long, conflicts_with = "wait")]
    pub(crate) no_wait: bool,
    /// Print personal data that the answer holds, which is otherwise "redacted"
    #[arg(long)]
    pub(crate) reveal: bool,
}

/// `idcloud simulator`.
#[derive(Subcommand)]
pub(crate) enum SimulatorCommand {
    /// Serve the simulator over HTTP until interrupted
    Serve(ServeArgs),
    /// List the test subjects and what each one answers
    Subjects,
    /// Play the capture SDK: print a capture token for an image
    Capture(CaptureArgs),
}

/// `idcloud simulator serve`.
#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Address or name, and port, to listen on; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    /// Directory to write a ready service account into: an .env file and the private key, readable by their owner only
    #[arg(long, value_name = "DIR")]
    pub(crate) credentials_dir: Option<PathBuf>,
    /// Seed of everything the simulator draws: the same seed gives the same answers
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}

/// `idcloud simulator capture`.
#[derive(Args)]
pub(crate) struct CaptureArgs {
    /// The image to wrap, or - for standard input
    #[arg(value_name = "IMAGE")]
    pub(crate) image: PathBuf,
    /// How long ago the picture was taken; a token lives ten minutes
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_duration)]
    pub(crate) age: Duration,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    fn parses(arguments: &[&str]) -> bool {
        Cli::try_parse_from([&["idcloud"], arguments].concat()).is_ok()
    }

    /// The person comes from flags or from a document, never half from each.
    #[test]
    fn a_subject_file_stands_in_place_of_the_personal_flags() {
        assert!(parses(&[
            "onboard", "--cpf", "1", "--name", "N", "--selfie", "f"
        ]));
        assert!(parses(&[
            "onboard", "--curp", "1", "--name", "N", "--selfie", "-"
        ]));
        assert!(parses(&["onboard", "--subject", "-", "--selfie", "f"]));
        assert!(!parses(&[
            "onboard",
            "--subject",
            "-",
            "--name",
            "N",
            "--selfie",
            "f"
        ]));
        assert!(!parses(&[
            "onboard", "--cpf", "1", "--curp", "1", "--name", "N", "--selfie", "f"
        ]));
        assert!(
            !parses(&["onboard", "--cpf", "1", "--selfie", "f"]),
            "a name is required"
        );
        assert!(
            !parses(&["onboard", "--name", "N", "--selfie", "f"]),
            "a code is required"
        );
        assert!(
            !parses(&["onboard", "--cpf", "1", "--name", "N"]),
            "a selfie is required"
        );
    }

    #[test]
    fn waiting_and_not_waiting_exclude_each_other() {
        let base = ["onboard", "--subject", "-", "--selfie", "f"];
        assert!(parses(&[&base[..], &["--wait", "5s"]].concat()));
        assert!(parses(&[&base[..], &["--no-wait"]].concat()));
        assert!(!parses(
            &[&base[..], &["--no-wait", "--wait", "5s"]].concat()
        ));
    }

    #[test]
    fn configuration_flags_may_stand_after_the_command() {
        assert!(parses(&["simulator", "subjects", "--format", "json"]));
        assert!(parses(&["--format", "json", "simulator", "subjects"]));
        assert!(!parses(&["simulator", "subjects", "--rate", "0"]));
    }
}

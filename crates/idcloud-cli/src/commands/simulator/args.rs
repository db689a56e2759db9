//! The arguments of `idcloud simulator`, as clap parses them.
//!
//! Must not name a credential: the simulator makes its own.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use http::Uri;
use idcloud_simulator::{Dialect, FaultRule, Latency};

use crate::args::duration::parse_duration;

/// `idcloud simulator`.
#[derive(Subcommand)]
pub(crate) enum SimulatorCommand {
    /// Serve the simulator over HTTP until interrupted
    Serve(Box<ServeArgs>),
    /// List the test subjects and what each one answers
    #[command(after_help = "Example:\n  idcloud simulator subjects --format json")]
    Subjects,
    /// Play the capture SDK: print a capture token for an image
    Capture(CaptureArgs),
    /// Check a server against the documents, rule by rule
    Conformance(ConformanceArgs),
}

/// `idcloud simulator serve`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  idcloud simulator serve --listen 127.0.0.1:8080 --credentials-dir ./credentials\n  idcloud simulator serve --latency observed --fault create:5%:reset-after-processing --fault get:next:503,429=2s\n\nThe page on the simulator lists the faults, the control endpoints below /_simulator/ and what they take."
)]
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
    /// Generation of the API that answers are written in: 2023, 2024, 2025 or 2026
    #[arg(long, value_name = "YEAR", default_value = "2025")]
    pub(crate) dialect: Dialect,
    /// How many tenants there are, each with an account, keys and a budget of its own; further ones are written into tenant-2, tenant-3 and so on
    #[arg(long, value_name = "N", default_value = "1", requires = "credentials_dir", value_parser = parse_tenants)]
    pub(crate) tenants: u8,
    /// Speak TLS, by an authority made for the purpose; ca.pem in the credentials' directory is what clients are to trust
    #[arg(long, requires = "credentials_dir")]
    pub(crate) tls: bool,
    /// How long answers take: none, observed (as the real API once did) or a time for all of them
    #[arg(long, value_name = "TIME", default_value = "none", value_parser = parse_latency)]
    pub(crate) latency: Latency,
    /// How the requests of a tenant are counted against its budget, which --rate sets
    #[arg(long, value_name = "WAY", default_value = "sliding")]
    pub(crate) counting: CountingArg,
    /// What goes wrong, as POINT:WHEN:FAULT, such as create:5%:reset-after-body; may be given several times
    #[arg(long = "fault", value_name = "SPEC")]
    pub(crate) faults: Vec<FaultRule>,
    /// When a capture token is marked as used
    #[arg(long, value_name = "MOMENT", default_value = "with-process")]
    pub(crate) captures: CapturesArg,
    /// Let time stand still but for POST /_simulator/clock
    #[arg(long)]
    pub(crate) virtual_time: bool,
    /// Where to tell that a process has ended; plain http
    #[arg(long, value_name = "URL")]
    pub(crate) webhook: Option<Uri>,
    /// File with the webhook's credentials: "basic USER:PASSWORD", "api-key HEADER:VALUE", "api-key VALUE" or "oauth2 TOKEN-URL CLIENT-ID CLIENT-SECRET"
    #[arg(long, value_name = "FILE", requires = "webhook")]
    pub(crate) webhook_auth_file: Option<PathBuf>,
    /// Which changes of a process the webhook is told
    #[arg(
        long,
        value_name = "WHICH",
        default_value = "finished",
        requires = "webhook"
    )]
    pub(crate) webhook_notices: NoticesArg,
    /// File with a token that opens the control endpoints to other machines; without it they are for this one
    #[arg(long, value_name = "FILE")]
    pub(crate) control_token_file: Option<PathBuf>,
}

/// The usual ways to count requests against a budget.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum CountingArg {
    /// No second, wherever it begins, holds more than the budget
    Sliding,
    /// The count starts anew with each second of the clock
    Fixed,
    /// A bucket of one second's budget that fills up evenly
    Bucket,
}

/// When a capture token is marked as used.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum CapturesArg {
    /// When it arrives, whatever comes of the request
    BeforeProcessing,
    /// Together with the process that it leads to
    WithProcess,
    /// When the answer has left
    AfterAnswer,
}

/// Which changes of a process are told.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum NoticesArg {
    /// The end alone
    Finished,
    /// Every change, status 2 too
    EveryChange,
}

/// Not clap's own reader, which quotes what was typed.
fn parse_tenants(text: &str) -> Result<u8, &'static str> {
    text.parse()
        .ok()
        .filter(|number| (1..=64).contains(number))
        .ok_or("a whole number from 1 to 64, such as 2")
}

fn parse_latency(text: &str) -> Result<Latency, String> {
    match text {
        "none" => Ok(Latency::None),
        "observed" => Ok(Latency::Observed),
        _ => parse_duration(text)
            .map(|span| Latency::Fixed {
                create: span,
                other: span,
            })
            .map_err(|forms| format!("none, observed, or {forms}")),
    }
}

/// `idcloud simulator capture`.
#[derive(Args)]
#[command(after_help = "Example:\n  idcloud simulator capture selfie.jpg > token.txt")]
pub(crate) struct CaptureArgs {
    /// The image to wrap, or - for standard input
    #[arg(value_name = "IMAGE")]
    pub(crate) image: PathBuf,
    /// How long ago the picture was taken; a token lives ten minutes
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_duration)]
    pub(crate) age: Duration,
}

/// `idcloud simulator conformance`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  idcloud simulator conformance\n  idcloud simulator conformance --only token/ --format json\n  idcloud simulator conformance --env custom --keys-file credentials/.env\n\nWithout an environment the simulator inside this program is checked. The keys that are there decide what can be checked; the rest is skipped.\nExits with 0 when nothing differs, 4 when something does or nothing could be checked, 6 when nothing answers."
)]
pub(crate) struct ConformanceArgs {
    /// Check a server that is not on this machine all the same: processes are created there, and billed
    #[arg(long)]
    pub(crate) creates_processes: bool,
    /// Also check what disturbs others who use the tenant: spend its budget, and lock the account
    #[arg(long)]
    pub(crate) noisy: bool,
    /// File with further API keys and their capabilities, such as the .env that serve writes
    #[arg(long, value_name = "FILE")]
    pub(crate) keys_file: Option<PathBuf>,
    /// Check only what has an id with this beginning
    #[arg(long, value_name = "PREFIX")]
    pub(crate) only: Option<String>,
}

//! `idcloud simulator` as clap sees it.
//!
//! Never names a credential: the simulator makes its own.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::duration::parse_duration;

/// `idcloud simulator`.
#[derive(Subcommand)]
pub(crate) enum SimulatorCommand {
    /// Serve the simulator over HTTP until interrupted
    Serve(ServeArgs),
    /// List the test subjects and what each one answers
    #[command(after_help = "Example:\n  idcloud simulator subjects --format json")]
    Subjects,
    /// Play the capture SDK: print a capture token for an image
    Capture(CaptureArgs),
}

/// `idcloud simulator serve`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  idcloud simulator serve --listen 127.0.0.1:8080 --credentials-dir ./credentials"
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

//! The arguments of `idcloud batch`, as clap parses them.
//!
//! Must not derive `Debug`: file names may hold people's names.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::args::duration::parse_duration;

/// As many bodies exist at once as the client allows.
const MAX_CONCURRENCY: u8 = 64;

/// `idcloud batch`.
#[derive(Subcommand)]
pub(crate) enum BatchCommand {
    /// Onboard every row of a file; running the same command again resumes
    Run(BatchRunArgs),
    /// Tell how far a batch has come, also while it runs
    Status(BatchStatusArgs),
    /// Write a page about a batch: outcomes, decisions, scores, latency, errors
    Report(BatchReportArgs),
}

/// `idcloud batch run`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  idcloud batch run customers.csv --journal batch.db --output results.csv\n\n\
                  INPUT is CSV with the header reference,cpf,name,email,phone,selfie (curp, useCase and subsidiaryId are optional) or, as \
                  .jsonl, one JSON object with these keys on each line. selfie names a file, relative to INPUT. \
                  reference is the row's own name: nothing is submitted twice under one."
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own, and clap reads it as such"
)]
pub(crate) struct BatchRunArgs {
    /// The rows: a .csv or .jsonl file
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,
    /// Where what was submitted is remembered; created where there is none
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: PathBuf,
    /// Where results are written, one row for each row of INPUT: a .csv or .jsonl file
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Rows in flight at once, at most
    #[arg(long, value_name = "N", default_value = "16", value_parser = parse_concurrency)]
    pub(crate) concurrency: usize,
    /// How long to wait for each pending process, such as 90s or 2m; 0s does not wait
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = parse_duration)]
    pub(crate) wait: Duration,
    /// Tell a row what is remembered under its reference although its selfie is gone, so that nothing can compare the two
    #[arg(long)]
    pub(crate) trust_references: bool,
    /// Send each row's reference along as subject.clientReference, so that Unico can name the row
    #[arg(long)]
    pub(crate) send_references: bool,
    /// Submit once more what failed inside IDCloud or was canceled: each is a new process, and billed
    #[arg(long)]
    pub(crate) begin_again: bool,
    /// Submit rows again that the results in --output tell of, and that the journal does not know
    #[arg(long)]
    pub(crate) new_journal: bool,
    /// Check every row and its selfie, estimate calls and hours, and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `idcloud batch status`.
#[derive(Args)]
#[command(after_help = "Example:\n  idcloud batch status --journal batch.db")]
pub(crate) struct BatchStatusArgs {
    /// The journal of the batch
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: PathBuf,
}

/// `idcloud batch report`.
#[derive(Args)]
#[command(after_help = "Example:\n  idcloud batch report --journal batch.db --output report.html")]
pub(crate) struct BatchReportArgs {
    /// The journal of the batch
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: PathBuf,
    /// The page to write
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// Not clap's own reader, which quotes what was typed.
fn parse_concurrency(text: &str) -> Result<usize, &'static str> {
    text.parse::<u8>()
        .ok()
        .filter(|number| (1..=MAX_CONCURRENCY).contains(number))
        .map(usize::from)
        .ok_or("a whole number from 1 to 64, such as 16")
}

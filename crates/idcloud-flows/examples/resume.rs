//! Resuming after a crash: the same reference is submitted again, and is not paid for twice. Only
//! the journal's file remains between two runs.
//!
//! `cargo run -p idcloud-flows --example resume`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod simulated;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::{Clock, SystemClock};
use idcloud_flows::{Report, Submission, SubmitErrorKind, SubmitOptions};
use idcloud_sqlite::SqliteJournal;
use simulated::Simulated;

/// One run of a program that works through its orders: it opens the journal, and at its end
/// everything is dropped, as when a process ends. A crash is a run that ends while a submission
/// runs.
async fn run(
    simulated: &Simulated,
    journal: &Path,
    crashes: bool,
) -> Result<Option<Report>, Box<dyn Error>> {
    let journal = Arc::new(SqliteJournal::open(journal)?);
    let idcloud = simulated.program().journal(journal).build()?;
    let identity = idcloud.risk_score(simulated.key.clone());
    let options = SubmitOptions::default().with_reference("order-1041".parse()?);
    let submission = match identity
        .submit(simulated.request("11122230370")?, &options)
        .await
    {
        Ok(submission) => submission,
        Err(error) => match error.kind() {
            // In flight: another program has it; ask again later, under the same reference.
            // Ambiguous: it may have been paid for, and a person has to find out and call the
            // journal's `settle`.
            SubmitErrorKind::InFlight | SubmitErrorKind::Ambiguous => return Ok(None),
            _ => return Err(error.into()),
        },
    };
    match submission {
        Submission::Pending(_) if crashes => {
            println!("created, and gone before the score came");
            Ok(None)
        }
        Submission::Pending(pending) => {
            println!("waiting for process {}", pending.process_id());
            let report = identity.wait(pending, Duration::from_secs(120)).await?;
            Ok(Some(report))
        }
        Submission::Finished(report) => {
            println!("remembered: {}", report.recorded());
            Ok(Some(report))
        }
    }
}

/// Three runs: one crashes, one resumes, one finds the result. Returns the reports of the last two.
pub(crate) async fn example(clock: Arc<dyn Clock>) -> Result<Vec<Report>, Box<dyn Error>> {
    let simulated = Simulated::new("identity,risk-score", clock)?;
    let folder = tempfile::tempdir()?;
    let journal = folder.path().join("journal.db");
    let mut reports = Vec::new();
    for crashes in [true, false, false] {
        reports.extend(run(&simulated, &journal, crashes).await?);
    }
    Ok(reports)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    for report in example(Arc::new(SystemClock::new())).await? {
        println!("{}", report.verdict().scenario());
    }
    Ok(())
}

//! A custom policy: the settings that the table leaves to the customer, and the customer's own rule
//! on top.
//!
//! `cargo run -p idcloud-flows --example custom_policy`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod simulated;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::{Clock, SystemClock};
use idcloud_flows::model::{Decision, Policy};
use idcloud_flows::{Report, Submission, SubmitOptions};
use simulated::Simulated;

/// The service's own routing. A rule of its own may be stricter than the table; one that approves
/// what the table does not would give the table up.
pub(crate) fn route(report: &Report, amount: u32) -> &'static str {
    let small = amount <= 1_000;
    match report.verdict().decision() {
        Decision::Approve if small || report.verdict().liveness_checked() => "pay out",
        Decision::Approve => "call back",
        Decision::Review => "have a person look",
        Decision::Recapture => "ask for a new selfie",
        Decision::Reject => "turn down",
    }
}

/// The same people under the default policy and under a stricter one: their rows, and the service's
/// routing.
pub(crate) async fn example(
    clock: Arc<dyn Clock>,
) -> Result<Vec<(&'static str, &'static str)>, Box<dyn Error>> {
    let simulated = Simulated::new("identity,risk-score", clock)?;
    // Scores below 80 go to a person.
    let strict = Policy::default().with_approve_from(80);
    let idcloud = simulated.program().build()?;
    let mut routed = Vec::new();
    // A score of 75, and one of 90.
    for cpf in ["11122230966", "11122230370"] {
        for policy in [Policy::default(), strict] {
            let identity = idcloud
                .risk_score(simulated.key.clone())
                .with_policy(policy);
            let request = simulated.request(cpf)?;
            let report = match identity.submit(request, &SubmitOptions::default()).await? {
                Submission::Finished(report) => report,
                Submission::Pending(pending) => {
                    identity.wait(pending, Duration::from_secs(120)).await?
                }
            };
            routed.push((report.verdict().scenario().id(), route(&report, 500)));
        }
    }
    Ok(routed)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    for (row, done) in example(Arc::new(SystemClock::new())).await? {
        println!("{row}: {done}");
    }
    Ok(())
}

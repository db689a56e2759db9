//! Onboarding in thirty lines: from a person and a picture to what to do next.
//!
//! `cargo run -p idcloud-flows --example onboarding`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod simulated;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::{ApiKey, Clock, SystemClock};
use idcloud_flows::model::request::IdentityRequest;
use idcloud_flows::model::{Decision, Language};
use idcloud_flows::{IdCloud, Submission, SubmitOptions};
use simulated::Simulated;

/// What a service writes; the rest of this file only makes it run without an account.
pub(crate) async fn onboard(
    idcloud: &IdCloud,
    key: ApiKey,
    request: IdentityRequest,
) -> Result<&'static str, Box<dyn Error>> {
    let identity = idcloud.risk_score(key);
    let report = match identity.submit(request, &SubmitOptions::default()).await? {
        Submission::Finished(report) => report,
        // The score comes later. `pending` can be stored; a failed wait hands it back.
        Submission::Pending(pending) => identity.wait(pending, Duration::from_secs(120)).await?,
    };
    println!("{}", report.explanation(Language::English));
    for mismatch in report.mismatches() {
        println!("{}", mismatch.remedy(Language::English));
    }
    if let Some(failure) = report.failure() {
        println!("{}", failure.remedy(Language::English));
        return Ok("take the contingency path");
    }
    Ok(match report.verdict().decision() {
        Decision::Approve => "open the account",
        Decision::Review => "have a person look",
        Decision::Recapture => "ask for a new selfie",
        Decision::Reject => "turn down",
    })
}

/// The people onboarded here, and the result for each.
pub(crate) const PEOPLE: [(&str, &str); 4] = [
    ("52998224725", "open the account"),
    ("11122230370", "open the account"),
    ("11122230290", "turn down"),
    ("11122231261", "take the contingency path"),
];

pub(crate) async fn example(clock: Arc<dyn Clock>) -> Result<Vec<&'static str>, Box<dyn Error>> {
    let simulated = Simulated::new("identity,risk-score", clock)?;
    let idcloud = simulated.program().build()?;
    let mut followed = Vec::new();
    for (cpf, _) in PEOPLE {
        let request = simulated.request(cpf)?;
        followed.push(onboard(&idcloud, simulated.key.clone(), request).await?);
    }
    Ok(followed)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let followed = example(Arc::new(SystemClock::new())).await?;
    println!("{followed:?}");
    Ok(())
}

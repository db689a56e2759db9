//! The examples run, and end as they claim.

#![expect(
    dead_code,
    clippy::duplicate_mod,
    reason = "an example's own `main` is not called here, and each brings what all of them run against"
)]

#[path = "../examples/custom_policy.rs"]
mod custom_policy;
#[path = "../examples/onboarding.rs"]
mod onboarding;
#[path = "../examples/own_transport.rs"]
mod own_transport;
#[path = "../examples/resume.rs"]
mod resume;

use std::sync::Arc;

use idcloud_flows::http::SystemClock;
use idcloud_flows::http::testing::VirtualClock;

#[tokio::test(start_paused = true)]
async fn onboarding_ends_in_what_to_do() {
    let followed = onboarding::example(Arc::new(VirtualClock::new()))
        .await
        .unwrap();
    assert_eq!(followed, onboarding::PEOPLE.map(|(_, follows)| follows));
}

/// In real time, because a thread that ignores virtual time writes the journal's file.
#[tokio::test]
async fn a_program_that_crashed_resumes() {
    let reports = resume::example(Arc::new(SystemClock::new())).await.unwrap();
    let told: Vec<_> = reports
        .iter()
        .map(|report| (report.recorded(), report.verdict().scenario().id()))
        .collect();
    assert_eq!(told, [(false, "score-high"), (true, "score-high")]);
    let ids: Vec<_> = reports.iter().map(|report| report.process().id()).collect();
    assert_eq!(ids.first(), ids.last(), "one process for one reference");
}

#[tokio::test(start_paused = true)]
async fn an_own_transport_sees_what_leaves() {
    let counts = own_transport::example(Arc::new(VirtualClock::new()))
        .await
        .unwrap();
    let told: Vec<_> = counts
        .iter()
        .map(|(operation, (count, _))| (operation.as_str(), *count))
        .collect();
    assert_eq!(told, [("create_process", 2), ("token", 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_moves_people_between_rows() {
    let routed = custom_policy::example(Arc::new(VirtualClock::new()))
        .await
        .unwrap();
    assert_eq!(
        routed,
        [
            ("score-high", "pay out"),
            ("score-low", "have a person look"),
            ("score-high", "pay out"),
            ("score-high", "pay out"),
        ]
    );
}

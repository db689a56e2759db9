//! Faults in process: what the client says about delivery is true, and nobody is billed twice.

use std::time::Duration;

use idcloud_http::{CallOptions, Delivery};
use idcloud_model::Status;
use idcloud_simulator::{CaptureMarking, Config, Effect, FaultPoint, FaultRule, Latency, capture};
use serde_json::json;

use super::bench::{Bench, YES, at, code, image, onboarding, plain};
use super::client::{Caller, onboarding as request};

pub(crate) fn rule(text: &str) -> FaultRule {
    text.parse().unwrap()
}

/// Every fault that a create can meet: its specification, what the client says of a create that meets nothing else, and how many
/// processes there are in truth. `None` is a create that succeeds in the end.
pub(crate) const CREATES: &[(&str, Option<Delivery>, u64)] = &[
    ("create:next:latency=2s", None, 1),
    ("create:next:refuse", None, 1),
    ("connection:next:refuse,refuse", None, 1),
    ("create:always:refuse", Some(Delivery::NotSent), 0),
    ("create:next:reset-before-body", Some(Delivery::Unknown), 0),
    ("create:next:reset-after-body", Some(Delivery::Unknown), 0),
    (
        "create:next:reset-after-processing",
        Some(Delivery::Unknown),
        1,
    ),
    ("create:next:reset-in-answer=7", Some(Delivery::Unknown), 1),
    ("create:next:hang", Some(Delivery::Unknown), 0),
    (
        "create:next:hang-after-processing",
        Some(Delivery::Unknown),
        1,
    ),
    ("create:next:truncated-json", Some(Delivery::Unknown), 1),
    ("create:next:malformed-json", Some(Delivery::Unknown), 1),
    ("create:next:without-id", Some(Delivery::Unknown), 1),
    ("create:next:408", Some(Delivery::Unknown), 0),
    ("create:next:425=1s,429=2s,429", None, 1),
    ("create:always:429=1s", Some(Delivery::Answered), 0),
    ("create:next:500", Some(Delivery::Unknown), 0),
    (
        "create:next:502-after-processing",
        Some(Delivery::Unknown),
        1,
    ),
    ("create:next:503=1s", Some(Delivery::Unknown), 0),
    ("create:next:clock-skew=-30s", None, 1),
    ("create:next:revoke-token", None, 1),
    (
        "token:next:reset-after-processing,500,truncated-json",
        None,
        1,
    ),
    ("token:always:clock-skew=2h", None, 1),
];

/// What a client says of a create is what the ledger knows: not sent is never billed, and nothing is ever billed twice.
#[tokio::test(start_paused = true)]
async fn what_the_client_says_is_true() {
    for &(fault, said, billed) in CREATES {
        let caller = Caller::new(Config::default().with_fault(rule(fault)), "identity");
        let result = caller.create(&request(YES, image())).await;
        let simulator = caller.simulator.lock();
        let ledger = simulator.ledger();
        let delivery = result.as_ref().err().map(idcloud_http::Error::delivery);
        assert_eq!(delivery, said, "{fault}: {result:?}");
        assert_eq!(ledger.billed(), billed, "{fault}");
        assert!(ledger.doubles().is_empty(), "{fault}");
        let answered = ledger.entries().filter(|entry| entry.answered).count();
        assert_eq!(answered, usize::from(result.is_ok()), "{fault}");
    }
}

/// A lookup is repeated through whatever goes wrong, and finds the process in the end.
#[tokio::test(start_paused = true)]
async fn lookups_get_through() {
    for faults in [
        "get:next:reset-before-body,reset-in-answer=3,truncated-json",
        "get:next:500,503=2s,429=1s,408",
        "get:next:malformed-json,refuse,without-id,latency=3s",
        "get:next:hang",
        "get:next:revoke-token",
    ] {
        let caller = Caller::new(Config::default().with_fault(rule(faults)), "identity");
        let created = caller.create(&request(YES, image())).await.unwrap();
        let options = CallOptions::default().with_deadline(Duration::from_secs(300));
        let found = caller.client.process(&caller.key, created.id(), &options);
        let found = found
            .await
            .unwrap_or_else(|error| panic!("{faults}: {error}"));
        assert_eq!(found.value().status(), &Status::Completed, "{faults}");
    }
}

/// Latency as observed: a create takes 1.6 to 1.8 seconds, a lookup a quarter of one.
#[tokio::test(start_paused = true)]
async fn latency_as_observed() {
    let caller = Caller::new(
        Config::default().with_latency(Latency::Observed),
        "identity",
    );
    let _ = caller
        .client
        .access_token(&CallOptions::default())
        .await
        .unwrap();
    let took = |begun: tokio::time::Instant| {
        idcloud_http::Clock::instant(&*caller.clock)
            .duration_since(begun)
            .as_millis()
    };
    let begun = idcloud_http::Clock::instant(&*caller.clock);
    let created = caller.create(&request(YES, image())).await.unwrap();
    assert!((1_600..=1_802).contains(&took(begun)), "{}", took(begun));
    let begun = idcloud_http::Clock::instant(&*caller.clock);
    let options = CallOptions::default();
    let _ = caller
        .client
        .process(&caller.key, created.id(), &options)
        .await
        .unwrap();
    assert!((238..=286).contains(&took(begun)), "{}", took(begun));
}

/// When a capture is marked decides what 10508 proves after an answer that never came.
#[test]
fn what_a_used_capture_proves() {
    for (marking, fault, second, billed) in [
        (CaptureMarking::BeforeProcessing, "500", "10508", 0),
        (CaptureMarking::WithProcess, "500", "", 1),
        (
            CaptureMarking::WithProcess,
            "hang-after-processing",
            "10508",
            1,
        ),
        (CaptureMarking::AfterAnswer, "hang-after-processing", "", 2),
    ] {
        let config = Config::default()
            .with_captures_marked(marking)
            .with_fault(rule(&format!("create:next:{fault}")));
        let mut bench = Bench::with(config, "identity");
        let body = onboarding(YES, &capture(&image(), at(0.0)));
        bench.create(&body, at(1.0));
        let answer = bench.create(&body, at(2.0));
        assert_eq!(code(&answer).1, second, "{marking:?} {fault}");
        assert_eq!(
            bench.simulator.ledger().billed(),
            billed,
            "{marking:?} {fault}"
        );
    }
}

/// The ledger tells the same person and selfie from another, and knows the caller's own reference.
#[test]
fn the_ledger_answers_who_was_billed_twice() {
    let mut bench = Bench::new("identity");
    let with_reference = |reference: &str| {
        let mut body = onboarding(YES, &plain());
        body["subject"]["clientReference"] = json!(reference);
        body
    };
    bench.create(&with_reference("row-1"), at(0.0));
    bench.create(&onboarding("11122230290", &plain()), at(0.1));
    assert!(bench.simulator.ledger().doubles().is_empty());
    bench.create(&with_reference("row-1"), at(0.2));
    let ledger = bench.simulator.ledger();
    assert_eq!(ledger.doubles().len(), 1);
    assert_eq!(ledger.of_reference("row-1").count(), 2);
    assert_eq!(ledger.of_reference("row-2").count(), 0);
    // What failed may be tried again.
    bench.create(&onboarding("11122231261", &plain()), at(0.3));
    bench.create(&onboarding("11122231261", &plain()), at(0.4));
    assert_eq!(bench.simulator.ledger().doubles().len(), 1);
    let shown = format!("{:?}", bench.simulator.ledger());
    assert!(!shown.contains(YES) && !shown.contains("iVBOR"), "{shown}");
}

/// Faults can be arranged, seen and ended at run time; a fault on a connection is not one of an operation.
#[test]
fn faults_at_run_time() {
    let mut bench = Bench::new("identity");
    bench.simulator.add_fault(rule("create:always:503=9s"));
    bench.simulator.add_fault(rule("connection:next:refuse/2s"));
    let written: Vec<_> = bench
        .simulator
        .faults()
        .map(|rule| rule.to_string())
        .collect();
    assert_eq!(
        written,
        ["connection:next:refuse/2s", "create:always:503=9s"]
    );
    assert_eq!(bench.create(&onboarding(YES, &plain()), at(0.0)).0, 503);
    let lasts = Duration::from_secs(2);
    assert_eq!(bench.simulator.connect(at(0.0)), Effect::Refuse { lasts });
    assert!(matches!(
        bench.simulator.connect(at(1.0)),
        Effect::Refuse { .. }
    ));
    assert_eq!(bench.simulator.connect(at(2.0)), Effect::Answer);
    bench.simulator.clear_faults();
    assert_eq!(bench.create(&onboarding(YES, &plain()), at(3.0)).0, 200);
    assert!(
        FaultPoint::ALL
            .iter()
            .all(|point| point.as_str().parse() == Ok(*point))
    );
}

//! Faults in process: the delivery state that the client reports is true, and no create is billed
//! twice.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use idcloud_http::testing::VirtualClock;
use idcloud_http::{CallContext, CallOptions, Clock as _, Delivery, Operation, Transport as _};
use idcloud_model::Status;
use idcloud_simulator::{
    CaptureMarking, Config, Effect, FaultPoint, FaultRule, Latency, SharedSimulator, Simulator,
    SimulatorTransport, Webhook, capture,
};
use serde_json::{Value, json};

use super::bench::{Bench, YES, at, code, image, onboarding, plain};
use super::client::{Caller, onboarding as request};

pub(crate) fn rule(text: &str) -> FaultRule {
    text.parse().unwrap()
}

/// Every fault of a create: its specification, the client's delivery state for a create with only
/// this fault, and the real number of processes. `None` is a create that succeeds in the end.
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

/// The client's report about a create agrees with the ledger: "not sent" is never billed, and no
/// create is billed twice.
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

/// A lookup is retried through every fault, and finds the process in the end.
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

/// Latency as observed: a create takes 1.6 to 1.8 seconds, a lookup a quarter of a second.
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
    let took =
        |begun: tokio::time::Instant| caller.clock.instant().duration_since(begun).as_millis();
    let begun = caller.clock.instant();
    let created = caller.create(&request(YES, image())).await.unwrap();
    assert!((1_600..=1_802).contains(&took(begun)), "{}", took(begun));
    let begun = caller.clock.instant();
    let options = CallOptions::default();
    let _ = caller
        .client
        .process(&caller.key, created.id(), &options)
        .await
        .unwrap();
    assert!((238..=286).contains(&took(begun)), "{}", took(begun));
}

/// As published of the real API: 80 to 90 % of the processes end with the create's answer, and the
/// others later.
#[test]
fn ends_as_observed() {
    let config = Config::default()
        .with_rate_limit(None)
        .with_latency(Latency::Observed);
    let mut bench = Bench::with(config, "identity");
    let body = onboarding(YES, &plain());
    let created: Vec<_> = (0..400)
        .map(|second| bench.create(&body, at(f64::from(second))).1)
        .collect();
    let at_once = created.iter().filter(|answer| answer["status"] == 3);
    let share = at_once.count();
    assert!((320..=360).contains(&share), "{share} of 400");
    for late in created.iter().filter(|answer| answer["status"] == 1) {
        let (_, read) = bench.look_up(&late["id"], at(500.0));
        assert_eq!(read["unicoId"]["result"], "yes");
        assert_eq!(read["status"], 3);
    }
}

/// The time at which a capture is marked decides what 10508 proves after a lost answer.
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

/// The ledger separates creates by person and selfie, and has the caller's own reference.
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
    // A failed process may be created again.
    bench.create(&onboarding("11122231261", &plain()), at(0.3));
    bench.create(&onboarding("11122231261", &plain()), at(0.4));
    assert_eq!(bench.simulator.ledger().doubles().len(), 1);
    let shown = format!("{:?}", bench.simulator.ledger());
    assert!(!shown.contains(YES) && !shown.contains("iVBOR"), "{shown}");
}

/// Faults can be added, listed and ended at run time; a fault of a connection is not one of an
/// operation.
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

/// A simulator with every kind of fault.
fn storm(seed: u64) -> Config {
    let config = Config::new(seed)
        .with_latency(Latency::Observed)
        .with_rate_limit(None)
        .with_access_token_life(Duration::from_secs(7 * 86_400));
    [
        "create:0.01:reset-before-body",
        "create:0.01:reset-after-body",
        "create:0.02:reset-after-processing",
        "create:2%:reset-in-answer=11",
        "create:0.01:hang",
        "create:0.01:hang-after-processing",
        "create:0.01:truncated-json",
        "create:0.01:malformed-json",
        "create:0.01:without-id",
        "create:0.01:502-after-processing",
        "all:0.005:500/2s",
        "all:0.02:429=1s",
        "get:0.02:408",
        "get:0.02:latency=3s",
        "details:0.02:425",
        "create:0.01:clock-skew=-5m",
        "connection:0.01:refuse",
        "webhook:0.1:lose",
        "webhook:0.1:duplicate",
        "webhook:0.1:reorder",
        "webhook:0.1:forge",
    ]
    .into_iter()
    .fold(config, |config, text| config.with_fault(rule(text)))
}

/// The request of one of many operations: creates about all subjects in turn, and lookups of both
/// versions of `id`.
fn request_of(bench: &Bench, operation: u32, id: &str) -> Request<Bytes> {
    let people = idcloud_simulator::subjects();
    let person = &people[usize::try_from(operation).unwrap() % people.len()];
    let request = match operation % 4 {
        0 => bench
            .request(Method::POST, "/processes/v1")
            .header("content-type", "application/json")
            .body(onboarding(person.code, &plain()).to_string().into()),
        1 => bench
            .request(Method::GET, &format!("/processes/v2/{id}"))
            .body(Bytes::new()),
        _ => bench
            .request(Method::GET, &format!("/processes/v1/{id}"))
            .body(Bytes::new()),
    };
    request.unwrap()
}

const NOBODY: &str = "5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43";

/// The results of 10,000 requests through the transport, as a client in the same process gets them,
/// and the webhooks that were sent.
async fn told_in_process(seed: u64) -> String {
    use std::fmt::Write as _;

    let mut bench = Bench::with(storm(seed), "identity,risk-score");
    let mut simulator = std::mem::replace(&mut bench.simulator, Simulator::new(Config::default()));
    let clock = Arc::new(VirtualClock::starting_at(at(0.0)));
    let tenant = simulator.tenant_id().to_owned();
    let webhook = Webhook::new(http::Uri::from_static("http://receiver.test/"));
    simulator.set_webhook(&tenant, Some(webhook));
    let simulator = SharedSimulator::new(simulator);
    let transport = SimulatorTransport::new(simulator.clone(), clock.clone());
    let context = CallContext::new(Operation::Process, 1, Duration::from_secs(5));
    let mut written = String::new();
    let mut id = NOBODY.to_owned();
    for operation in 0..10_000 {
        let request = request_of(&bench, operation, &id);
        let result = transport.send(request, context.clone()).await;
        if let Some(created) = result.as_ref().ok().filter(|_| operation % 4 == 0)
            && let Ok(body) = serde_json::from_slice::<Value>(created.body())
            && let Some(process) = body["id"].as_str()
        {
            process.clone_into(&mut id);
        }
        writeln!(written, "{:?} {result:?}", clock.now()).unwrap();
        simulator.deliver_webhooks(clock.now(), |request| {
            writeln!(written, "{:?}", request.body()).unwrap();
            let mut answer = Response::new(Bytes::new());
            if operation % 3 == 0 {
                *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            }
            Some(answer)
        });
    }
    let simulator = simulator.lock();
    writeln!(written, "{:?}", simulator.webhook_tally()).unwrap();
    writeln!(written, "{:?}", simulator.ledger()).unwrap();
    written
}

/// The same seed gives the same transcript, byte for byte, over 10,000 operations with faults of
/// every kind, as a client in the same process sees them; another seed gives another one.
#[tokio::test(start_paused = true)]
async fn the_transport_repeats_itself_byte_for_byte() {
    let first = told_in_process(7).await;
    assert!(
        first == told_in_process(7).await,
        "the same seed told something else"
    );
    assert!(
        first != told_in_process(8).await,
        "another seed told the same"
    );
    for part in [
        "Connect",
        "Interrupted",
        "TruncatedAnswer",
        "Timeout",
        "99999",
        "PROCESS_STATE_FINISHED",
        "<!doctype",
        "answered: false",
    ] {
        assert!(first.contains(part), "{part}");
    }
}

//! A process over time.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use idcloud_simulator::Config;
use serde_json::{Value, json};

use super::bench::{Bench, YES, at, code, onboarding, plain, read};

const SCORE_90: &str = "11122230370";
const DROP: &str = "11122230885";
const DIVERGENCE: &str = "11122230966";
const FAILURE: &str = "11122231261";
const LATE_FAILURE: &str = "11122231342";
const CANCELED: &str = "11122231423";

fn begun(capabilities: &str, subject: &str) -> (Bench, Value) {
    let mut bench = Bench::new(capabilities);
    let (status, body) = bench.create(&onboarding(subject, &plain()), at(0.0));
    assert_eq!(status, 200);
    (bench, body)
}

/// A final answer is the same in a lookup.
#[test]
fn a_final_answer_stays() {
    let (mut bench, created) = begun("identity", YES);
    assert_eq!(
        bench.look_up(&created["id"], at(5.0)),
        (http::StatusCode::OK, created)
    );
}

/// The risk score comes later: status 1 without it, then status 3 with it. The first usual poll,
/// after 3 s, finds it.
#[test]
fn a_score_comes_later() {
    let (mut bench, created) = begun("identity,behavior-alert,risk-score,serpro", SCORE_90);
    let id = created["id"].clone();
    let mut expected = json!({
        "id": id, "status": 1, "unicoId": {"result": "inconclusive"}, "identityFraudsters": {"result": "inconclusive"},
        "government": {"serpro": 50}, "liveness": 1,
    });
    assert_eq!(created, expected);
    assert_eq!(bench.look_up(&id, at(2.4)).1, expected);
    expected["status"] = json!(3);
    expected["score"] = json!(90);
    assert_eq!(bench.look_up(&id, at(2.5)).1, expected);
}

/// Without the capability there is no score, and no wait for it.
#[test]
fn no_score_without_the_capability() {
    let (_, created) = begun("identity", SCORE_90);
    assert_eq!(
        (&created["status"], created.get("score")),
        (&json!(3), None)
    );
}

#[test]
fn a_drop_ends_without_a_score() {
    let (mut bench, created) = begun("identity,risk-score", DROP);
    assert_eq!(created["status"], 1);
    let (_, body) = bench.look_up(&created["id"], at(3.0));
    assert_eq!((&body["status"], body.get("score")), (&json!(3), None));
}

#[test]
fn a_divergence_is_status_2_for_a_while() {
    let (mut bench, created) = begun("identity,risk-score", DIVERGENCE);
    let mut seen = vec![created["status"].clone()];
    for seconds in [3.0, 6.0] {
        let (status, body) = bench.look_up(&created["id"], at(seconds));
        assert_eq!(status, 200);
        seen.push(body["status"].clone());
    }
    assert_eq!(seen, [1, 2, 3]);
}

/// A failed process is created with 200 and looked up with 410; both have only id and status.
#[test]
fn a_failure_is_200_then_410() {
    let (mut bench, created) = begun("identity", FAILURE);
    assert_eq!(created, json!({"id": created["id"], "status": 5}));
    assert_eq!(
        bench.look_up(&created["id"], at(1.0)),
        (http::StatusCode::GONE, created)
    );
}

#[test]
fn a_failure_can_come_later() {
    let (mut bench, created) = begun("identity", LATE_FAILURE);
    assert_eq!(created["status"], 1);
    let (status, body) = bench.look_up(&created["id"], at(3.0));
    assert_eq!(
        (status.as_u16(), body),
        (410, json!({"id": created["id"], "status": 5}))
    );
}

#[test]
fn a_process_can_be_canceled() {
    let (mut bench, created) = begun("identity", CANCELED);
    let (status, body) = bench.look_up(&created["id"], at(3.0));
    assert_eq!(
        (status.as_u16(), body),
        (200, json!({"id": created["id"], "status": 4}))
    );
}

/// The events after a create are returned with it.
#[test]
fn events_are_announced() {
    let mut bench = Bench::new("identity,risk-score");
    let request = bench
        .request(Method::POST, "/processes/v1")
        .header("content-type", "application/json")
        .body(onboarding(DIVERGENCE, &plain()).to_string().into())
        .unwrap();
    let reaction = bench.simulator.handle(request, at(0.0));
    let id = read(&reaction).1["id"].as_str().unwrap().to_owned();
    let events: Vec<_> = reaction
        .events
        .iter()
        .map(|event| (event.due, event.process_id.as_str(), event.status))
        .collect();
    assert_eq!(
        events,
        [(at(2.5), id.as_str(), 2), (at(5.0), id.as_str(), 3)]
    );
}

/// An invalid id and an unknown one have different errors; the case of the letters does not matter.
#[test]
fn ids() {
    let (mut bench, created) = begun("identity", YES);
    let id = created["id"].as_str().unwrap();
    assert_eq!(
        bench
            .get(&format!("/processes/v1/{}", id.to_uppercase()), at(1.0))
            .0,
        200
    );
    for path in ["/processes/v1/", "/processes/v1/abc", "/processes/v2/abc"] {
        assert_eq!(code(&bench.get(path, at(1.0))), (400, "20023"), "{path}");
    }
    let unknown = "/processes/v1/5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43";
    assert_eq!(code(&bench.get(unknown, at(1.0))), (404, "50001"));
}

/// Another tenant's process counts as unknown.
#[test]
fn processes_belong_to_a_tenant() {
    let (mut bench, created) = begun("identity", YES);
    let other = super::bench::account("7e1f3f2c-55f0-4a5c-8f0e-000000000001");
    bench.simulator.register_account(&other);
    bench.token = super::bench::log_in(&mut bench.simulator, &other, at(0.0));
    bench.key = bench.simulator.issue_api_key_in(
        other.tenant_id(),
        "identity".parse::<idcloud_model::Capabilities>().unwrap(),
    );
    assert_eq!(
        code(&bench.look_up(&created["id"], at(1.0))),
        (404, "50001")
    );
}

/// The second version adds the person, once the process is complete.
#[test]
fn the_second_version_tells_more() {
    let (mut bench, created) = begun("identity,risk-score", SCORE_90);
    let path = format!("/processes/v2/{}", created["id"].as_str().unwrap());
    assert_eq!(
        bench.get(&path, at(1.0)).1.get("processAdditionalInfo"),
        None
    );
    let (_, body) = bench.get(&path, at(3.0));
    let more = &body["processAdditionalInfo"];
    assert_eq!(more["personName"], "Test Subject");
    assert_eq!(more["personDocument"], SCORE_90);
    assert_eq!(more["finishedAt"], "2026-01-01T00:00:02.500000");
    assert_ne!(more["transactionId"], body["id"]);
    assert!(
        more["personImage"]
            .as_str()
            .unwrap()
            .starts_with("https://")
    );
}

/// Lookups need token and key as creates do.
#[test]
fn lookups_are_authorized() {
    let (mut bench, created) = begun("identity", YES);
    let path = format!("/processes/v1/{}", created["id"].as_str().unwrap());
    let request = Request::get(&path).body(Bytes::new()).unwrap();
    assert_eq!(
        code(&read(&bench.simulator.handle(request, at(1.0)))),
        (400, "20001")
    );
    bench.key = "wrong".into();
    assert_eq!(code(&bench.get(&path, at(1.0))), (403, "10201"));
}

#[test]
fn other_paths_and_methods() {
    let mut bench = Bench::new("identity");
    for (method, path, expected) in [
        (Method::GET, "/", 404),
        (Method::GET, "/processes/v1", 405),
        (
            Method::DELETE,
            "/processes/v1/5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43",
            405,
        ),
    ] {
        let request = bench.request(method, path).body(Bytes::new()).unwrap();
        assert_eq!(
            read(&bench.simulator.handle(request, at(0.0))).0,
            expected,
            "{path}"
        );
    }
}

/// With a latency beyond all time the score never comes; nothing overflows.
#[test]
fn a_latency_without_end() {
    let config = Config::default()
        .with_score_latency(Duration::MAX)
        .with_access_token_life(Duration::MAX);
    let mut bench = Bench::with(config, "identity,risk-score");
    let (_, created) = bench.create(&onboarding(DIVERGENCE, &plain()), at(0.0));
    assert_eq!(bench.look_up(&created["id"], at(9e9)).1["status"], 1);
}

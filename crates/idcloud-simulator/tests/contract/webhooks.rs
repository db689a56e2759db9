//! Webhooks in virtual time: which notices are sent, how often, and with which credentials.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use idcloud_simulator::{Config, Notices, SharedSimulator, Webhook, WebhookAuth, WebhookTally};
use serde_json::Value;

use super::bench::{Bench, YES, at, onboarding, plain};
use super::faults::rule;

/// A score of 90 after 2.5 seconds.
const SCORED: &str = "11122230370";
/// Status 2 after 2.5 seconds, a score after 5.
const DIVERGING: &str = "11122230966";

fn hook() -> Webhook {
    Webhook::new(Uri::from_static("http://receiver.test/notices"))
}

/// A tenant with a webhook, and processes about `codes` created at time 0.
fn told(config: Config, webhook: Webhook, codes: &[&str]) -> (SharedSimulator, Vec<String>) {
    let mut bench = Bench::with(config.with_rate_limit(None), "identity,risk-score");
    let tenant = bench.simulator.tenant_id().to_owned();
    bench.simulator.set_webhook(&tenant, Some(webhook));
    let ids = codes
        .iter()
        .map(|code| bench.create(&onboarding(code, &plain()), at(0.0)).1)
        .map(|answer| answer["id"].as_str().unwrap().to_owned())
        .collect();
    (SharedSimulator::new(bench.simulator), ids)
}

fn body(request: &Request<Bytes>) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

fn status(status: u16) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status.try_into().unwrap();
    response
}

fn tally(simulator: &SharedSimulator) -> WebhookTally {
    simulator.lock().webhook_tally()
}

/// All notices if every one is accepted: (seconds, process, state).
fn notices(simulator: &SharedSimulator, ids: &[String]) -> Vec<(f64, String, String)> {
    let mut seen = Vec::new();
    for tenth in 0..600 {
        let now = f64::from(tenth) / 10.0;
        simulator.deliver_webhooks(at(now), |request| {
            let body = body(&request);
            let id = body["processId"].as_str().unwrap();
            let who = ids.iter().position(|known| known == id);
            let who = who.map_or("stranger".to_owned(), |position| position.to_string());
            seen.push((now, who, body["state"].as_str().unwrap().to_owned()));
            Some(status(200))
        });
    }
    seen
}

/// The end of a process is notified once, in the published form; a process that was final at once
/// is not notified.
#[test]
fn the_end_is_told() {
    let (simulator, ids) = told(Config::default(), hook(), &[SCORED, YES, DIVERGING]);
    let finished = "PROCESS_STATE_FINISHED".to_owned();
    assert_eq!(
        notices(&simulator, &ids),
        [
            (2.5, "0".into(), finished.clone()),
            (5.0, "2".into(), finished)
        ]
    );
    assert_eq!(
        (tally(&simulator).delivered, tally(&simulator).waiting),
        (2, 0)
    );
}

/// In the older mode every change is notified, status 2 too.
#[test]
fn every_change_is_told() {
    let webhook = hook().with_notices(Notices::EveryChange);
    let (simulator, ids) = told(Config::default(), webhook, &[DIVERGING]);
    assert_eq!(
        notices(&simulator, &ids),
        [
            (2.5, "0".into(), "processing".into()),
            (5.0, "0".into(), "finished".into())
        ]
    );
}

/// A refused notice is sent again after 1, 2, 4, … seconds up to the longest wait, and given up
/// after the last attempt.
#[test]
fn retries_back_off() {
    let webhook = hook().with_attempts(6, Duration::from_secs(1), Duration::from_secs(5));
    let (simulator, _) = told(Config::default(), webhook, &[SCORED]);
    let mut sent = Vec::new();
    for tenth in 0..1_000 {
        simulator.deliver_webhooks(at(f64::from(tenth) / 10.0), |_| {
            sent.push(tenth);
            if sent.len() % 2 == 0 {
                None
            } else {
                Some(status(503))
            }
        });
    }
    assert_eq!(sent, [25, 35, 55, 95, 145, 195]);
    let tally = tally(&simulator);
    assert_eq!(
        (tally.failed_attempts, tally.given_up, tally.waiting),
        (6, 1, 0)
    );
}

/// No more deliveries are in flight than the webhook allows, and a waiting one follows when one has
/// ended.
#[test]
fn in_flight_is_limited() {
    let codes = vec![SCORED; 1_200];
    let (simulator, _) = told(Config::default(), hook().with_in_flight(9_999), &codes);
    let first = simulator.lock().due_webhooks(at(3.0));
    assert_eq!(first.len(), Webhook::MOST_IN_FLIGHT);
    assert_eq!(simulator.lock().due_webhooks(at(4.0)).len(), 0);
    assert_eq!(simulator.lock().next_webhook(), None);
    for delivery in &first[..10] {
        simulator
            .lock()
            .delivered(delivery.id, Some(&status(204)), at(4.0));
    }
    assert_eq!(simulator.lock().due_webhooks(at(4.0)).len(), 10);
}

/// Every documented way to authenticate.
#[test]
fn credentials() {
    let basic = WebhookAuth::Basic {
        user: "ann".into(),
        password: "p:w".into(),
    };
    for (auth, name, value) in [
        (WebhookAuth::None, "authorization", None),
        (basic, "authorization", Some("Basic YW5uOnA6dw==")),
        (
            WebhookAuth::ApiKey("X-Key: a:b".into()),
            "x-key",
            Some("a:b"),
        ),
        (
            WebhookAuth::ApiKey("raw-value".into()),
            "authorization",
            Some("raw-value"),
        ),
    ] {
        let (simulator, _) = told(Config::default(), hook().with_auth(auth), &[SCORED]);
        let handed = simulator.deliver_webhooks(at(3.0), |request| {
            let sent = request
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap());
            assert_eq!(sent, value);
            assert_eq!(request.headers()["idcloud-simulated"], "true");
            assert_eq!(request.uri(), "http://receiver.test/notices");
            Some(status(200))
        });
        assert_eq!(handed, 1);
    }
}

/// OAuth 2: one bearer for all notices, renewed when it is refused or expired, with back-off while
/// the token endpoint fails.
#[test]
fn bearers() {
    let auth = WebhookAuth::OAuth2 {
        token_url: Uri::from_static("http://identity.test/token"),
        client_id: "me".into(),
        client_secret: "hush".into(),
    };
    let (simulator, _) = told(
        Config::default(),
        hook().with_auth(auth),
        &[SCORED, SCORED, SCORED],
    );
    let mut fetched = 0;
    let mut told = Vec::new();
    for second in 0..60 {
        simulator.deliver_webhooks(at(f64::from(second)), |request| {
            if request.uri().path() == "/token" {
                assert_eq!(request.headers()["authorization"], "Basic bWU6aHVzaA==");
                assert_eq!(request.body(), "grant_type=client_credentials");
                fetched += 1;
                if fetched == 1 {
                    return Some(status(500));
                }
                let body = format!(r#"{{"access_token":"t{fetched}","expires_in":3600}}"#);
                return Some(Response::new(body.into()));
            }
            let bearer = request.headers()["authorization"]
                .to_str()
                .unwrap()
                .to_owned();
            told.push((second, bearer));
            Some(status(if told.len() == 3 { 401 } else { 200 }))
        });
    }
    let bearers: Vec<_> = told
        .iter()
        .map(|(second, text)| (*second, text.as_str()))
        .collect();
    assert_eq!(
        bearers,
        [
            (4, "Bearer t2"),
            (4, "Bearer t2"),
            (4, "Bearer t2"),
            (5, "Bearer t3")
        ]
    );
    let tally = tally(&simulator);
    assert_eq!((tally.delivered, tally.waiting, tally.in_flight), (3, 0, 0));
}

/// Loss, duplication, reordering, delay and forgery, each by script.
#[test]
fn faults_of_delivery() {
    for (fault, expected) in [
        ("lose", &["5.0 1"][..]),
        ("duplicate", &["2.5 0", "2.5 0", "5.0 1"]),
        ("reorder", &["5.0 1", "5.0 0"]),
        ("reorder,reorder", &["32.5 0", "32.5 1"]),
        ("latency=4s", &["5.0 1", "6.5 0"]),
        ("forge", &["2.5 stranger", "2.5 0", "5.0 1"]),
    ] {
        let config = Config::default().with_fault(rule(&format!("webhook:next:{fault}")));
        let webhook = hook().with_auth(WebhookAuth::ApiKey("key".into()));
        let (simulator, ids) = told(config, webhook, &[SCORED, DIVERGING]);
        let seen: Vec<_> = notices(&simulator, &ids)
            .into_iter()
            .map(|(when, who, _)| format!("{when:.1} {who}"))
            .collect();
        assert_eq!(seen, expected, "{fault}");
    }
}

/// A forged notice has no credentials.
#[test]
fn forgeries_have_no_credentials() {
    let config = Config::default().with_fault(rule("webhook:always:forge"));
    let webhook = hook().with_auth(WebhookAuth::ApiKey("key".into()));
    let (simulator, ids) = told(config, webhook, &[SCORED]);
    let mut genuine = Vec::new();
    simulator.deliver_webhooks(at(3.0), |request| {
        let known = body(&request)["processId"] == ids[0].as_str();
        genuine.push((known, request.headers().contains_key("authorization")));
        Some(status(200))
    });
    assert_eq!(genuine, [(false, false), (true, true)]);
}

/// A reset keeps the webhook and drops its notices; ids start again.
#[test]
fn reset() {
    let (simulator, ids) = told(Config::default(), hook(), &[SCORED]);
    simulator.lock().reset();
    assert_eq!(
        simulator.deliver_webhooks(at(9.0), |_| Some(status(200))),
        0
    );
    assert_eq!(simulator.lock().ledger().billed(), 0);
    let (_, fresh) = told(Config::default(), hook(), &[SCORED]);
    assert_eq!(ids, fresh);
}

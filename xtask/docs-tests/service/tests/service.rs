//! The service against the simulator, in virtual time: no network, no waiting, no account.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Request, Response};
use example_service::{Service, router, verify};
use idcloud_flows::IdCloud;
use idcloud_flows::http::testing::VirtualClock;
use idcloud_flows::http::{ApiKey, Clock, Environment, ServiceAccount};
use idcloud_flows::webhook::Credentials;
use idcloud_simulator::{Config, SharedSimulator, Simulator, SimulatorTransport};
use idcloud_simulator::{Webhook, WebhookAuth};
use tower::ServiceExt;

/// A black WebP of 720 × 960 pixels, in base64.
const SELFIE: &str = "UklGRhQAAABXRUJQVlA4TAgAAAAvz8LvAIiICA==";
/// Known to IDCloud and to the service.
const WEBHOOK_KEY: &str = "x-webhook-key:a-long-random-value";

/// The service in front of a simulator, which is handed out too, and the time of both.
fn begin(
    config: Config,
) -> Result<(Service, SharedSimulator, Arc<VirtualClock>), Box<dyn std::error::Error>> {
    let clock = Arc::new(VirtualClock::new());
    let mut simulator = Simulator::new(config);
    let account = simulator.issue_account()?;
    let capabilities = "identity,risk-score".parse()?;
    let key = ApiKey::new(simulator.issue_api_key(capabilities), capabilities)?;
    let simulator = SharedSimulator::new(simulator);
    let pem = account.private_key_pem();
    let account = ServiceAccount::from_pem(account.account(), account.tenant_id(), pem.as_bytes())?;
    let idcloud = IdCloud::builder(Environment::local(account))
        .transport(Arc::new(SimulatorTransport::new(
            simulator.clone(),
            clock.clone(),
        )))
        .clock(clock.clone())
        .build()?;
    Ok((Service { idcloud, key }, simulator, clock))
}

/// What a caller sends.
fn person(cpf: &str) -> Bytes {
    format!(r#"{{"cpf":"{cpf}","name":"Test Subject","selfie":"{SELFIE}"}}"#).into()
}

#[tokio::test(start_paused = true)]
async fn each_person_ends_where_they_should() {
    let (service, simulator, _) = begin(Config::new(7)).unwrap();
    for (cpf, answer) in [
        ("52998224725", "open the account"),
        ("11122230370", "open the account"),
        ("11122230451", "have a person look"),
        ("11122230885", "ask for a new selfie"),
        ("11122230290", "turn down"),
        ("52998224724", "mend the input"),
    ] {
        let (_, answered) = verify(State(service.clone()), person(cpf)).await;
        assert_eq!(answered, answer, "{cpf}");
    }
    // Five people, five creates: nobody was paid for twice, and the wrong number not at all.
    assert_eq!(simulator.lock().tally().create_requests, 5);
}

#[tokio::test(start_paused = true)]
async fn a_notice_brings_the_answer_early() {
    // A score that takes 22 seconds. Polls come after about 20 and 30.
    let config = Config::new(7).with_score_latency(Duration::from_secs(22));
    let (service, simulator, clock) = begin(config).unwrap();
    let webhook = Webhook::new("http://service.test/idcloud".parse().unwrap())
        .with_auth(WebhookAuth::ApiKey(WEBHOOK_KEY.into()));
    let tenant = simulator.lock().tenant_id().to_owned();
    simulator.lock().set_webhook(&tenant, Some(webhook));
    let router = router(service.clone(), Credentials::api_key(WEBHOOK_KEY).unwrap());

    let began = clock.now();
    let answer = tokio::spawn(verify(State(service), person("11122230370")));
    while !answer.is_finished() {
        clock.sleep(Duration::from_millis(100)).await;
        let mut notices = Vec::new();
        simulator.deliver_webhooks(clock.now(), |notice| {
            notices.push(notice);
            Some(Response::new(Bytes::new()))
        });
        for notice in notices {
            let answered = router.clone().oneshot(notice.map(Body::from)).await;
            assert_eq!(answered.unwrap().status(), 204);
        }
    }
    assert_eq!(answer.await.unwrap().1, "open the account");
    let took = clock.now().duration_since(began).unwrap();
    assert!(took < Duration::from_secs(24), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stranger_without_the_key_is_turned_away() {
    let (service, simulator, _) = begin(Config::new(7)).unwrap();
    let router = router(service, Credentials::api_key(WEBHOOK_KEY).unwrap());
    let notice = r#"{"processId":"80371b2a-3ac7-432e-866d-57fe37896ac6"}"#;
    let request = Request::post("/idcloud").body(Body::from(notice)).unwrap();
    assert_eq!(router.oneshot(request).await.unwrap().status(), 401);
    assert_eq!(simulator.lock().tally().lookups, 0);
}

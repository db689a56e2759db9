//! The service against the simulator, in virtual time: no network, no waiting, no account.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use example_service::{Service, verify};
use idcloud_flows::IdCloud;
use idcloud_flows::http::testing::VirtualClock;
use idcloud_flows::http::{ApiKey, Environment, ServiceAccount};
use idcloud_simulator::{Config, SharedSimulator, Simulator, SimulatorTransport};

/// The head of a picture of 720 × 960 pixels, in base64: all that the simulator looks at.
const SELFIE: &str = "iVBORw0KGgoAAAANSUhEUgAAAtAAAAPAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test(start_paused = true)]
async fn each_person_ends_where_they_should() {
    let clock = Arc::new(VirtualClock::new());
    let mut simulator = Simulator::new(Config::new(7));
    let account = simulator.issue_account().unwrap();
    let capabilities = "identity,risk-score".parse().unwrap();
    let key = ApiKey::new(simulator.issue_api_key(capabilities), capabilities).unwrap();
    let simulator = SharedSimulator::new(simulator);
    let pem = account.private_key_pem();
    let account =
        ServiceAccount::from_pem(account.account(), account.tenant_id(), pem.as_bytes()).unwrap();
    let idcloud = IdCloud::builder(Environment::local(account))
        .transport(Arc::new(SimulatorTransport::new(
            simulator.clone(),
            clock.clone(),
        )))
        .clock(clock)
        .build()
        .unwrap();
    let service = Service { idcloud, key };

    for (cpf, answer) in [
        ("52998224725", "open the account"),
        ("11122230370", "open the account"),
        ("11122230451", "have a person look"),
        ("11122230885", "ask for a new selfie"),
        ("11122230290", "turn down"),
        ("52998224724", "mend the input"),
    ] {
        let body = format!(r#"{{"cpf":"{cpf}","name":"Test Subject","selfie":"{SELFIE}"}}"#);
        let (_, answered) = verify(State(service.clone()), Bytes::from(body)).await;
        assert_eq!(answered, answer, "{cpf}");
    }
    // Five people, five creates: nobody was paid for twice, and the wrong number not at all.
    assert_eq!(simulator.lock().tally().create_requests, 5);
}

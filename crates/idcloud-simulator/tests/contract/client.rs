//! The project's own client with the simulator: two independent implementations of one contract.

use std::sync::Arc;
use std::time::Duration;

use idcloud_http::testing::VirtualClock;
use idcloud_http::{
    ApiKey, CallOptions, Client, Clock, Delivery, Environment, ErrorKind, ServiceAccount,
};
use idcloud_model::request::{CreateRequest, IdentityRequest, LivenessRequest};
use idcloud_model::{Capabilities, CaptureToken, Process, Selfie, Status, Subject, SubjectCode};
use idcloud_simulator::{
    Config, SharedSimulator, Simulator, SimulatorTransport, TestAccount, capture,
};

use super::bench::{self, YES, image};

pub(crate) fn service_account(account: &TestAccount) -> ServiceAccount {
    let pem = account.private_key_pem().as_bytes();
    ServiceAccount::from_pem(account.account(), account.tenant_id(), pem).unwrap()
}

/// A client, an API key and a simulator in this process, in virtual time.
pub(crate) struct Caller {
    pub(crate) client: Client,
    pub(crate) key: ApiKey,
    pub(crate) simulator: SharedSimulator,
    pub(crate) clock: Arc<VirtualClock>,
}

impl Caller {
    pub(crate) fn new(config: Config, capabilities: &str) -> Self {
        let capabilities: Capabilities = capabilities.parse().unwrap();
        let mut simulator = Simulator::new(config);
        let account = bench::account(simulator.tenant_id());
        simulator.register_account(&account);
        let key = ApiKey::new(simulator.issue_api_key(capabilities), capabilities).unwrap();
        let simulator = SharedSimulator::new(simulator);
        let clock = Arc::new(VirtualClock::new());
        let transport = SimulatorTransport::new(simulator.clone(), clock.clone());
        let client = Client::builder(Environment::local(service_account(&account)))
            .transport(Arc::new(transport))
            .clock(clock.clone())
            .build()
            .unwrap();
        Self {
            client,
            key,
            simulator,
            clock,
        }
    }

    pub(crate) async fn create(
        &self,
        request: &CreateRequest,
    ) -> Result<Process, idcloud_http::Error> {
        let answer = self
            .client
            .create(&self.key, request, &CallOptions::default())
            .await?;
        assert!(answer.simulated());
        Ok(answer.into_value())
    }
}

pub(crate) fn onboarding(code: &str, selfie: impl Into<Selfie>) -> CreateRequest {
    let code: SubjectCode = code.parse().unwrap();
    let subject = Subject::new(code).with_name("Test Subject".parse().unwrap());
    IdentityRequest::new(subject, selfie).unwrap().into()
}

fn captured(clock: &dyn Clock) -> CaptureToken {
    CaptureToken::parse(&capture(&image(), clock.now()), clock.now()).unwrap()
}

/// A verdict in the create's answer costs one token and one request.
#[tokio::test(start_paused = true)]
async fn a_verdict_at_once() {
    let caller = Caller::new(Config::default(), "identity");
    let process = caller.create(&onboarding(YES, image())).await.unwrap();
    assert_eq!(process.status(), &Status::Completed);
    let tally = caller.simulator.lock().tally();
    assert_eq!(
        (tally.token_requests, tally.create_requests, tally.lookups),
        (1, 1, 0)
    );
}

/// The first lookup, after three seconds, finds a later score.
#[tokio::test(start_paused = true)]
async fn a_score_later() {
    let caller = Caller::new(Config::default(), "identity,risk-score");
    let process = caller
        .create(&onboarding("11122230370", image()))
        .await
        .unwrap();
    assert_eq!(process.status(), &Status::Processing);
    caller.clock.sleep(Duration::from_secs(3)).await;
    let id = process.id().clone();
    let answer = caller
        .client
        .process(&caller.key, &id, &CallOptions::default())
        .await
        .unwrap();
    let process = answer.into_value();
    assert_eq!(process.status(), &Status::Completed);
    assert!(process.evidence().risk_score().is_some());
}

/// A failed process is a regular answer of the create, and of the lookup, although that is HTTP
/// 410.
#[tokio::test(start_paused = true)]
async fn a_failure_is_an_answer() {
    let caller = Caller::new(Config::default(), "identity");
    let process = caller
        .create(&onboarding("11122231261", image()))
        .await
        .unwrap();
    assert_eq!(process.status(), &Status::Failed);
    let id = process.id().clone();
    let answer = caller
        .client
        .process(&caller.key, &id, &CallOptions::default())
        .await
        .unwrap();
    assert_eq!(answer.value().status(), &Status::Failed);
}

/// A capture is accepted once; sent again it is refused, and nothing is billed.
#[tokio::test(start_paused = true)]
async fn a_capture_once() {
    let caller = Caller::new(Config::default(), "liveness");
    let request: CreateRequest = LivenessRequest::new(captured(&*caller.clock)).into();
    let process = caller.create(&request).await.unwrap();
    assert!(process.evidence().liveness().is_some());
    let error = caller.create(&request).await.unwrap_err();
    assert_eq!(
        error.code().map(idcloud_model::ErrorCode::as_str),
        Some("10508")
    );
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::Refused, Delivery::Answered)
    );
    assert_eq!(caller.simulator.lock().tally().processes_created, 1);
}

/// Access tokens are kept for their hour, and renewed before it ends.
#[tokio::test(start_paused = true)]
async fn tokens_are_kept_and_renewed() {
    let caller = Caller::new(Config::default(), "identity");
    for _ in 0..3 {
        caller.create(&onboarding(YES, image())).await.unwrap();
        caller.clock.sleep(Duration::from_secs(60)).await;
    }
    assert_eq!(caller.simulator.lock().tally().token_requests, 1);
    caller.clock.sleep(Duration::from_secs(3_600)).await;
    caller.create(&onboarding(YES, image())).await.unwrap();
    let tally = caller.simulator.lock().tally();
    assert_eq!((tally.token_requests, tally.processes_created), (2, 4));
}

/// The client stays within the tenant's budget: the simulator never answers 429.
#[tokio::test(start_paused = true)]
async fn the_budget_is_kept() {
    let caller = Caller::new(Config::default(), "identity");
    let request = onboarding(YES, image());
    for _ in 0..40 {
        caller.create(&request).await.unwrap();
    }
    let tally = caller.simulator.lock().tally();
    assert_eq!((tally.processes_created, tally.rate_limited), (40, 0));
}

/// An unknown key is refused, and nothing else happens.
#[tokio::test(start_paused = true)]
async fn a_wrong_key() {
    let mut caller = Caller::new(Config::default(), "identity");
    caller.key = ApiKey::new("nobody's", "identity".parse().unwrap()).unwrap();
    let error = caller.create(&onboarding(YES, image())).await.unwrap_err();
    assert_eq!(
        error.code().map(idcloud_model::ErrorCode::as_str),
        Some("10201")
    );
    assert_eq!(caller.simulator.lock().tally().processes_created, 0);
}

/// An unknown account is refused with the tenant's code.
#[tokio::test(start_paused = true)]
async fn a_wrong_account() {
    let caller = Caller::new(Config::default(), "identity");
    let stranger = bench::account("7e1f3f2c-55f0-4a5c-8f0e-000000000001");
    let transport = SimulatorTransport::new(caller.simulator.clone(), caller.clock.clone());
    let client = Client::builder(Environment::local(service_account(&stranger)))
        .transport(Arc::new(transport))
        .clock(caller.clock.clone())
        .build()
        .unwrap();
    let error = client
        .access_token(&CallOptions::default())
        .await
        .unwrap_err();
    assert_eq!(
        error.code().map(idcloud_model::ErrorCode::as_str),
        Some("1.0.1")
    );
    assert_eq!(error.kind(), ErrorKind::Credentials);
}

//! A service that onboards people and learns by a webhook when a risk score is ready. Against the
//! simulator, so it runs as it is.
//!
//! `cargo run -p idcloud-flows --example axum_webhook`

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use bytes::Bytes;
use idcloud_flows::http::{ApiKey, Clock, Environment, ServiceAccount, SystemClock};
use idcloud_flows::model::request::IdentityRequest;
use idcloud_flows::model::{Image, SubjectDraft};
use idcloud_flows::webhook::{Credentials, Endpoint};
use idcloud_flows::{IdCloud, Submission, SubmitOptions};
use idcloud_simulator::{Config, Simulator, SimulatorTransport};

/// The account at a simulated IDCloud; in production this is
/// `IdCloud::builder(Environment::production(account)).build()`.
pub(crate) fn idcloud(clock: Arc<dyn Clock>) -> Result<(IdCloud, ApiKey), Box<dyn Error>> {
    let mut simulator = Simulator::new(
        Config::new(fastrand::u64(..)).with_score_latency(Duration::from_millis(500)),
    );
    let account = simulator.issue_account()?;
    let capabilities = "identity,risk-score".parse()?;
    let key = ApiKey::new(simulator.issue_api_key(capabilities), capabilities)?;
    let pem = account.private_key_pem();
    let account = ServiceAccount::from_pem(account.account(), account.tenant_id(), pem.as_bytes())?;
    let transport = SimulatorTransport::new(simulator, Arc::clone(&clock));
    let idcloud = IdCloud::builder(Environment::local(account))
        .transport(Arc::new(transport))
        .clock(clock)
        // The webhook is registered for this very program.
        .notifications_expected(true)
        .build()?;
    Ok((idcloud, key))
}

/// The endpoint that is registered with IDCloud. It responds at once; the wait for the process
/// polls it.
pub(crate) fn webhook(idcloud: &IdCloud, credentials: Credentials) -> Router {
    let endpoint = Endpoint::new(idcloud.hints().clone(), credentials);
    let notify = move |request: Request| async move { endpoint.handle(request).await };
    Router::new().route("/idcloud", any(notify))
}

/// One person, from the picture to the decision.
pub(crate) async fn onboard(
    idcloud: &IdCloud,
    key: ApiKey,
    submitted: impl FnOnce(&str),
) -> Result<String, Box<dyn Error>> {
    // A person who does not exist, whose risk score comes later, and a drawn picture.
    let draft = SubjectDraft {
        code: Some("11122230370".to_owned().into()),
        name: Some("Test Subject".to_owned().into()),
        ..SubjectDraft::default()
    };
    let picture = idcloud_simulator::sample_png(720, 960, b"");
    let request = IdentityRequest::new(draft.parse()?, Image::parse(Bytes::from(picture))?)?;

    let identity = idcloud.identity(key);
    let report = match identity.submit(request, &SubmitOptions::default()).await? {
        Submission::Finished(report) => report,
        Submission::Pending(pending) => {
            submitted(pending.process_id().as_str());
            identity.wait(pending, Duration::from_secs(300)).await?
        }
    };
    Ok(report.verdict().decision().as_str().to_owned())
}

#[expect(clippy::print_stdout, reason = "this is a program, and talks")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let (idcloud, key) = idcloud(Arc::clone(&clock))?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = webhook(
        &idcloud,
        Credentials::api_key("x-webhook-key:a-long-random-value")?,
    );
    tokio::spawn(async move { axum::serve(listener, router).await });

    let notify = |id: &str| {
        println!(
            "tell it: curl -H 'x-webhook-key: a-long-random-value' -d '{{\"processId\":\"{id}\"}}' http://{address}/idcloud"
        );
    };
    println!("decided: {}", onboard(&idcloud, key, notify).await?);
    Ok(())
}

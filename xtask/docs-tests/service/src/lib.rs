//! A service that verifies people: a picture comes in, a decision goes out.
//!
//! Must not answer with anything that it was sent.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::{any, post};
use idcloud_flows::http::{ApiKey, Delivery};
use idcloud_flows::model::request::IdentityRequest;
use idcloud_flows::model::{Decision, SubjectDraft};
use idcloud_flows::webhook::{Credentials, Endpoint};
use idcloud_flows::{IdCloud, Submission, SubmitOptions};

/// What every request needs. Cheap to clone: token, budget and queue are shared.
#[derive(Debug, Clone)]
pub struct Service {
    /// IDCloud as one account.
    pub idcloud: IdCloud,
    /// The key, declared together with what it has.
    pub key: ApiKey,
}

/// What a caller sends. It holds personal data, so it has no `Debug`.
#[derive(serde::Deserialize)]
struct Person {
    cpf: String,
    name: String,
    /// A picture in base64, or a capture token.
    selfie: String,
}

/// The service's addresses: callers ask at `/verify`, IDCloud notifies at `/idcloud`.
pub fn router(service: Service, webhook: Credentials) -> Router {
    let endpoint = Endpoint::new(service.idcloud.hints().clone(), webhook);
    let notify = move |request: Request| async move { endpoint.handle(request).await };
    Router::new()
        .route("/verify", post(verify))
        .route("/idcloud", any(notify))
        .with_state(service)
}

/// Verifies one person.
pub async fn verify(State(service): State<Service>, body: Bytes) -> (StatusCode, &'static str) {
    let Ok(person) = serde_json::from_slice::<Person>(&body) else {
        return (StatusCode::BAD_REQUEST, "cpf, name and selfie are needed");
    };
    let draft = SubjectDraft {
        code: Some(person.cpf.into()),
        name: Some(person.name.into()),
        ..SubjectDraft::default()
    };
    let now = service.idcloud.client().clock().now();
    let Ok(request) = IdentityRequest::from_input(&draft, person.selfie.into(), now) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "mend the input");
    };
    let identity = service.idcloud.identity(service.key);
    let report = match identity.submit(request, &SubmitOptions::default()).await {
        Ok(Submission::Finished(report)) => report,
        // Notices make the look come early; without any it comes by polling.
        Ok(Submission::Pending(pending)) => {
            match identity.wait(pending, Duration::from_secs(120)).await {
                Ok(report) => report,
                // The error hands the process back: a real service stores it.
                Err(_) => return (StatusCode::ACCEPTED, "later"),
            }
        }
        Err(error) if error.delivery() == Delivery::Unknown => {
            return (StatusCode::BAD_GATEWAY, "do not send this again");
        }
        Err(_) => return (StatusCode::SERVICE_UNAVAILABLE, "nothing was created"),
    };
    match report.verdict().decision() {
        Decision::Approve => (StatusCode::OK, "open the account"),
        Decision::Review => (StatusCode::OK, "have a person look"),
        Decision::Recapture => (StatusCode::OK, "ask for a new selfie"),
        Decision::Reject => (StatusCode::OK, "turn down"),
    }
}

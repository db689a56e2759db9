//! Requests to the simulator's handler, from unknown and from known callers.
//!
//! Must not reuse a simulator for a second input: a repeated input must have the same result.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use idcloud_http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_http::{ApiKey, CallOptions, Client, Environment, ServiceAccount};
use idcloud_model::Capabilities;
use idcloud_simulator::{Config, Simulator, TestAccount};
use serde_json::Value;

use crate::Failure;

/// A method, a path, `known` or `stranger`, and a body. A known caller has a token and an API key.
pub(super) const TEXTS: &[&str] = &[
    "POST /processes/v1 known {\"subject\":{\"code\":\"52998224725\",\"name\":\"Markername\"},\"imageBase64\":\"iVBORw0KGgoAAAANSUhEUgAAAtAAAAPACAIAAACTlNnkAAAACElEQVR4nAMAAAAAAUgGidIAAAAASUVORK5CYII=\"}",
    "POST /processes/v1 known {\"subject\":{\"code\":\"52998224725\",\"name\":\"Markername\"},\"imageBase64\":\"a.b.c\"}",
    "POST /processes/v1 stranger {\"subject\":{\"code\":\"52998224725\",\"name\":\"Markername\"},\"imageBase64\":\"a.b.c\"}",
    "POST /oauth2/token stranger grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.Markername",
    "GET /processes/v1/80371b2a-3ac7-432e-866d-57fe37896ac6 known ",
    "GET /documents/v1?code=52998224725&type=cnh known ",
];

/// The time of every request.
const NOW: Duration = Duration::from_secs(1_767_225_600);

/// A known caller, shared by all inputs because generating an RSA key takes long.
static CALLER: LazyLock<Result<Caller, String>> =
    LazyLock::new(|| Caller::new().map_err(|failure| failure.to_string()));

struct Caller {
    issued: TestAccount,
    /// The body of the token request, valid once for each simulator.
    exchange: Vec<u8>,
}

impl Caller {
    fn new() -> Result<Self, Failure> {
        let issued = Simulator::new(Config::new(1)).issue_account()?;
        let account = ServiceAccount::from_pem(
            issued.account(),
            issued.tenant_id(),
            issued.private_key_pem().as_bytes(),
        )?;
        let script = Arc::new(
            ScriptedTransport::new()
                .token(Step::token("unused", 3600))
                .every_call(Step::json(404, "{}")),
        );
        let transport: Arc<ScriptedTransport> = Arc::clone(&script);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()?;
        runtime.block_on(async {
            let client = Client::builder(Environment::local(account))
                .transport(transport)
                .clock(Arc::new(VirtualClock::starting_at(now())))
                .build()?;
            let key = ApiKey::new("key", Capabilities::NONE)?;
            let id = "80371b2a-3ac7-432e-866d-57fe37896ac6".parse()?;
            // Only the token request is needed; the lookup after it may fail.
            drop(client.process(&key, &id, &CallOptions::default()).await);
            Ok::<_, Failure>(())
        })?;
        let exchange = script.requests().into_iter().next();
        let exchange = exchange.ok_or("no token was asked for")?.body;
        Ok(Self { issued, exchange })
    }

    /// Registers the caller, and returns the headers of its requests.
    fn introduce(&self, simulator: &mut Simulator) -> Result<[(&'static str, String); 2], Failure> {
        simulator.register_account(&self.issued);
        let capabilities: Capabilities = "identity,risk-score,behavior-alert".parse()?;
        let key = simulator.issue_api_key(capabilities);
        let request = Request::post("/oauth2/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(self.exchange.clone()))?;
        let answer = simulator.handle(request, now()).response;
        let answer: Value = serde_json::from_slice(answer.body())?;
        let token = answer.get("access_token").and_then(Value::as_str);
        let token = token.ok_or("the simulator gave no token")?;
        Ok([
            ("authorization", format!("Bearer {token}")),
            ("apikey", key),
        ])
    }
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + NOW
}

/// No request of a stranger is billed, and no request is billed twice.
pub(super) fn read(input: &[u8]) -> Result<String, String> {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.splitn(4, ' ');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (method, path, who, body) = (next(), next(), next(), next());
    let content = if path.starts_with("/oauth2") {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    let mut request = Request::builder()
        .method(method.as_str())
        .uri(path)
        .header("content-type", content);
    let mut simulator = Simulator::new(Config::new(1));
    let is_known = who == "known";
    if is_known {
        let caller = CALLER.as_ref().map_err(Clone::clone)?;
        let headers = caller.introduce(&mut simulator);
        for (name, value) in headers.map_err(|failure| failure.to_string())? {
            request = request.header(name, value);
        }
    }
    let Ok(request) = request.body(Bytes::from(body)) else {
        return Ok(String::new());
    };
    let reaction = simulator.handle(request, now());
    let billed = simulator.ledger().billed();
    if billed > u64::from(is_known) {
        return Err(format!("{billed} processes were billed"));
    }
    Ok(format!(
        "{:?} {}",
        reaction.effect,
        said(&reaction.response)
    ))
}

fn said(response: &Response<Bytes>) -> String {
    format!(
        "{:?} {}",
        response.headers(),
        String::from_utf8_lossy(response.body())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A known caller's request is billed: otherwise only refusals would be tested.
    #[test]
    fn a_known_caller_is_billed_and_a_stranger_refused() {
        let billed = |text: &str| {
            let mut simulator = Simulator::new(Config::new(1));
            let headers = CALLER.as_ref().unwrap().introduce(&mut simulator).unwrap();
            let (_, body) = text.split_once("known ").unwrap();
            let mut request =
                Request::post("/processes/v1").header("content-type", "application/json");
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let request = request.body(Bytes::from(body.to_owned())).unwrap();
            drop(simulator.handle(request, now()));
            simulator.ledger().billed()
        };
        assert_eq!(billed(TEXTS[0]), 1);
        for text in TEXTS {
            assert!(read(text.as_bytes()).is_ok(), "{text}");
        }
    }
}

//! The server under test, with its addresses, an account and the usable API keys.
//!
//! Must not retry a request, except after a 429. Must not show a credential.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use idcloud_http::{
    CallContext, Clock, Environment, Operation, ServiceAccount, SystemClock, Transport,
    TransportErrorKind,
};
use idcloud_model::Capabilities;
use idcloud_simulator::{
    Config as SimulatorConfig, ManualClock, SIMULATED_HEADER, Simulator, SimulatorTransport,
    TestAccount, key_ring,
};
use zeroize::Zeroizing;

use super::answer::Answer;
use super::check::{Call, Exchange};
use crate::commands::simulator::args::ConformanceArgs;
use crate::commands::simulator::conformance::variables::Words;
use crate::config::Config;
use crate::config::connection::{self, Wrap};
use crate::config::settings::Layers;
use crate::config::target::Remote;
use crate::failure::{Failure, Refusal};
use crate::input::{self, Stdin};

/// The timeout for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The time between two requests in virtual time: the budget of a tenant.
const TURN: Duration = Duration::from_millis(100);
const OTHER_TENANT: &str = "0a1b2c3d-0000-4000-8000-00000000beef";

/// An API key and its known properties.
pub(super) struct Key {
    pub(super) capabilities: Capabilities,
    /// `None` until the answer to a plain picture has shown it.
    pub(super) captures_only: Option<bool>,
    pub(super) secret: Zeroizing<String>,
}

/// How time passes: real or virtual.
enum Pace {
    Real {
        clock: Arc<dyn Clock>,
        between: Duration,
    },
    Virtual(Arc<ManualClock>),
}

/// The server, and the means to test it.
pub(super) struct Examined {
    pub(super) environment: Environment,
    transport: Arc<dyn Transport>,
    pace: Pace,
    pub(super) keys: Vec<Key>,
    /// An account and a key of another tenant.
    pub(super) foreign: Option<(ServiceAccount, Zeroizing<String>)>,
    pub(super) noisy: bool,
    pub(super) simulated: bool,
    /// Makes every assertion different.
    lives: u64,
}

impl Examined {
    /// The simulator inside this program, with every key and in virtual time.
    pub(super) fn embedded(wrap: Wrap<'_>) -> Result<Self, Failure> {
        let clock = Arc::new(ManualClock::new(SystemClock::new().now()));
        let mut simulator = Simulator::new(SimulatorConfig::new(1));
        let fault = |_| Failure::fault("the embedded simulator could not make an account");
        let account = simulator
            .issue_account()
            .map_err(|_| Failure::fault("the embedded simulator could not make an RSA key"))?;
        let pem = account.private_key_pem();
        let other = TestAccount::from_pem("other", OTHER_TENANT, pem)
            .map_err(|_| Failure::fault("the embedded simulator could not make an account"))?;
        simulator.register_account(&other);
        let foreign_key = simulator.issue_api_key_in(OTHER_TENANT, key_ring_default());
        let keys = key_ring()
            .iter()
            .map(|key| Key {
                capabilities: key.capabilities,
                captures_only: Some(key.capture_only),
                secret: Zeroizing::new(simulator.issue_api_key(key.profile())),
            })
            .collect();
        let of = |account: &TestAccount| {
            ServiceAccount::from_pem(account.account(), account.tenant_id(), pem.as_bytes())
        };
        let (home, abroad) = (of(&account).map_err(fault)?, of(&other).map_err(fault)?);
        let transport = SimulatorTransport::new(simulator, Arc::clone(&clock) as Arc<dyn Clock>);
        Ok(Self {
            environment: Environment::local(home),
            transport: wrap(Arc::new(transport)),
            pace: Pace::Virtual(clock),
            keys,
            foreign: Some((abroad, Zeroizing::new(foreign_key))),
            noisy: true,
            simulated: true,
            lives: 0,
        })
    }

    /// A server at an address.
    pub(super) fn remote(
        remote: &Remote,
        config: &Config,
        layers: &Layers,
        clock: Arc<dyn Clock>,
        args: &ConformanceArgs,
    ) -> Result<Self, Failure> {
        let account = connection::account(remote, layers)?;
        let mut keys = Vec::new();
        if let Some(source) = &remote.api_key {
            keys.push(Key {
                capabilities: config.capabilities,
                captures_only: None,
                secret: connection::read_api_key(source, layers)?,
            });
        }
        if let Some(path) = &args.keys_file {
            for key in keys_of(path)? {
                if keys.iter().all(|known| known.secret != key.secret) {
                    keys.push(key);
                }
            }
        }
        let (environment, transport) = connection::reach(remote, account, layers)?;
        Ok(Self {
            environment,
            transport: Arc::new(transport),
            pace: Pace::Real {
                clock,
                between: Duration::from_secs(1) / u32::from(config.rate.max(1)),
            },
            keys,
            foreign: None,
            noisy: args.noisy,
            simulated: false,
            lives: fastrand::u64(..3_000),
        })
    }

    pub(super) const fn is_virtual(&self) -> bool {
        matches!(self.pace, Pace::Virtual(_))
    }

    pub(super) fn now(&self) -> SystemTime {
        match &self.pace {
            Pace::Real { clock, .. } => clock.now(),
            Pace::Virtual(clock) => clock.now(),
        }
    }

    pub(super) async fn pass(&self, time: Duration) {
        match &self.pace {
            Pace::Real { clock, .. } => clock.sleep(time).await,
            Pace::Virtual(clock) => clock.advance(time),
        }
    }

    /// The seconds since 1970, and an assertion lifetime that no earlier assertion had.
    pub(super) fn times(&mut self) -> (u64, u64) {
        let now = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.lives = (self.lives + 1) % 3_000;
        (now.as_secs(), 3_600 - self.lives)
    }

    /// Sends a request to the token endpoint.
    pub(super) async fn exchange(
        &self,
        exchange: Exchange,
        account: &ServiceAccount,
        words: &mut Words,
    ) -> Result<Answer, TransportErrorKind> {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(words.fill(text).as_bytes());
        let signed = format!("{}.{}", part(exchange.header), part(exchange.claims));
        let mut signature = account
            .signer()
            .sign(signed.as_bytes())
            .await
            .map_err(|_| TransportErrorKind::InvalidRequest)?;
        if !exchange.genuine
            && let Some(last) = signature.last_mut()
        {
            *last ^= 1;
        }
        let signature = URL_SAFE_NO_PAD.encode(signature);
        words.set("$ASSERTION", format!("{signed}.{signature}"));
        let url = format!("{}/oauth2/token", self.identity_url());
        let request = http::Request::post(url)
            .header(CONTENT_TYPE, exchange.content_type)
            .body(body(&words.fill(exchange.form)));
        self.send(request, Operation::Token).await
    }

    /// Sends a request for a public resource of the identity server.
    pub(super) async fn discover(&self, path: &str) -> Result<Answer, TransportErrorKind> {
        let url = format!("{}{path}", self.identity_url());
        let request = http::Request::get(url).body(Bytes::new());
        self.send(request, Operation::Token).await
    }

    /// Sends a request to the API.
    pub(super) async fn call(
        &self,
        call: Call,
        words: &Words,
    ) -> Result<Answer, TransportErrorKind> {
        self.send(self.request(call, words), operation(call)).await
    }

    /// Sends a request to the API without waiting for the rate limit.
    pub(super) async fn burst(
        &self,
        call: Call,
        words: &Words,
    ) -> Result<Answer, TransportErrorKind> {
        self.send_now(self.request(call, words), operation(call))
            .await
    }

    fn request(&self, call: Call, words: &Words) -> http::Result<http::Request<Bytes>> {
        let url = format!(
            "{}{}",
            self.environment.endpoints().api_url(),
            *words.fill(call.path)
        );
        let mut request = http::Request::builder().method(call.method).uri(url);
        for (name, value) in [
            (AUTHORIZATION.as_str(), call.authorization),
            ("apikey", call.api_key),
            (CONTENT_TYPE.as_str(), call.content_type),
        ] {
            if let Some(text) = value {
                let mut value = HeaderValue::from_str(&words.fill(text))?;
                value.set_sensitive(true);
                request = request.header(name, value);
            }
        }
        request.body(body(&words.fill(call.body)))
    }

    /// Sends after a wait for the rate limit, and waits again after a 429.
    async fn send(
        &self,
        request: http::Result<http::Request<Bytes>>,
        operation: Operation,
    ) -> Result<Answer, TransportErrorKind> {
        let request = request.map_err(|_| TransportErrorKind::InvalidRequest)?;
        let between = match &self.pace {
            Pace::Real { between, .. } => *between,
            Pace::Virtual(_) => TURN,
        };
        self.pass(between).await;
        let answer = self.send_now(Ok(request.clone()), operation).await?;
        let wait = answer
            .header("retry-after")
            .and_then(|text| text.parse().ok())
            .filter(|seconds| answer.status() == 429 && *seconds <= 60);
        let Some(seconds) = wait else {
            return Ok(answer);
        };
        self.pass(Duration::from_secs(seconds)).await;
        self.send_now(Ok(request), operation).await
    }

    async fn send_now(
        &self,
        request: http::Result<http::Request<Bytes>>,
        operation: Operation,
    ) -> Result<Answer, TransportErrorKind> {
        let request = request.map_err(|_| TransportErrorKind::InvalidRequest)?;
        let sent = self
            .transport
            .send(request, CallContext::new(operation, 1, PATIENCE));
        let answer = match &self.pace {
            Pace::Virtual(_) => sent.await,
            Pace::Real { clock, .. } => tokio::select! {
                answer = sent => answer,
                () = clock.sleep(PATIENCE) => return Err(TransportErrorKind::Timeout),
            },
        };
        answer.map(Answer::new).map_err(|error| error.kind())
    }

    pub(super) fn identity_url(&self) -> &str {
        self.environment.endpoints().identity_url()
    }
}

/// Whether a simulator of this project answered.
pub(super) fn is_simulated(answer: &Answer) -> bool {
    answer.header(SIMULATED_HEADER.as_str()) == Some("true")
}

fn key_ring_default() -> Capabilities {
    key_ring()
        .first()
        .map_or(Capabilities::NONE, |key| key.capabilities)
}

fn body(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn operation(call: Call) -> Operation {
    match call.method {
        "POST" => Operation::CreateProcess,
        _ if call.path.starts_with("/documents") => Operation::ReusableDocuments,
        _ if call.path.starts_with("/processes/v2") => Operation::ProcessDetails,
        _ => Operation::Process,
    }
}

/// The keys of a file that `simulator serve` wrote: each key with the capabilities in the line
/// below it, also in comments.
fn keys_of(path: &Path) -> Result<Vec<Key>, Failure> {
    const FIELD: &str = "--keys-file";
    let usage = |refusal| Failure::usage(vec![refusal]);
    let bytes = input::read(FIELD, path, &mut Stdin::none(), 64 * 1024).map_err(usage)?;
    let text = input::text(FIELD, &bytes).map_err(usage)?;
    let mut keys = Vec::new();
    let mut secret = None;
    for line in text.lines() {
        let line = line.trim_start_matches(['#', ' ']);
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        match (name, secret.take()) {
            ("IDCLOUD_API_KEY", _) => secret = Some(Zeroizing::new(value.to_owned())),
            ("IDCLOUD_CAPABILITIES", Some(secret)) => {
                let capabilities = value.parse().map_err(|_| {
                    usage(Refusal::new(
                        FIELD,
                        "names a capability that does not exist",
                        "use the .env that idcloud simulator serve wrote",
                    ))
                })?;
                keys.push(Key {
                    capabilities,
                    captures_only: None,
                    secret,
                });
            }
            _ => {}
        }
    }
    Ok(keys)
}

//! A hand-written client for these tests: it can send requests that a good client never would.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use idcloud_model::{Capabilities, Image};
use idcloud_simulator::{Config, IDENTITY_URL, Reaction, Simulator, TestAccount};
use serde_json::{Value, json};

pub(crate) const YES: &str = "52998224725";
pub(crate) const START: SystemTime = SystemTime::UNIX_EPOCH;

/// `seconds` after the start of 2026; up to a minute before it.
pub(crate) fn at(seconds: f64) -> SystemTime {
    START + Duration::from_secs(1_767_225_540) + Duration::from_secs_f64(60.0 + seconds)
}

/// Generating the key pair takes long, so all tests share one. The account is made again for each
/// tenant.
pub(crate) fn account(tenant_id: &str) -> TestAccount {
    static PEM: OnceLock<String> = OnceLock::new();
    let pem = PEM.get_or_init(|| {
        let mut simulator = Simulator::new(Config::default());
        simulator
            .issue_account()
            .unwrap()
            .private_key_pem()
            .to_owned()
    });
    TestAccount::from_pem("clerk", tenant_id, pem).unwrap()
}

pub(crate) fn sign(account: &TestAccount, header: &Value, claims: &Value) -> String {
    let der: String = account
        .private_key_pem()
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(crate) fn header() -> Value {
    json!({"alg": "RS256", "typ": "JWT"})
}

/// The claims of a valid assertion of `account`, made at `now`.
pub(crate) fn claims(account: &TestAccount, now: SystemTime) -> Value {
    let issued = now.duration_since(START).unwrap().as_secs();
    json!({
        "iss": format!("{}@{}.iam.acesso.io", account.account(), account.tenant_id()),
        "aud": IDENTITY_URL,
        "scope": "*",
        "iat": issued,
        "exp": issued + 3_600,
    })
}

pub(crate) fn token_request(assertion: &str) -> Request<Bytes> {
    form(&format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"
    ))
}

pub(crate) fn form(body: &str) -> Request<Bytes> {
    Request::post(format!("{IDENTITY_URL}/oauth2/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap()
}

/// A valid picture.
pub(crate) fn png() -> Vec<u8> {
    sized_png(720, 960)
}

pub(crate) fn sized_png(width: u32, height: u32) -> Vec<u8> {
    idcloud_simulator::sample_png(width, height, b"")
}

pub(crate) fn image() -> Image {
    Image::parse(png().into()).unwrap()
}

pub(crate) fn onboarding(code: &str, selfie: &str) -> Value {
    json!({"subject": {"code": code, "name": "Test Subject"}, "imageBase64": selfie})
}

pub(crate) fn plain() -> String {
    STANDARD.encode(png())
}

/// A simulator, and the credentials of a logged-in caller.
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) token: String,
    pub(crate) key: String,
}

impl Bench {
    /// A caller with a key for `capabilities`, logged in one minute before time 0.
    pub(crate) fn new(capabilities: &str) -> Self {
        Self::with(Config::default(), capabilities)
    }

    pub(crate) fn with(config: Config, capabilities: &str) -> Self {
        let mut simulator = Simulator::new(config);
        let account = account(simulator.tenant_id());
        simulator.register_account(&account);
        let key = simulator.issue_api_key(capabilities.parse::<Capabilities>().unwrap());
        let token = log_in(&mut simulator, &account, at(-60.0));
        Self {
            simulator,
            token,
            key,
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", idcloud_simulator::API_URL))
            .header("authorization", format!("Bearer {}", self.token))
            .header("apikey", &self.key)
    }

    pub(crate) fn create(&mut self, body: &Value, now: SystemTime) -> (StatusCode, Value) {
        self.create_raw(body.to_string(), now)
    }

    pub(crate) fn create_raw(
        &mut self,
        body: impl Into<Bytes>,
        now: SystemTime,
    ) -> (StatusCode, Value) {
        let request = self
            .request(Method::POST, "/processes/v1")
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap();
        read(&self.simulator.handle(request, now))
    }

    pub(crate) fn get(&mut self, path: &str, now: SystemTime) -> (StatusCode, Value) {
        let request = self.request(Method::GET, path).body(Bytes::new()).unwrap();
        read(&self.simulator.handle(request, now))
    }

    pub(crate) fn look_up(&mut self, id: &Value, now: SystemTime) -> (StatusCode, Value) {
        self.get(&format!("/processes/v1/{}", id.as_str().unwrap()), now)
    }
}

pub(crate) fn log_in(simulator: &mut Simulator, account: &TestAccount, now: SystemTime) -> String {
    log_in_at(simulator, account, IDENTITY_URL, now)
}

/// The same with a simulator whose identity service has another address.
pub(crate) fn log_in_at(
    simulator: &mut Simulator,
    account: &TestAccount,
    identity_url: &str,
    now: SystemTime,
) -> String {
    let mut claims = claims(account, now);
    claims["aud"] = json!(identity_url);
    let assertion = sign(account, &header(), &claims);
    let (status, body) = read(&simulator.handle(token_request(&assertion), now));
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

/// Checks that the answer is JSON and marked as simulated.
pub(crate) fn read(reaction: &Reaction) -> (StatusCode, Value) {
    let response = &reaction.response;
    assert_eq!(response.headers()["idcloud-simulated"], "true");
    assert_eq!(
        response.headers()["content-type"],
        "application/json; charset=utf-8"
    );
    (
        response.status(),
        serde_json::from_slice(response.body()).unwrap(),
    )
}

/// Status and code of an error envelope; the code is empty for other answers.
pub(crate) fn code((status, body): &(StatusCode, Value)) -> (u16, &str) {
    (
        status.as_u16(),
        body["error"]["code"].as_str().unwrap_or_default(),
    )
}

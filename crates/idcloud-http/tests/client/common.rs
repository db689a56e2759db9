//! Shared by the tests: an account without a key, a request, and a client over a script.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use idcloud_http::testing::{ScriptedTransport, VirtualClock};
use idcloud_http::{
    ApiKey, Client, ClientBuilder, Clock, Environment, ServiceAccount, SignError, Signer,
};
use idcloud_model::request::{CreateRequest, IdentityRequest, LivenessRequest};
use idcloud_model::{Capabilities, CaptureToken, ProcessId, Selfie, SubjectDraft};

pub(crate) const ID: &str = "3f2b8a54-1c1d-4e4b-9d7a-111111111111";
pub(crate) const DONE: &str =
    r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111","status":3,"unicoId":{"result":"yes"}}"#;
pub(crate) const FAILED: &str = r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111","status":5}"#;

/// Signs with nothing: the scripts do not verify.
pub(crate) struct NoSignature;

#[async_trait]
impl Signer for NoSignature {
    async fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(vec![0; 256])
    }
}

pub(crate) fn account() -> ServiceAccount {
    ServiceAccount::with_signer("tests", "tenant", Arc::new(NoSignature)).unwrap()
}

pub(crate) fn key() -> ApiKey {
    ApiKey::new("an-api-key", Capabilities::NONE.with_liveness()).unwrap()
}

pub(crate) fn id() -> ProcessId {
    ID.parse().unwrap()
}

/// A WebP header of 800 x 600 and noise after it: nothing here decodes it.
pub(crate) fn picture(len: usize) -> Bytes {
    let mut bytes = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x20\x03\x58\x02".to_vec();
    bytes.extend((bytes.len()..len).map(|_| fastrand::u8(..)));
    Bytes::from(bytes)
}

pub(crate) fn create_of(len: usize) -> CreateRequest {
    let draft = SubjectDraft {
        code: Some("52998224725".to_owned().into()),
        name: Some("Test Subject".to_owned().into()),
        ..SubjectDraft::default()
    };
    let selfie = Selfie::from_input(picture(len), std::time::SystemTime::UNIX_EPOCH).unwrap();
    IdentityRequest::new(draft.parse().unwrap(), selfie)
        .unwrap()
        .into()
}

pub(crate) fn create() -> CreateRequest {
    create_of(5000)
}

/// A builder over a script, on virtual time, whose waits are the longest that jitter allows.
pub(crate) fn builder(transport: &Arc<ScriptedTransport>) -> ClientBuilder {
    builder_with(transport, Arc::new(VirtualClock::new()))
}

pub(crate) fn builder_with(
    transport: &Arc<ScriptedTransport>,
    clock: Arc<dyn Clock>,
) -> ClientBuilder {
    let transport: Arc<ScriptedTransport> = Arc::clone(transport);
    Client::builder(Environment::local(account()))
        .transport(transport)
        .clock(clock)
        .jitter(Arc::new(|| 1.0))
}

pub(crate) fn client(transport: &Arc<ScriptedTransport>) -> Client {
    builder(transport).build().unwrap()
}

/// A create with a capture token of unknown age.
pub(crate) fn capture() -> CreateRequest {
    capture_with("{}", std::time::SystemTime::UNIX_EPOCH)
}

/// A create with a capture token of these claims, made at `now`.
pub(crate) fn capture_with(claims: &str, now: std::time::SystemTime) -> CreateRequest {
    let part = |text: &str| {
        base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text)
    };
    let token = format!(
        "{}.{}.c2lnbmF0dXJl",
        part(r#"{"alg":"RS256"}"#),
        part(claims)
    );
    let token = CaptureToken::parse(&token, now).unwrap();
    LivenessRequest::new(token).into()
}

//! Nothing personal leaks: every secret and every personal value is a marker, every crate logs at
//! TRACE, and no marker may appear in a log, a span, an error, a `Debug` output or a panic.

#![cfg(feature = "reqwest")]
#![expect(
    clippy::unwrap_used,
    reason = "what this lint forbids is how a test fails"
)]

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use idcloud_http::testing::{ScriptedTransport, Step};
use idcloud_http::{
    ApiKey, BeforeDispatch, BoxError, CallOptions, Client, Endpoints, Environment,
    ReqwestTransport, ServiceAccount, SignError, Signer, Transport,
};
use idcloud_model::request::{CreateRequest, IdentityRequest, LivenessRequest};
use idcloud_model::{
    Capabilities, CaptureToken, Cpf, DocumentType, ReusableDocumentsQuery, Selfie, SubjectDraft,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[path = "client/tls_server.rs"]
mod tls_server;

use tls_server::tls_server;

const API_KEY: &str = "MARKERAPIKEY";
const TOKEN: &str = "MARKERTOKEN";
const NAME: &str = "Markername Markersurname";
const EMAIL: &str = "marker@mail.example";
const CPF: &str = "52998224725";
const PHONE: &str = "5511987654321";
const CAPTURED: &str = "MARKERCAPTUREDMARKERCAPTURED";
const SIGNATURE: &[u8] = b"MARKERSIGNATUREMARKERSIGNATURE";
const ANSWERED: &str = "MARKERANSWERED";
const ID: &str = "3f2b8a54-1c1d-4e4b-9d7a-111111111111";

fn markers() -> Vec<String> {
    let base64 =
        |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    vec![
        API_KEY.into(),
        TOKEN.into(),
        "Markername".into(),
        "marker@mail".into(),
        CPF.into(),
        "529.982".into(),
        // The middle of the picture's base64, whatever surrounds it.
        base64(&[0xAB; 30]),
        base64(SIGNATURE)[..20].into(),
        ANSWERED.into(),
        PHONE.into(),
        "98765-4321".into(),
        CAPTURED.into(),
        "MARKERPEM".into(),
    ]
}

/// Captures all logs.
#[derive(Clone, Default)]
struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl log::Log for Capture {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        let _ = writeln!(self.clone(), "log {} {}", record.target(), record.args());
    }
    fn flush(&self) {}
}

struct MarkedSigner;

#[async_trait]
impl Signer for MarkedSigner {
    async fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(SIGNATURE.to_vec())
    }
}

struct Failing;

#[async_trait]
impl BeforeDispatch for Failing {
    async fn before_dispatch(&self, _attempt: u32) -> Result<(), BoxError> {
        Err("the journal is full".into())
    }
}

/// Answers each request in turn with one of these, and token exchanges with a token.
async fn server(answers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers = Arc::new(Mutex::new(answers.into_iter()));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else {
                        continue;
                    };
                    let length = head
                        .lines()
                        .find_map(|line| line.strip_prefix("content-length: "))
                        .map_or(0, |length| length.parse().unwrap());
                    if body.len() < length {
                        continue;
                    }
                    let answer = if head.starts_with("POST /oauth2") {
                        let body = format!(r#"{{"access_token":"{TOKEN}","expires_in":3600}}"#);
                        format!(
                            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
                            body.len()
                        )
                    } else {
                        answers.lock().unwrap().next().unwrap_or_default()
                    };
                    bytes.clear();
                    if answer.is_empty() || stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

fn answer(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nx-note: {ANSWERED}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn create() -> CreateRequest {
    let mut picture = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x20\x03\x58\x02".to_vec();
    picture.resize(20_000, 0xAB);
    let selfie = Selfie::from_input(Bytes::from(picture), std::time::SystemTime::UNIX_EPOCH);
    let draft = SubjectDraft {
        code: Some(CPF.to_owned().into()),
        name: Some(NAME.to_owned().into()),
        email: Some(EMAIL.to_owned().into()),
        phone: Some("+55 (11) 98765-4321".to_owned().into()),
        ..SubjectDraft::default()
    };
    IdentityRequest::new(draft.parse().unwrap(), selfie.unwrap())
        .unwrap()
        .into()
}

/// A liveness create whose capture token ends in a marker.
fn captured() -> CreateRequest {
    // `{"alg":"RS256"}` and `{}`.
    let token = format!("eyJhbGciOiJSUzI1NiJ9.e30.{CAPTURED}");
    let token = CaptureToken::parse(&token, std::time::SystemTime::UNIX_EPOCH).unwrap();
    LivenessRequest::new(token).into()
}

/// A private key of its own, and a piece of its text.
fn private_key() -> (String, String) {
    use aws_lc_rs::encoding::AsDer as _;
    let pair = aws_lc_rs::signature::RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048);
    let pair = pair.unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der = pair.as_der().unwrap();
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der.as_ref());
    let piece = text.get(400..430).unwrap().to_owned();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    (pem, piece)
}

fn client(url: &str, transport: Arc<dyn Transport>) -> Client {
    let account = ServiceAccount::with_signer("tests", "tenant", Arc::new(MarkedSigner)).unwrap();
    client_for(account, url, transport)
}

fn client_for(account: ServiceAccount, url: &str, transport: Arc<dyn Transport>) -> Client {
    Client::builder(Environment::custom(
        Endpoints::parse(url, url).unwrap(),
        account,
    ))
    .transport(transport)
    .jitter(Arc::new(|| 0.0))
    .rate(1000)
    .build()
    .unwrap()
}

/// Everything that a failure shows: its `Display`, its `Debug`, and both of all its causes.
fn shown(mut error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    loop {
        let _ = writeln!(text, "{error} | {error:?} | {error:#?}");
        match error.source() {
            Some(cause) => error = cause,
            None => return text,
        }
    }
}

/// A successful exchange over TLS, signed with a key from a file; and files that hold none.
async fn signed_and_over_tls(pem: &str, options: &CallOptions) -> String {
    let mut shows = String::new();
    let body = format!(r#"{{"access_token":"{TOKEN}","expires_in":3600}}"#);
    let (secured, authority) = tls_server(body).await;
    let trusting = ReqwestTransport::builder()
        .client_builder(|| reqwest::Client::builder().no_proxy())
        .root_certificates(authority.as_bytes())
        .unwrap();
    let _ = writeln!(shows, "{trusting:?}");
    let account = ServiceAccount::from_pem("tests", "tenant", pem.as_bytes()).unwrap();
    let _ = writeln!(shows, "{account:?}");
    let over_tls = client_for(account, &secured, Arc::new(trusting.build().unwrap()));
    let secured = over_tls.access_token(options).await.unwrap();
    assert_eq!(secured.expose(), TOKEN);
    let _ = writeln!(shows, "{over_tls:?} {secured:?}");
    for broken in [
        "-----BEGIN PRIVATE KEY-----\nMARKERPEM\n",
        "-----BEGIN PRIVATE KEY-----\nMARKERPEMMARKERPEMMA\n-----END PRIVATE KEY-----\n",
    ] {
        let error = ServiceAccount::from_pem("tests", "tenant", broken.as_bytes()).unwrap_err();
        shows.push_str(&shown(&error));
    }
    shows
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "everything that can fail, in one place"
)]
async fn no_marker_in_logs_errors_or_debug_output() {
    let capture = Capture::default();
    // Every crate, with either of the two logging facades.
    log::set_boxed_logger(Box::new(capture.clone())).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let writer = capture.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let hook = std::panic::take_hook();
    let panics = capture.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = writeln!(panics.clone(), "panic {panic}");
    }));

    let key = ApiKey::new(API_KEY, Capabilities::NONE.with_liveness()).unwrap();
    let done =
        format!(r#"{{"id":"{ID}","status":3,"unicoId":{{"result":"yes"}},"x":"{ANSWERED}"}}"#);
    let refusal = format!(r#"{{"error":{{"code":"20507","description":"{ANSWERED} {CPF}"}}}}"#);
    let documents = format!(r#"{{"items":["{ANSWERED}"]}}"#);
    let url = server(vec![
        answer(200, &done),
        answer(400, &refusal),
        answer(401, ANSWERED),
        answer(200, &done),
        answer(500, ANSWERED),
        answer(200, ANSWERED),
        String::new(),
        answer(200, &documents),
        answer(400, &refusal),
        answer(200, &done),
        answer(400, &refusal),
        answer(500, ANSWERED),
        answer(200, &done),
        answer(404, &refusal),
    ])
    .await;
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    let network = client(&url, transport);
    let nowhere = client(
        "http://127.0.0.1:1",
        Arc::new(ReqwestTransport::new().unwrap()),
    );
    let options = CallOptions::default().with_attempt_timeout(Duration::from_secs(2));
    let hooked = options.clone().with_before_dispatch(Arc::new(Failing));
    let cpf: Cpf = CPF.parse().unwrap();
    let query = ReusableDocumentsQuery::new(cpf, DocumentType::CNH);
    let request = create();

    let mut shows = format!("{key:?} {network:?} {request:?} {options:?} {query:?}\n");
    let _ = writeln!(shows, "{:?}", request.body());
    let captured = captured();
    let _ = writeln!(shows, "{captured:?} {:?}", captured.body());
    let (pem, piece) = private_key();
    shows.push_str(&signed_and_over_tls(&pem, &options).await);
    let mut failures = 0;
    let mut note = |error: Option<idcloud_http::Error>| {
        if let Some(error) = error {
            failures += 1;
            shows.push_str(&shown(&error));
            let _ = writeln!(shows, "{:?}", error.help());
        }
    };
    let token = network.access_token(&options).await.unwrap();
    assert_eq!(token.expose(), TOKEN);
    for _ in 0..6 {
        let end = network.create(&key, &request, &options).await;
        note(end.map(|answer| format!("{answer:?}")).err());
    }
    note(network.create(&key, &request, &hooked).await.err());
    for _ in 0..2 {
        note(
            network
                .reusable_documents(&key, &query, &options)
                .await
                .err(),
        );
    }
    for _ in 0..3 {
        let end = network.create(&key, &captured, &options).await;
        note(end.map(|answer| format!("{answer:?}")).err());
    }
    let id = ID.parse().unwrap();
    for _ in 0..2 {
        let end = network.process_details(&key, &id, &options).await;
        note(end.map(|answer| format!("{answer:?}")).err());
    }
    note(nowhere.create(&key, &request, &options).await.err());
    let quick = options.clone().with_deadline(Duration::from_millis(10));
    note(nowhere.reusable_documents(&key, &query, &quick).await.err());

    // A failing handshake, for rustls' logs.
    let dropping = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let secure = format!(
        "https://localhost:{}",
        dropping.local_addr().unwrap().port()
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = dropping.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
        }
    });
    let handshake = client(&secure, Arc::new(ReqwestTransport::new().unwrap()));
    note(handshake.create(&key, &request, &options).await.err());

    let panicking = client(
        &url,
        Arc::new(ScriptedTransport::new().every_call(Step::Panic)),
    );
    let panicked = tokio::spawn(async move {
        let _ = panicking
            .create(&key, &create(), &CallOptions::default())
            .await;
    });
    assert!(panicked.await.unwrap_err().is_panic());
    std::panic::set_hook(hook);
    let _ = writeln!(shows, "{token:?}");

    assert!(failures >= 12, "{failures} failures were looked at");
    let logs = capture.text();
    for crate_name in [
        "hyper",
        "reqwest",
        "rustls",
        "idcloud.create_process",
        "panic ",
    ] {
        assert!(logs.contains(crate_name), "{crate_name} logs nothing");
    }
    for marker in markers().into_iter().chain([piece]) {
        for (place, text) in [("logs", &logs), ("errors", &shows)] {
            if let Some(at) = text.find(&marker) {
                let from = at.saturating_sub(200);
                panic!(
                    "{marker} in {place}: {}",
                    text.get(from..at + 100).unwrap_or_default()
                );
            }
        }
    }
}

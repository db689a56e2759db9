//! Faults, control, time and TLS on a real socket, with the project's own client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use idcloud_http::{
    ApiKey, CallOptions, Client, Delivery, Endpoints, Environment, ReqwestTransport, SystemClock,
};
use idcloud_model::Capabilities;
use idcloud_simulator::{Config, ManualClock, Server, SharedSimulator, Simulator};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::bench::{YES, account, image};
use super::client::{onboarding, service_account};
use super::faults::{CREATES, rule};

/// A simulator behind a socket, and a client for it.
struct Served {
    address: SocketAddr,
    simulator: SharedSimulator,
    client: Client,
    key: ApiKey,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn serve_with(
    config: Config,
    scheme: &str,
    transport: Option<ReqwestTransport>,
    server: impl FnOnce(SharedSimulator) -> Server,
) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("{scheme}://{address}");
    let mut simulator = Simulator::new(config.with_identity_url(&url));
    let account = account(simulator.tenant_id());
    simulator.register_account(&account);
    let capabilities: Capabilities = "identity".parse().unwrap();
    let key = ApiKey::new(simulator.issue_api_key(capabilities), capabilities).unwrap();
    let simulator = SharedSimulator::new(simulator);
    let server = server(simulator.clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(server.run(listener, async move {
        let _ = stopped.await;
    }));
    let endpoints = Endpoints::parse(&url, &url).unwrap();
    let environment = Environment::custom(endpoints, service_account(&account));
    let mut client = Client::builder(environment).jitter(Arc::new(|| 0.0));
    if let Some(transport) = transport {
        client = client.transport(Arc::new(transport));
    }
    Served {
        address,
        simulator,
        client: client.build().unwrap(),
        key,
        stop,
        server,
    }
}

async fn serve(config: Config) -> Served {
    serve_with(config, "http", None, |simulator| {
        Server::new(simulator, Arc::new(SystemClock::new()))
    })
    .await
}

impl Served {
    async fn create(&self) -> Result<(), idcloud_http::Error> {
        let options = CallOptions::default().with_attempt_timeout(Duration::from_millis(700));
        let options = if self.is_slow() {
            CallOptions::default()
        } else {
            options
        };
        let request = onboarding(YES, image());
        let answer = self.client.create(&self.key, &request, &options).await?;
        assert!(answer.simulated());
        Ok(())
    }

    fn is_slow(&self) -> bool {
        self.simulator
            .lock()
            .faults()
            .any(|rule| rule.to_string().contains("latency"))
    }

    fn billed(&self) -> u64 {
        self.simulator.lock().ledger().billed()
    }

    /// A hand-written request from this machine.
    async fn ask(&self, head: &str, body: &str) -> (u16, Value) {
        let host = format!("{head}\r\nhost: {}", self.address);
        self.ask_as(&host, body).await
    }

    async fn ask_as(&self, head: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let request =
            format!("{head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer[9..12].parse().unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        (status, serde_json::from_str(body).unwrap())
    }
}

/// Every fault happens on a socket, and the client's report agrees with the ledger: "not sent" was
/// not processed, "answered" was answered, and no create is billed twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_happen() {
    let mut cases = JoinSet::new();
    for &(fault, in_process, billed) in CREATES {
        cases.spawn(async move {
            let served = serve(Config::default().with_fault(rule(fault))).await;
            let result = served.create().await;
            // A connection that carried a request's head can no longer be refused.
            let said = match (fault, in_process) {
                ("create:next:refuse" | "create:always:refuse", _) => (Some(Delivery::Unknown), 0),
                (_, said) => (said, billed),
            };
            let delivery = result.as_ref().err().map(idcloud_http::Error::delivery);
            assert_eq!((delivery, served.billed()), said, "{fault}: {result:?}");
            assert!(
                served.simulator.lock().ledger().doubles().is_empty(),
                "{fault}"
            );
        });
    }
    while let Some(done) = cases.join_next().await {
        done.unwrap();
    }
}

/// A port that is closed for a while really refuses: the client knows that nothing was sent, and
/// succeeds afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_port() {
    let served = serve(Config::default()).await;
    let _ = served
        .client
        .access_token(&CallOptions::default())
        .await
        .unwrap();
    served
        .simulator
        .lock()
        .add_fault(rule("connection:next:refuse/1500ms"));
    // The first one is reset, and the port is closed after it.
    if let Ok(mut first) = TcpStream::connect(served.address).await {
        assert!(first.read_u8().await.is_err());
    }
    let options = CallOptions::default().with_deadline(Duration::from_millis(600));
    let request = onboarding(YES, image());
    let error = served
        .client
        .create(&served.key, &request, &options)
        .await
        .unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent, "{error:?}");
    assert_eq!(served.billed(), 0);
    let clock = SystemClock::new();
    for _ in 0..40 {
        idcloud_http::Clock::sleep(&clock, Duration::from_millis(100)).await;
        if TcpStream::connect(served.address).await.is_ok() {
            break;
        }
    }
    served.create().await.unwrap();
    assert_eq!(served.billed(), 1);
}

/// An operator's arrangement over HTTP takes effect, and the ledger shows its cost.
#[tokio::test]
async fn control_endpoints() {
    let served = serve(Config::default()).await;
    let rules = json!({
        "outcomes": [{"code": YES, "identity": "no"}],
        "faults": ["create:next:503-after-processing"],
        "captures": "after-answer",
    });
    let (status, state) = served
        .ask("PUT /_simulator/rules HTTP/1.1", &rules.to_string())
        .await;
    assert_eq!(status, 200, "{state}");
    assert_eq!(state["faults"], json!(["create:next:503-after-processing"]));
    assert_eq!(state["captures"], "after-answer");
    let error = served.create().await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::Unknown);
    let (_, ledger) = served.ask("GET /_simulator/ledger HTTP/1.1", "").await;
    assert_eq!(ledger["billed"], 1);
    assert_eq!(ledger["processes"][0]["answered"], false);
    let options = CallOptions::default();
    let request = onboarding(YES, image());
    let answer = served
        .client
        .create(&served.key, &request, &options)
        .await
        .unwrap();
    let identity = format!("{:?}", answer.value().evidence().identity());
    assert!(identity.contains("No"), "{identity}");
    let (_, ledger) = served.ask("GET /_simulator/ledger HTTP/1.1", "").await;
    assert_eq!(ledger["doubles"].as_array().map(Vec::len), Some(1));
    let (status, state) = served.ask("POST /_simulator/reset HTTP/1.1", "").await;
    assert_eq!(
        (status, &state["billed"], &state["outcomes"]),
        (200, &json!(0), &json!(0))
    );
    for (head, expected) in [
        ("GET /_simulator/state HTTP/1.1", 200),
        ("GET /_simulator/clock HTTP/1.1", 200),
        ("POST /_simulator/clock HTTP/1.1", 409),
        ("DELETE /_simulator/clock HTTP/1.1", 405),
        ("POST /_simulator/state HTTP/1.1", 405),
        ("GET /_simulator/nothing HTTP/1.1", 404),
        ("PUT /_simulator/rules HTTP/1.1", 400),
    ] {
        assert_eq!(served.ask(head, "").await.0, expected, "{head}");
    }
}

/// Control requests are accepted from this machine and with the token; a web page, a proxy or a
/// host name that resolves to this machine is a stranger.
#[tokio::test]
async fn strangers_are_refused() {
    let served = serve_with(Config::default(), "http", None, |simulator| {
        Server::new(simulator, Arc::new(SystemClock::new())).with_control_token("open sesame")
    })
    .await;
    let head = "GET /_simulator/ledger HTTP/1.1";
    for (headers, expected) in [
        ("host: 127.0.0.1", 200),
        ("host: localhost:8080", 200),
        ("host: [::1]:8080", 200),
        ("host: 127.0.0.1\r\nsec-fetch-site: none", 200),
        ("host: 127.0.0.1\r\nsec-fetch-site: same-origin", 200),
        ("host: 127.0.0.1\r\nx-request-id: 1\r\nreferer: /", 200),
        ("x-no-host: 1", 403),
        ("host: evil.test", 403),
        ("host: 127.0.0.1\r\nhost: 127.0.0.1", 403),
        ("host: user@localhost", 403),
        ("host: user:word@127.0.0.1:8080", 403),
        ("host: 127.0.0.1\r\norigin: http://evil.test", 403),
        ("host: 127.0.0.1\r\nsec-fetch-site: cross-site", 403),
        ("host: 127.0.0.1\r\nsec-fetch-site: same-site", 403),
        (
            "host: 127.0.0.1\r\nsec-fetch-site: none\r\nsec-fetch-site: cross-site",
            403,
        ),
        ("host: 127.0.0.1\r\nvia: 1.1 proxy", 403),
        ("host: 127.0.0.1\r\nforwarded: for=203.0.113.9", 403),
        ("host: 127.0.0.1\r\nx-forwarded-for: 203.0.113.9", 403),
        ("host: 127.0.0.1\r\nx-forwarded-host: evil.test", 403),
        ("host: 127.0.0.1\r\nx-forwarded-proto: https", 403),
        ("host: 127.0.0.1\r\nx-forwarded-client-cert: Hash=0", 403),
        ("host: 127.0.0.1\r\nX-Real-IP: 203.0.113.9", 403),
        ("host: 127.0.0.1\r\nx-original-url: /", 403),
        ("host: 127.0.0.1\r\ncf-connecting-ip: 203.0.113.9", 403),
        ("host: 127.0.0.1\r\ntrue-client-ip: 203.0.113.9", 403),
        (
            "host: 127.0.0.1\r\nx-envoy-external-address: 203.0.113.9",
            403,
        ),
        ("host: 127.0.0.1\r\nproxy-connection: keep-alive", 403),
        ("host: 127.0.0.1\r\nX_Forwarded_For: 203.0.113.9", 403),
        ("host: 127.0.0.1\r\nfly-client-ip: 203.0.113.9", 403),
        ("host: 127.0.0.1\r\nx-originating-ip: 203.0.113.9", 403),
        ("host: 127.0.0.1\r\nreferer: http://127.0.0.1/", 200),
        ("host: 127.0.0.1\r\nreferer: http://evil.test/", 403),
        ("host: evil.test\r\nauthorization: Bearer open", 403),
        ("host: evil.test\r\nauthorization: Bearer open sesame", 200),
    ] {
        let (status, _) = served.ask_as(&format!("{head}\r\n{headers}"), "").await;
        assert_eq!(status, expected, "{headers}");
    }
    for target in ["http://127.0.0.1", "http://localhost", "http://evil.test"] {
        let head = format!("GET {target}/_simulator/ledger HTTP/1.1\r\nhost: 127.0.0.1");
        let (status, refusal) = served.ask_as(&head, "").await;
        assert_eq!(status, 403, "{target}");
        assert!(
            refusal["message"].as_str().unwrap().contains("target"),
            "{refusal}"
        );
    }
}

/// In virtual time a day of waiting passes at once, and its events happen in order: a score, and a
/// notice that is refused until the receiver is up again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_in_a_moment() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/notices", receiver.local_addr().unwrap());
    let notices = tokio::spawn(async move {
        let mut bodies = Vec::new();
        for status in ["503 Busy", "204 OK"] {
            let (mut stream, _) = receiver.accept().await.unwrap();
            let mut request = vec![0; 4_096];
            let read = stream.read(&mut request).await.unwrap();
            bodies.push(String::from_utf8(request[..read].to_vec()).unwrap());
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        bodies
    });
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let clock = Arc::new(ManualClock::new(epoch));
    let config = Config::default().with_score_latency(Duration::from_secs(23 * 3_600));
    let served = serve_with(config, "http", None, |simulator| {
        Server::in_virtual_time(simulator, clock.clone())
    })
    .await;
    let rules = json!({"webhooks": [{
        "url": url,
        "auth": {"type": "basic", "user": "ann", "password": "pw"},
        "firstWait": "10m",
        "longestWait": "1h",
    }]});
    let (status, answer) = served
        .ask("PUT /_simulator/rules HTTP/1.1", &rules.to_string())
        .await;
    assert_eq!(status, 200, "{answer}");
    let key = {
        let mut simulator = served.simulator.lock();
        simulator.issue_api_key("identity,risk-score".parse::<Capabilities>().unwrap())
    };
    let account = account(served.simulator.lock().tenant_id());
    let token = super::bench::log_in_at(
        &mut served.simulator.lock(),
        &account,
        &format!("http://{}", served.address),
        epoch,
    );
    let create = format!(
        "POST /processes/v1 HTTP/1.1\r\nauthorization: Bearer {token}\r\napikey: {key}\r\ncontent-type: application/json"
    );
    let body = super::bench::onboarding("11122230370", &super::bench::plain()).to_string();
    let (status, process) = served.ask(&create, &body).await;
    assert_eq!((status, &process["status"]), (200, &json!(1)), "{process}");
    let system = SystemClock::new();
    let begun = idcloud_http::Clock::instant(&system);
    let (status, clock) = served
        .ask("POST /_simulator/clock HTTP/1.1", r#"{"advance":"1d"}"#)
        .await;
    assert_eq!(
        (status, &clock["now"]),
        (200, &json!("2026-01-02T00:00:00.000000Z")),
        "{clock}"
    );
    let bodies = notices.await.unwrap();
    let took = idcloud_http::Clock::instant(&system).duration_since(begun);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(bodies.len(), 2);
    for body in bodies {
        assert!(body.contains("authorization: Basic YW5uOnB3\r\n"), "{body}");
        assert!(body.contains(process["id"].as_str().unwrap()), "{body}");
    }
    let (_, state) = served.ask("GET /_simulator/state HTTP/1.1", "").await;
    assert_eq!(state["webhooks"]["delivered"], 1);
    assert_eq!(state["webhooks"]["failedAttempts"], 1);
}

/// At shutdown, requests that have arrived are answered at once, and hanging ones are cut off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_is_graceful() {
    let served = serve(
        Config::default()
            .with_fault(rule("create:always:latency=1h"))
            .with_fault(rule("get:always:hang")),
    )
    .await;
    let _ = served
        .client
        .access_token(&CallOptions::default())
        .await
        .unwrap();
    let (client, key, simulator) = (
        served.client.clone(),
        served.key.clone(),
        served.simulator.clone(),
    );
    let create = tokio::spawn(async move {
        let request = onboarding(YES, image());
        client.create(&key, &request, &CallOptions::default()).await
    });
    while simulator.lock().ledger().billed() == 0 {
        tokio::task::yield_now().await;
    }
    let mut hanging = TcpStream::connect(served.address).await.unwrap();
    let head = "GET /processes/v1/x HTTP/1.1\r\nhost: localhost\r\n\r\n";
    hanging.write_all(head.as_bytes()).await.unwrap();
    while simulator.lock().tally().lookups == 0 {
        tokio::task::yield_now().await;
    }
    drop(served.stop);
    served.server.await.unwrap().unwrap();
    assert!(create.await.unwrap().unwrap().simulated());
    assert!(hanging.read_u8().await.is_err());
}

/// TLS with a certificate of a generated authority: only a client with the authority's certificate
/// trusts it.
#[cfg(feature = "tls")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_by_an_authority_of_its_own() {
    use idcloud_simulator::TlsIdentity;

    let identity = TlsIdentity::generate(["localhost", "127.0.0.1"]).unwrap();
    let transport = ReqwestTransport::builder()
        .root_certificates(identity.authority_pem().as_bytes())
        .unwrap()
        .build()
        .unwrap();
    let served = serve_with(Config::default(), "https", Some(transport), |simulator| {
        Server::new(simulator, Arc::new(SystemClock::new())).with_tls(identity.clone())
    })
    .await;
    served.create().await.unwrap();
    assert_eq!(served.billed(), 1);
    // Faults happen behind TLS as well; a connection that ends before the handshake carried no
    // request.
    served
        .simulator
        .lock()
        .add_fault(rule("create:next:reset-in-answer=3"));
    assert_eq!(
        served.create().await.unwrap_err().delivery(),
        Delivery::Unknown
    );
    assert_eq!(served.billed(), 2);

    let stranger = ReqwestTransport::builder().build().unwrap();
    let request = http::Request::get(format!("https://{}/processes/v1/x", served.address))
        .body(bytes::Bytes::new())
        .unwrap();
    let context =
        idcloud_http::CallContext::new(idcloud_http::Operation::Process, 1, Duration::from_secs(5));
    let error = idcloud_http::Transport::send(&stranger, request, context)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), idcloud_http::TransportErrorKind::Connect);
    assert!(TlsIdentity::generate(["not a name \u{e9}"]).is_err());
}

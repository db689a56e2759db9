//! The simulator behind a real socket.

use std::sync::Arc;

use idcloud_http::{ApiKey, CallOptions, Client, Endpoints, Environment, SystemClock};
use idcloud_model::request::{CreateRequest, IdentityRequest};
use idcloud_model::{Capabilities, Status, Subject, SubjectCode};
use idcloud_simulator::{Config, SharedSimulator, Simulator, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::bench::{YES, account, image};
use super::client::service_account;

struct Served {
    address: String,
    simulator: SharedSimulator,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn served() -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let config = Config::default().with_identity_url(format!("http://{address}"));
    let simulator = SharedSimulator::new(Simulator::new(config));
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let clock = Arc::new(SystemClock::new());
    let server = tokio::spawn(serve(listener, simulator.clone(), clock, shutdown));
    Served {
        address,
        simulator,
        stop,
        server,
    }
}

async fn exchange(address: &str, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{head} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(body).await;
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

/// One address answers for both hosts, with the mark and one `Date`; a shutdown ends the server.
#[tokio::test]
async fn answers_and_stops() {
    let served = served().await;
    let answer = exchange(&served.address, "POST /oauth2/token", b"").await;
    assert!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    assert!(answer.contains("idcloud-simulated: true\r\n"), "{answer}");
    assert_eq!(answer.matches("\r\ndate: ").count(), 1, "{answer}");
    let answer = exchange(&served.address, "GET /processes/v1/x", b"").await;
    assert!(answer.contains("\"20001\""), "{answer}");

    served.stop.send(()).unwrap();
    served.server.await.unwrap().unwrap();
    assert!(TcpStream::connect(&served.address).await.is_err());
}

/// A selfie that is far too large is read and judged; only an extreme body is refused unread.
#[tokio::test]
async fn large_bodies() {
    let served = served().await;
    let answer = exchange(&served.address, "POST /processes/v1", &vec![b'x'; 3 << 20]).await;
    assert!(answer.contains("\"20001\""), "{answer}");
    let absurd = vec![b'x'; (16 << 20) + 1];
    let answer = exchange(&served.address, "POST /processes/v1", &absurd).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("idcloud-simulated: true"), "{answer}");
}

/// The project's client, with its own transport, gets a verdict over the socket.
#[tokio::test]
async fn serves_the_client() {
    let served = served().await;
    let (account, key) = {
        let mut simulator = served.simulator.lock();
        let account = account(simulator.tenant_id());
        simulator.register_account(&account);
        let capabilities: Capabilities = "identity".parse().unwrap();
        let key = simulator.issue_api_key(capabilities);
        (account, ApiKey::new(key, capabilities).unwrap())
    };
    let url = format!("http://{}", served.address);
    let endpoints = Endpoints::parse(&url, &url).unwrap();
    let environment = Environment::custom(endpoints, service_account(&account));
    let client = Client::builder(environment).build().unwrap();
    let code: SubjectCode = YES.parse().unwrap();
    let subject = Subject::new(code).with_name("Test Subject".parse().unwrap());
    let request: CreateRequest = IdentityRequest::new(subject, image()).unwrap().into();
    let answer = client
        .create(&key, &request, &CallOptions::default())
        .await
        .unwrap();
    assert!(answer.simulated());
    assert_eq!(answer.value().status(), &Status::Completed);
    assert_eq!(served.simulator.lock().tally().processes_created, 1);
}

//! The simulator behind a real socket.

use std::sync::Arc;

use idcloud_http::SystemClock;
use idcloud_model::Capabilities;
use idcloud_simulator::{Config, Simulator, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

async fn served() -> (String, oneshot::Sender<()>, JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut simulator =
        Simulator::new(Config::default().with_identity_url(format!("http://{address}")));
    simulator.issue_api_key("identity".parse::<Capabilities>().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let server = tokio::spawn(serve(
        listener,
        simulator,
        Arc::new(SystemClock::new()),
        shutdown,
    ));
    (address, stop, server)
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

/// One address answers for both hosts, marked as simulated; and a shutdown ends it.
#[tokio::test]
async fn answers_and_stops() {
    let (address, stop, server) = served().await;
    let answer = exchange(&address, "POST /oauth2/token", b"").await;
    assert!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    assert!(answer.contains("idcloud-simulated: true\r\n"), "{answer}");
    let answer = exchange(&address, "GET /processes/v1/x", b"").await;
    assert!(answer.contains("\"20001\""), "{answer}");

    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(&address).await.is_err());
}

/// A selfie far too large is read and judged, not cut off; only an absurd body is refused unread.
#[tokio::test]
async fn large_bodies() {
    let (address, _stop, _server) = served().await;
    let answer = exchange(&address, "POST /processes/v1", &vec![b'x'; 3 << 20]).await;
    assert!(answer.contains("\"20001\""), "{answer}");
    let answer = exchange(&address, "POST /processes/v1", &vec![b'x'; (16 << 20) + 1]).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("idcloud-simulated: true"), "{answer}");
}

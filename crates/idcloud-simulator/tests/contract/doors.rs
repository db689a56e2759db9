//! The resources that an unknown client can take from a served simulator: some connections, some
//! seconds, and almost no memory.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use idcloud_http::{Clock as _, SystemClock};
use idcloud_model::Capabilities;
use idcloud_simulator::{Config, Server, SharedSimulator, Simulator};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::bench::{YES, account, log_in_at, onboarding, plain};

const HALF_A_HEAD: &[u8] = b"POST /processes/v1 HTTP/1.1\r\nhost: localhost\r\nauthoriz";
const UNFINISHED: &[u8] =
    b"POST /processes/v1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 16000000\r\n\r\nxxxx";
const SHORT: Duration = Duration::from_millis(200);
/// Much longer than any step here takes, and shorter than the default limits.
const LONG: Duration = Duration::from_secs(20);

struct Served {
    address: String,
    simulator: SharedSimulator,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn serve(with: impl FnOnce(Server) -> Server) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let config = Config::default().with_identity_url(format!("http://{address}"));
    let simulator = SharedSimulator::new(Simulator::new(config));
    let server = with(Server::new(simulator.clone(), Arc::new(SystemClock::new())));
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(server.run(listener, async {
        let _ = stopped.await;
    }));
    Served {
        address,
        simulator,
        stop,
        server,
    }
}

impl Served {
    async fn connect(&self, beginning: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        stream
    }

    /// Checks that another client's request is answered.
    async fn serves_others(&self) {
        let request =
            b"GET /_simulator/state HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        let answer = within(LONG, rest(self.connect(request).await)).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }

    /// Ends the server, and returns how long it took.
    async fn end(self) -> Duration {
        let clock = SystemClock::new();
        let begun = clock.instant();
        drop(self.stop);
        self.server.await.unwrap().unwrap();
        clock.instant() - begun
    }
}

/// What is still received until the connection ends, in any way.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> T {
    let clock = SystemClock::new();
    tokio::select! {
        it = future => it,
        () = clock.sleep(limit) => panic!("longer than {limit:?}"),
    }
}

fn is_open(stream: &TcpStream) -> bool {
    let mut byte = [0];
    let nothing_yet = |error: &std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
    stream
        .try_read(&mut byte)
        .is_err_and(|error| nothing_yet(&error))
}

/// Any number of connections without a request, with half a head or half a body: no more than the
/// limit are kept, and another client's request is answered at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_bounded_and_others_are_served() {
    for beginning in [&b""[..], HALF_A_HEAD, UNFINISHED] {
        let most = NonZeroUsize::new(8).unwrap();
        let served = serve(|server| server.with_most_connections(most)).await;
        let mut kept = Vec::new();
        for _ in 0..40 {
            kept.push(served.connect(beginning).await);
        }
        served.serves_others().await;
        within(LONG, async {
            while kept.iter().filter(|stream| is_open(stream)).count() > most.get() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        // The newest ones are kept.
        assert!(kept.last().is_some_and(is_open));
    }
}

/// A connection that is being answered is never closed for a new one, which waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_not_given_up_for_a_new_connection() {
    let served = serve(|server| server.with_most_connections(NonZeroUsize::MIN)).await;
    served
        .simulator
        .lock()
        .add_fault("get:next:latency=300ms".parse().unwrap());
    let slow = served
        .connect(b"GET /processes/v1/x HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    while served.simulator.lock().tally().lookups == 0 {
        tokio::task::yield_now().await;
    }
    served.serves_others().await;
    let answer = rest(slow).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

/// A head, a body and idleness have their timeouts, also between two requests, and a late body is
/// reported.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_arrive_is_not_waited_for() {
    let served = serve(|server| server.with_patience(SHORT)).await;
    for beginning in [&b""[..], HALF_A_HEAD] {
        let stream = served.connect(beginning).await;
        assert_eq!(within(LONG, rest(stream)).await, "");
    }
    let answer = within(LONG, rest(served.connect(UNFINISHED).await)).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    let kept = served
        .connect(b"GET /processes/v1/x HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    let answer = within(LONG, rest(kept)).await;
    assert_eq!(answer.matches("HTTP/1.1 400 ").count(), 1, "{answer}");
}

/// A wrongly framed body is reported as such, and not as too large.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_body_is_called_malformed() {
    let served = serve(|server| server).await;
    let request = b"POST /processes/v1 HTTP/1.1\r\nhost: localhost\r\n\
        transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n";
    let answer = within(LONG, rest(served.connect(request).await)).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

/// A client that sends half of a request does not delay the shutdown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_is_prompt() {
    let served = serve(|server| server).await;
    let mut kept = Vec::new();
    for beginning in [&b""[..], HALF_A_HEAD, UNFINISHED] {
        for _ in 0..20 {
            kept.push(served.connect(beginning).await);
        }
    }
    served.serves_others().await;
    let took = served.end().await;
    assert!(took < Duration::from_secs(3), "{took:?}");
}

/// A TLS handshake has its timeout, and does not delay the shutdown.
#[cfg(feature = "tls")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_are_not_waited_for() {
    use idcloud_simulator::TlsIdentity;

    let identity = TlsIdentity::generate(["localhost"]).unwrap();
    // The beginning of a handshake record that is never completed.
    let hello = &[22, 3, 1, 2, 0, 1][..];
    let served = serve(|server| server.with_tls(identity.clone()).with_patience(SHORT)).await;
    for beginning in [&[][..], hello] {
        assert_eq!(
            within(LONG, rest(served.connect(beginning).await)).await,
            ""
        );
    }
    let served = serve(|server| server.with_tls(identity)).await;
    let mut kept = Vec::new();
    for _ in 0..20 {
        kept.push(served.connect(hello).await);
    }
    let took = served.end().await;
    assert!(took < Duration::from_secs(3), "{took:?}");
}

/// A body without valid credentials is read and discarded; the answer depends only on its head. One
/// with them is checked completely.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_are_not_kept_before_credentials_are_known() {
    const CLIENTS: usize = 24;
    let served = serve(|server| server).await;
    let megabyte = vec![b'x'; 1 << 20];
    let before = resident();
    let mut kept = Vec::new();
    for _ in 0..CLIENTS {
        let mut stream = served.connect(UNFINISHED).await;
        for _ in 0..10 {
            stream.write_all(&megabyte).await.unwrap();
        }
        kept.push(stream);
    }
    served.serves_others().await;
    let grown = resident().saturating_sub(before);
    // Half of what was sent: other tests of this process take memory at the same time.
    let sent = (CLIENTS * 10) << 20;
    assert!(grown < sent / 2, "{grown} bytes for {sent} of bodies");

    let (key, token) = {
        let mut simulator = served.simulator.lock();
        let account = account(simulator.tenant_id());
        simulator.register_account(&account);
        let key = simulator.issue_api_key("identity".parse::<Capabilities>().unwrap());
        let url = format!("http://{}", served.address);
        let now = SystemClock::new().now();
        (key, log_in_at(&mut simulator, &account, &url, now))
    };
    let body = onboarding(YES, &plain()).to_string();
    for (key, code) in [(key.as_str(), "\"unicoId\""), ("no-such-key", "\"10201\"")] {
        let request = format!(
            "POST /processes/v1 HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             apikey: {key}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = within(LONG, rest(served.connect(request.as_bytes()).await)).await;
        assert!(answer.contains(code), "{answer}");
    }
    let long = vec![b'x'; 65 << 10];
    let head = format!(
        "POST /oauth2/token HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
        long.len()
    );
    let request = [head.as_bytes(), &long].concat();
    let answer = within(LONG, rest(served.connect(&request).await)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

/// Resident memory of this process in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() * 1_024
}

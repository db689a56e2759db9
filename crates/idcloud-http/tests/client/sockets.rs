//! The retry table's cells and the adapter's rules over real sockets, in real time.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use children::Child;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Request, Response};
use idcloud_http::{
    BeforeDispatch, BoxError, CallContext, CallOptions, Client, Delivery, Endpoints, Environment,
    ErrorKind, Operation, ReqwestTransport, Transport, TransportError,
};
use idcloud_model::Process;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::common::{DONE, FAILED, ID, account, create, create_of, id, key};
use crate::server::{Do, Server, answer, client_of};
use crate::tls_server::tls_server;

fn write(status: &str, body: &str) -> Do {
    Do::Write(answer(status, "", body))
}

fn options() -> CallOptions {
    CallOptions::default()
        .with_attempt_timeout(Duration::from_millis(250))
        .with_deadline(Duration::from_secs(10))
}

/// How a call ended, and how often the server saw it.
#[derive(Debug, PartialEq, Eq)]
struct Ended {
    kind: Option<ErrorKind>,
    delivery: Option<Delivery>,
    seen: usize,
}

const fn ok(seen: usize) -> Ended {
    Ended {
        kind: None,
        delivery: None,
        seen,
    }
}

const fn failed(kind: ErrorKind, delivery: Delivery, seen: usize) -> Ended {
    Ended {
        kind: Some(kind),
        delivery: Some(delivery),
        seen,
    }
}

async fn create_against(every: &Do) -> Ended {
    let server = Server::start(every.clone()).await;
    // A picture that does not fit into the kernel's buffers.
    let request = create_of(500_000);
    let end = server.client().create(&key(), &request, &options()).await;
    ended(&server, end.map(|_| ()))
}

async fn lookup_against(every: &Do) -> Ended {
    let server = Server::start(every.clone()).await;
    let end = server.client().process(&key(), &id(), &options()).await;
    ended(&server, end.map(|_| ()))
}

fn ended(server: &Server, end: Result<(), idcloud_http::Error>) -> Ended {
    let error = end.err();
    Ended {
        kind: error.as_ref().map(idcloud_http::Error::kind),
        delivery: error.as_ref().map(idcloud_http::Error::delivery),
        seen: server.calls().len(),
    }
}

/// Every outcome that a server can cause, for a create and for a lookup.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "the table is as long as it is")]
async fn the_replay_table_over_sockets() {
    use Delivery::{Answered, Unknown};
    use ErrorKind as K;
    let code = |code: &str| format!(r#"{{"error":{{"code":"{code}","description":"x"}}}}"#);
    let ambiguous = || failed(K::Ambiguous, Unknown, 1);
    let refused = || failed(K::Refused, Answered, 1);
    let server = || failed(K::Server, Answered, 5);
    let half = answer("200 OK", "", DONE);
    let half = Do::WriteAndClose(half[..half.len() - 20].to_vec());
    let rows: Vec<(&str, Do, Ended, Ended)> = vec![
        (
            "reset before the body",
            Do::ResetBeforeBody,
            ambiguous(),
            failed(K::Interrupted, Unknown, 5),
        ),
        (
            "reset after the body",
            Do::ResetAfterBody,
            ambiguous(),
            failed(K::Interrupted, Unknown, 5),
        ),
        (
            "closed without an answer",
            Do::WriteAndClose(Vec::new()),
            ambiguous(),
            failed(K::Interrupted, Unknown, 5),
        ),
        (
            "half an answer's head",
            Do::WriteAndClose(b"HTTP/1.1 200 OK\r\ncont".to_vec()),
            ambiguous(),
            failed(K::Interrupted, Unknown, 5),
        ),
        (
            "half an answer's body",
            half,
            ambiguous(),
            failed(K::Unreadable, Answered, 5),
        ),
        (
            "not HTTP",
            Do::WriteAndClose(b"hello\r\n\r\n".to_vec()),
            ambiguous(),
            failed(K::Interrupted, Unknown, 5),
        ),
        (
            "hang",
            Do::Hang,
            ambiguous(),
            failed(K::Interrupted, Unknown, 5),
        ),
        (
            "101",
            Do::WriteAndClose(b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec()),
            ambiguous(),
            failed(K::Unreadable, Answered, 5),
        ),
        ("200", write("200 OK", DONE), ok(1), ok(1)),
        (
            "100, then 200",
            Do::Write(
                [
                    b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
                    answer("200 OK", "", DONE),
                ]
                .concat(),
            ),
            ok(1),
            ok(1),
        ),
        (
            "103, then 200",
            Do::Write(
                [
                    b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".to_vec(),
                    answer("200 OK", "", DONE),
                ]
                .concat(),
            ),
            ok(1),
            ok(1),
        ),
        ("201", write("201 Created", DONE), ok(1), ok(1)),
        ("200, failed", write("200 OK", FAILED), ok(1), ok(1)),
        (
            "200 with half a body",
            write("200 OK", r#"{"id":"3f2b"#),
            ambiguous(),
            failed(K::Unreadable, Answered, 5),
        ),
        (
            "200 without an id",
            write("200 OK", r#"{"status":3}"#),
            ambiguous(),
            failed(K::Unreadable, Answered, 5),
        ),
        (
            "200, empty",
            write("200 OK", ""),
            ambiguous(),
            failed(K::Unreadable, Answered, 5),
        ),
        (
            "200, HTML",
            write("200 OK", "<html>"),
            ambiguous(),
            failed(K::Unreadable, Answered, 5),
        ),
        (
            "204",
            Do::Write(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
            ambiguous(),
            failed(K::Unreadable, Answered, 5),
        ),
        (
            "301",
            Do::Write(answer("301 Moved", "location: /elsewhere\r\n", "")),
            refused(),
            refused(),
        ),
        (
            "307",
            Do::Write(answer("307 Temporary", "location: /elsewhere\r\n", "")),
            refused(),
            refused(),
        ),
        (
            "400 with 20507",
            write("400 Bad Request", &code("20507")),
            refused(),
            refused(),
        ),
        (
            "401",
            write("401 Unauthorized", ""),
            failed(K::Credentials, Answered, 2),
            failed(K::Credentials, Answered, 2),
        ),
        ("403", write("403 Forbidden", ""), refused(), refused()),
        (
            "403 with 10201",
            write("403 Forbidden", &code("10201")),
            refused(),
            refused(),
        ),
        (
            "403 with 10502",
            write("403 Forbidden", &code("10502")),
            failed(K::Credentials, Answered, 2),
            failed(K::Credentials, Answered, 2),
        ),
        (
            "404",
            write("404 Not Found", &code("50001")),
            refused(),
            failed(K::NotFound, Answered, 1),
        ),
        (
            "408",
            write("408 Request Timeout", ""),
            failed(K::Ambiguous, Unknown, 1),
            server(),
        ),
        ("409", write("409 Conflict", ""), refused(), refused()),
        (
            "410",
            write("410 Gone", ""),
            refused(),
            failed(K::Gone, Answered, 1),
        ),
        ("410, failed", write("410 Gone", FAILED), ambiguous(), ok(1)),
        (
            "429, with a process",
            write("429 Too Many", FAILED),
            ambiguous(),
            failed(K::RateLimited, Answered, 5),
        ),
        ("303", write("303 See Other", ""), ambiguous(), refused()),
        ("413", write("413 Too Large", ""), refused(), refused()),
        (
            "425",
            write("425 Too Early", ""),
            failed(K::RateLimited, Answered, 5),
            failed(K::RateLimited, Answered, 5),
        ),
        (
            "429",
            write("429 Too Many", ""),
            failed(K::RateLimited, Answered, 5),
            failed(K::RateLimited, Answered, 5),
        ),
        (
            "500",
            write("500 Error", &code("99999")),
            ambiguous(),
            server(),
        ),
        (
            "500 with 10700",
            write("500 Error", &code("10700")),
            ambiguous(),
            failed(K::Credentials, Answered, 2),
        ),
        ("502", write("502 Bad Gateway", ""), ambiguous(), server()),
        ("503", write("503 Unavailable", ""), ambiguous(), server()),
        ("504", write("504 Timeout", ""), ambiguous(), server()),
    ];
    for (name, every, create, lookup) in rows {
        let (created, looked_up) = tokio::join!(create_against(&every), lookup_against(&every));
        assert_eq!(created, create, "create: {name}");
        assert_eq!(looked_up, lookup, "lookup: {name}");
    }
}

/// Nothing listens: nothing is sent, and the create is tried again.
#[tokio::test]
async fn a_refused_connection_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = client_of(&url, ReqwestTransport::new().unwrap());
    let error = client
        .create(&key(), &create(), &options())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert_still_useful(&error, &url);
}

/// An error names its cause and never what was sent, nor the address.
fn assert_still_useful(error: &idcloud_http::Error, url: &str) {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    let mut depth = 0;
    while let Some(error) = cause {
        let text = format!("{error} {error:?}");
        assert!(!text.contains(url) && !text.contains("http://"), "{text}");
        cause = error.source();
        depth += 1;
    }
    assert!(depth >= 3, "the sources lead to the cause");
}

/// The bytes on the wire: the documented headers and nothing else.
#[tokio::test]
async fn the_wire_carries_the_documented_headers_alone() {
    let server = Server::start(write("200 OK", DONE)).await;
    let client = server.client();
    let _ = client.create(&key(), &create(), &options()).await.unwrap();
    let _ = client.process(&key(), &id(), &options()).await.unwrap();
    let names = |head: &str| {
        let mut names: Vec<_> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": ").map(|(name, _)| name.to_owned()))
            .collect();
        names.sort();
        names
    };
    let [create, lookup] = &server.calls()[..] else {
        panic!("two calls");
    };
    assert!(create.head.starts_with("POST /processes/v1 HTTP/1.1\r\n"));
    assert_eq!(
        names(&create.head),
        [
            "accept",
            "accept-encoding",
            "apikey",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent"
        ]
    );
    assert_eq!(
        names(&lookup.head),
        [
            "accept",
            "accept-encoding",
            "apikey",
            "authorization",
            "host",
            "user-agent"
        ]
    );
    assert!(lookup.body.is_empty());
    let [exchange] = &server.exchanges()[..] else {
        panic!("one exchange");
    };
    assert_eq!(
        names(&exchange.head),
        [
            "accept",
            "accept-encoding",
            "content-length",
            "content-type",
            "host",
            "user-agent"
        ]
    );
    let all = (exchange.connection, create.connection, lookup.connection);
    assert_eq!(all, (0, 1, 0), "creates have connections of their own");
}

/// hyper resends a request by itself when its connection was closed while idle. Whichever side wins
/// the race, the server never sees a create twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_closed_while_idle_doubles_nothing() {
    let mut well = 0;
    for round in 0..200 {
        let server = Server::closing_after_token(write("200 OK", DONE)).await;
        let client = server.client();
        let _ = client.access_token(&options()).await.unwrap();
        if round % 2 == 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let end = client.create(&key(), &create(), &options()).await;
        match end.map_err(|error| error.kind()) {
            Ok(_) => {
                well += 1;
                assert_eq!(server.calls().len(), 1);
            }
            // The close and the request crossed: a byte may have been sent, so it is not sent
            // again.
            Err(kind) => {
                assert_eq!(kind, ErrorKind::Ambiguous);
                assert!(server.calls().len() <= 1);
            }
        }
    }
    assert!(well > 0, "the close was never seen in time");
}

/// The answer's size is bounded while it is read, whether announced or not.
#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n{".to_vec();
    let mut chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..20 {
        chunked.extend_from_slice(b"10000\r\n");
        chunked.resize(chunked.len() + 0x10000, b' ');
        chunked.extend_from_slice(b"\r\n");
    }
    for endless in [announced, chunked] {
        let server = Server::start(Do::Write(endless)).await;
        let error = server
            .client()
            .create(&key(), &create(), &options())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous);
        assert_eq!(error.status(), Some(200));
        assert_eq!(server.calls().len(), 1);
    }
}

/// Never pay for nothing: the received part of an answer that breaks off is returned, however it
/// breaks off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_part_that_arrived_names_the_process() {
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let too_long = format!("HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n{DONE}");
    let marked = too_long.replacen("\r\n", "\r\nidcloud-simulated: true\r\n", 1);
    let endless = format!("{{\"id\":\"{ID}\",\"x\":\"{}", "x".repeat(2 << 20));
    let in_gzip = {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
        gzip.write_all(DONE.as_bytes()).unwrap();
        let whole = gzip.finish().unwrap();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", whole.len());
        [head.as_bytes(), &whole[..whole.len() - 10]].concat()
    };
    for (name, step) in [
        (
            "no last chunk",
            Do::WriteAndClose((chunked.clone() + &chunk(DONE)).into()),
        ),
        (
            "half a chunk",
            Do::WriteAndClose(format!("{chunked}200\r\n{DONE}").into()),
        ),
        (
            "a length too long",
            Do::WriteAndClose(too_long.clone().into()),
        ),
        ("the end does not come", Do::Write(too_long.into())),
        ("too large", Do::Write(answer("200 OK", "", &endless))),
        ("half a gzip", Do::WriteAndClose(in_gzip)),
        ("of a simulator", Do::WriteAndClose(marked.into())),
    ] {
        let server = Server::start(step).await;
        let created = server.client().create(&key(), &create(), &options()).await;
        let error = created.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous, "{name}");
        assert_eq!(error.process_id(), Some(&id()), "{name}: {error}");
        assert_eq!(error.simulated(), name == "of a simulator", "{name}");
        assert_eq!(
            (error.status(), server.calls().len()),
            (Some(200), 1),
            "{name}"
        );
    }
}

/// The answer of a server that compresses unasked is read: answers, refusals and tokens.
#[tokio::test]
async fn a_compressed_answer_is_read() {
    let packed = |status: &str, body: &str| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(body.as_bytes()).unwrap();
        let packed = gzip.finish().unwrap();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            packed.len()
        );
        Do::Write([head.as_bytes(), &packed].concat())
    };
    let server = Server::start(packed("200 OK", DONE)).await;
    let client = server.client();
    let created = client.create(&key(), &create(), &options()).await.unwrap();
    assert!(matches!(created.value(), Process::Final(_)));
    server.next(packed("400 Bad Request", r#"{"error":{"code":"20507"}}"#));
    let error = client.process(&key(), &id(), &options()).await.unwrap_err();
    assert_eq!(
        error.code().map(idcloud_model::ErrorCode::as_str),
        Some("20507")
    );
}

/// A chunked answer is put together.
#[tokio::test]
async fn a_chunked_answer_is_read() {
    let (one, two) = DONE.split_at(30);
    let bytes = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n",
        one.len(),
        two.len()
    );
    let server = Server::start(Do::Write(bytes.into_bytes())).await;
    let answer = server
        .client()
        .process(&key(), &id(), &options())
        .await
        .unwrap();
    assert!(matches!(answer.value(), Process::Final(_)));
}

/// Dropping a create's future does not call it back: the upload that has begun may arrive. The
/// buffers are free for the next create.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_create_is_not_called_back() {
    let server = Server::start(write("200 OK", DONE)).await;
    server.next(Do::Hang);
    let client = server.client();
    let call = tokio::spawn({
        let client = client.clone();
        async move {
            client
                .create(&key(), &create_of(500_000), &options())
                .await
                .map(|_| ())
        }
    });
    while server.calls().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    call.abort();
    let _ = client.create(&key(), &create(), &options()).await.unwrap();
    assert_eq!(server.calls().len(), 2);
}

/// A proxy that refuses the tunnel proves that nothing was sent, and sees no credential.
#[tokio::test]
async fn a_proxy_that_refuses_proves_not_sent() {
    let proxy = Server::start(write("403 Forbidden", "")).await;
    let url = proxy.url();
    let transport = ReqwestTransport::from_builder(move || {
        reqwest::Client::builder().proxy(reqwest::Proxy::all(&url).unwrap())
    });
    let transport = transport.unwrap();
    let client = client_of("https://idcloud.invalid", transport);
    let error = client
        .create(&key(), &create(), &options())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(error.delivery(), Delivery::NotSent);
    for seen in proxy.calls() {
        assert!(seen.head.starts_with("CONNECT idcloud.invalid:443 "));
        assert!(!seen.head.to_lowercase().contains("apikey"));
    }
    assert!(!proxy.calls().is_empty());
}

/// A peer that closes during the TLS handshake proves that nothing was sent.
#[tokio::test]
async fn a_dropped_handshake_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 64];
            let _ = stream.read(&mut hello).await;
        }
    });
    let client = client_of(&url, ReqwestTransport::from_builder(direct).unwrap());
    let error = client
        .create(&key(), &create(), &options())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(error.delivery(), Delivery::NotSent);
}

/// A peer that accepts and never shakes hands: an attempt whose timeout passes meanwhile sent
/// nothing, and a create is tried again until the call's deadline. The same with a connect timeout
/// of its own.
#[tokio::test]
async fn a_hanging_handshake_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("https://localhost:{port}");
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&accepted);
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            held.push(stream);
        }
    });
    let usual = || ReqwestTransport::builder().client_builder(direct);
    let impatient = usual().connect_timeout(Duration::from_millis(200));
    let options = CallOptions::default().with_deadline(Duration::from_secs(3));
    let hasty = options
        .clone()
        .with_attempt_timeout(Duration::from_millis(200));
    for (transport, options, tries) in [
        (usual(), hasty, 2),
        (impatient, options.clone(), 2),
        (usual(), options, 1),
    ] {
        accepted.store(0, Ordering::Relaxed);
        let transport = TokenAtOnce(transport.build().unwrap());
        let environment = Environment::custom(Endpoints::parse(&url, &url).unwrap(), account());
        let client = Client::builder(environment)
            .transport(Arc::new(transport))
            .jitter(Arc::new(|| 0.0))
            .build()
            .unwrap();
        let error = client
            .create(&key(), &create(), &options)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error:?}");
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert!(accepted.load(Ordering::Relaxed) >= tries);
    }
}

/// Answers token exchanges itself, and passes everything else on.
struct TokenAtOnce(ReqwestTransport);

#[async_trait]
impl Transport for TokenAtOnce {
    async fn send(
        &self,
        request: Request<Bytes>,
        context: CallContext,
    ) -> Result<Response<Bytes>, TransportError> {
        if context.operation == Operation::Token {
            let body = Bytes::from_static(br#"{"access_token":"t","expires_in":3600}"#);
            return Ok(Response::new(body));
        }
        self.0.send(request, context).await
    }
}

/// A connection is not kept longer than its idle timeout.
#[tokio::test]
async fn an_idle_connection_is_dropped() {
    let server = Server::start(write("200 OK", DONE)).await;
    let transport = ReqwestTransport::builder().idle_timeout(Duration::from_millis(150));
    let client = client_of(&server.url(), transport.build().unwrap());
    for wait in [0, 0, 400] {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let _ = client.process(&key(), &id(), &options()).await.unwrap();
    }
    let connections: Vec<_> = server.calls().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
}

/// No needless ambiguity: a create does not use a connection that its server may be closing.
/// Lookups do, and a create that follows at once does not pay for a handshake.
#[tokio::test]
async fn creates_take_young_connections() {
    let server = Server::start(write("200 OK", DONE)).await;
    let client = server.client();
    let create = async |wait| {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let answer = client.create(&key(), &create(), &options()).await;
        let _ = answer.unwrap();
    };
    create(0).await;
    create(0).await;
    let _ = client.process(&key(), &id(), &options()).await.unwrap();
    create(2_100).await;
    let _ = client.process(&key(), &id(), &options()).await.unwrap();
    let connections: Vec<_> = server.calls().iter().map(|seen| seen.connection).collect();
    let [first, second, looked, late, looked_again] = connections[..] else {
        panic!("{connections:?}");
    };
    assert_eq!(first, second);
    assert_eq!(looked, looked_again);
    assert!(![first, looked].contains(&late));
}

/// A server that closes each connection soon after an answer makes one create ambiguous, and not
/// every third one: from then on each create makes a connection of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creates_distrust_a_server_that_closes_under_them() {
    let server = Server::start(write("200 OK", DONE)).await;
    let client = server.client();
    let create = async || {
        let answer = client.create(&key(), &create(), &options()).await;
        answer.map(|_| ()).map_err(|error| error.kind())
    };
    assert_eq!(create().await, Ok(()));
    server.next(Do::ResetAfterBody);
    assert_eq!(create().await, Err(ErrorKind::Ambiguous));
    for _ in 0..3 {
        assert_eq!(create().await, Ok(()));
    }
    let connections: Vec<_> = server.calls().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections.len(), 5);
    // The first two share one, unless the second begins before the pool has it back.
    let after = connections.get(1..).unwrap();
    assert!(
        after.windows(2).all(|pair| pair.first() != pair.last()),
        "{connections:?}"
    );
}

/// Records whether its request was sent.
#[derive(Default)]
struct Departed(AtomicUsize);

#[async_trait]
impl BeforeDispatch for Departed {
    async fn before_dispatch(&self, _attempt: u32) -> Result<(), BoxError> {
        Ok(())
    }

    fn departing(&self, _attempt: u32) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A caller that drops the call while the connection is being made has sent nothing, and the hook
/// says so; once a connection has taken the request it is sent, before the answer comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_departs_when_a_connection_takes_it() {
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", hanging.local_addr().unwrap().port());
    let server = Server::start(Do::Hang).await;
    let transports = [
        (url, ReqwestTransport::from_builder(direct).unwrap(), 0),
        (server.url(), ReqwestTransport::new().unwrap(), 1),
    ];
    for (url, transport, departed) in transports {
        let hook = Arc::new(Departed::default());
        let options = CallOptions::default().with_before_dispatch(Arc::clone(&hook) as _);
        let environment = Environment::custom(Endpoints::parse(&url, &url).unwrap(), account());
        let client = Client::builder(environment)
            .transport(Arc::new(TokenAtOnce(transport)))
            .build()
            .unwrap();
        let (key, request) = (key(), create());
        let call = client.create(&key, &request, &options);
        let left = tokio::time::timeout(Duration::from_millis(300), call).await;
        assert!(left.is_err(), "nobody answers");
        // A request that was given up is not sent later either.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(hook.0.load(Ordering::Relaxed), departed, "{url}");
        assert_eq!(server.calls().len(), departed);
    }
    drop(hanging);
}

/// A builder that ignores the proxy of the machine that runs the tests.
fn direct() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

/// TLS is verified, extra roots are trusted, and HTTP/1.1 is used although the server offers more.
/// No process default of rustls is needed, or installed.
#[tokio::test]
async fn extra_roots_are_trusted_and_others_are_not() {
    let body = r#"{"access_token":"t","expires_in":60}"#;
    let (url, authority) = tls_server(body.to_owned()).await;
    let token = |client: Client| async move {
        client
            .access_token(&options())
            .await
            .map(|token| token.expose().to_owned())
            .map_err(|error| error.kind())
    };
    let trusting = ReqwestTransport::builder()
        .client_builder(direct)
        .root_certificates(authority.as_bytes())
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(token(client_of(&url, trusting)).await, Ok("t".to_owned()));
    let careless = || direct().tls_danger_accept_invalid_certs(true);
    for distrusting in [
        ReqwestTransport::from_builder(direct).unwrap(),
        // The caller's switch is overruled.
        ReqwestTransport::from_builder(careless).unwrap(),
    ] {
        assert_eq!(
            token(client_of(&url, distrusting)).await,
            Err(ErrorKind::Unreachable)
        );
    }
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
}

/// The redirect setting of the caller's builder is overruled.
#[tokio::test]
async fn redirects_stay_off() {
    let other = Server::start(write("200 OK", DONE)).await;
    let location = format!("location: {}/processes/v1\r\n", other.url());
    let server = Server::start(Do::Write(answer("302 Found", &location, ""))).await;
    let builder = || reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(5));
    let client = client_of(
        &server.url(),
        ReqwestTransport::from_builder(builder).unwrap(),
    );
    let error = client.process(&key(), &id(), &options()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Refused, Some(302))
    );
    assert!(other.calls().is_empty());
}

/// The child of the next test: one request to another machine and one to this machine.
#[tokio::test]
#[ignore = "run by the_systems_proxy_is_honoured, with a proxy in its environment"]
async fn behind_a_proxy() {
    let there = client_of("https://idcloud.invalid", ReqwestTransport::new().unwrap());
    let error = there.access_token(&options()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    let here = Server::start(write("200 OK", DONE)).await;
    let _ = here
        .client()
        .process(&key(), &id(), &options())
        .await
        .unwrap();
    assert_eq!(here.calls().len(), 1);
}

/// The system's proxy carries requests to other machines, unless `NO_PROXY` says otherwise, and
/// never plain http to this machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_systems_proxy_is_honoured() {
    for (no_proxy, tunnels) in [("", true), ("idcloud.invalid", false)] {
        let proxy = Server::start(write("403 Forbidden", "")).await;
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "sockets::behind_a_proxy", "--ignored"])
            .env("ALL_PROXY", proxy.url())
            .env("HTTP_PROXY", proxy.url())
            .env("HTTPS_PROXY", proxy.url())
            .env("NO_PROXY", no_proxy)
            .env_remove("REQUEST_METHOD")
            .stdout(std::process::Stdio::piped());
        let child = Child::spawn(&mut command, Duration::from_secs(120)).unwrap();
        let ended = tokio::task::spawn_blocking(|| child.finish().unwrap());
        let output = ended.await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        let seen = proxy.calls();
        assert_eq!(!seen.is_empty(), tunnels, "{no_proxy:?}");
        assert!(
            seen.iter()
                .all(|seen| seen.head.starts_with("CONNECT idcloud.invalid:443 "))
        );
    }
}

//! A server of raw bytes, for behavior that no well-behaved server shows.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use idcloud_http::{Client, Endpoints, Environment, ReqwestTransport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The server's reaction to one request that is no token exchange.
#[derive(Clone, Debug)]
pub(crate) enum Do {
    /// Reads the request and writes these bytes.
    Write(Vec<u8>),
    /// Reads the request, writes these bytes, and closes.
    WriteAndClose(Vec<u8>),
    /// Reads only the head, and resets the connection.
    ResetBeforeBody,
    /// Reads the request, and resets the connection.
    ResetAfterBody,
    /// Reads the request, and never answers.
    Hang,
}

/// One request as received.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) connection: usize,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    seen: Mutex<Vec<Seen>>,
    script: Mutex<VecDeque<Do>>,
    every: Do,
    token_answer: Vec<u8>,
    close_after_token: bool,
}

/// An answer with a length, which keeps the connection.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn token() -> Vec<u8> {
    answer(
        "200 OK",
        "content-type: application/json\r\n",
        r#"{"access_token":"token","expires_in":3600,"token_type":"Bearer"}"#,
    )
}

impl Server {
    /// Does `every` with each request.
    pub(crate) async fn start(every: Do) -> Self {
        Self::with(every, token(), false).await
    }

    /// Closes each connection right after a token exchange.
    pub(crate) async fn closing_after_token(every: Do) -> Self {
        Self::with(every, token(), true).await
    }

    async fn with(every: Do, token_answer: Vec<u8>, close_after_token: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            seen: Mutex::default(),
            script: Mutex::default(),
            every,
            token_answer,
            close_after_token,
        });
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared }
    }

    /// Does this with the next request.
    pub(crate) fn next(&self, step: Do) {
        self.shared.script.lock().unwrap().push_back(step);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request that was no token exchange.
    pub(crate) fn calls(&self) -> Vec<Seen> {
        let seen = self.shared.seen.lock().unwrap();
        let calls = seen
            .iter()
            .filter(|seen| !seen.head.starts_with("POST /oauth2/token "));
        calls.cloned().collect()
    }

    /// Every token exchange.
    pub(crate) fn exchanges(&self) -> Vec<Seen> {
        let seen = self.shared.seen.lock().unwrap();
        let exchanges = seen
            .iter()
            .filter(|seen| seen.head.starts_with("POST /oauth2/token "));
        exchanges.cloned().collect()
    }

    /// A client of this server that repeats without waiting.
    pub(crate) fn client(&self) -> Client {
        client_of(&self.url(), ReqwestTransport::new().unwrap())
    }
}

pub(crate) fn client_of(url: &str, transport: ReqwestTransport) -> Client {
    let endpoints = Endpoints::parse(url, url).unwrap();
    let environment = Environment::custom(endpoints, crate::common::account());
    Client::builder(environment)
        .transport(Arc::new(transport))
        .jitter(Arc::new(|| 0.0))
        .rate(10_000)
        .build()
        .unwrap()
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    for connection in 0.. {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        tokio::spawn(serve(stream, connection, Arc::clone(&shared)));
    }
}

async fn serve(mut stream: TcpStream, connection: usize, shared: Arc<Shared>) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        let head = String::from_utf8(buffer.drain(..end).collect()).unwrap();
        let is_token = head.starts_with("POST /oauth2/token ");
        let step = if is_token {
            Do::Write(shared.token_answer.clone())
        } else {
            let scripted = shared.script.lock().unwrap().pop_front();
            scripted.unwrap_or_else(|| shared.every.clone())
        };
        if matches!(step, Do::ResetBeforeBody) {
            shared.seen.lock().unwrap().push(Seen {
                head,
                body: Vec::new(),
                connection,
            });
            return reset(&stream);
        }
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse::<usize>().unwrap());
        while buffer.len() < length {
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        }
        let body = buffer.drain(..length).collect();
        shared.seen.lock().unwrap().push(Seen {
            head,
            body,
            connection,
        });
        match step {
            Do::Write(bytes) => stream.write_all(&bytes).await.ok()?,
            Do::WriteAndClose(bytes) => {
                stream.write_all(&bytes).await.ok()?;
                return stream.shutdown().await.ok();
            }
            Do::ResetAfterBody => return reset(&stream),
            Do::Hang => tokio::time::sleep(Duration::from_secs(3600)).await,
            Do::ResetBeforeBody => {}
        }
        if is_token && shared.close_after_token {
            return stream.shutdown().await.ok();
        }
    }
}

/// Makes the following close a reset.
fn reset(stream: &TcpStream) -> Option<()> {
    stream.set_zero_linger().ok()
}

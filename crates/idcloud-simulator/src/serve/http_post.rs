//! Sends one webhook request over a connection of its own.
//!
//! Must not follow redirects, retry, or speak TLS: receivers are on this machine or next to it.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use idcloud_http::{Clock as _, SystemClock};
use tokio::net::TcpStream;

/// Limit in bytes: more than any answer to a notice, or any bearer, has.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Sends `request` and waits for its answer up to `timeout`, in real time: receivers do not share
/// the virtual one.
pub(super) async fn send(request: Request<Bytes>, timeout: Duration) -> Option<Response<Bytes>> {
    let real = SystemClock::new();
    tokio::select! {
        answer = exchange(request) => answer,
        () = real.sleep(timeout) => None,
    }
}

async fn exchange(mut request: Request<Bytes>) -> Option<Response<Bytes>> {
    let uri = request.uri().clone();
    if uri.scheme_str() != Some("http") {
        return None;
    }
    let authority = uri.authority()?;
    let host = authority.host().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, authority.port_u16().unwrap_or(80)))
        .await
        .ok()?;
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    *request.uri_mut() = path.parse::<Uri>().ok()?;
    let authority = HeaderValue::from_str(authority.as_str()).ok()?;
    request.headers_mut().insert(HOST, authority);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let mut connection = pin!(connection);
    let mut answered = pin!(async {
        let answer = sender.send_request(request.map(Full::new)).await.ok()?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await.ok()?;
        Some(Response::from_parts(parts, body.to_bytes()))
    });
    tokio::select! {
        biased;
        answer = &mut answered => answer,
        // The connection may end with the answer's last byte, before the answer was taken.
        _ = &mut connection => answered.await,
    }
}

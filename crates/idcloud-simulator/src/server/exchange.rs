//! One request and what becomes of it on the socket.
//! Never answers what the core wants lost, and never loses what it wants answered.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use tokio::sync::Notify;

use super::connection::Outgoing;
use super::stop::Stopped;
use super::{Served, control};
use crate::{Effect, SIMULATED_HEADER};

/// The largest body that is read at all. Far above the 800 KB of a selfie, so that one too large gets its own code (20506).
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Answers `request`, or lets the connection end by `cut` and never returns.
pub(super) async fn answer(
    served: &Served,
    request: Request<Incoming>,
    peer: SocketAddr,
    cut: Arc<Notify>,
    mut stopped: Stopped,
) -> Response<Outgoing> {
    let (parts, body) = request.into_parts();
    if parts.uri.path().starts_with(control::PREFIX) {
        if let Some(refusal) = control::refusal(served, &parts, peer) {
            return refusal.map(Outgoing::whole);
        }
        let Some(body) = read(body).await else {
            return too_large().map(Outgoing::whole);
        };
        return control::answer(served, Request::from_parts(parts, body))
            .await
            .map(Outgoing::whole);
    }
    let now = served.clock.now();
    let arrival = served
        .simulator
        .lock()
        .arrive(&parts.method, parts.uri.path(), now);
    if arrival.before_body().is_some() {
        // A connection that brought a head can no longer be refused: it is reset.
        return lose(&cut).await;
    }
    let Some(body) = read(body).await else {
        return too_large().map(Outgoing::whole);
    };
    let request = Request::from_parts(parts, body);
    let now = served.clock.now();
    let reaction = served.simulator.lock().answer(arrival, request, now);
    if reaction.effect == Effect::Hang {
        stopped.everything().await;
        return lose(&cut).await;
    }
    if !reaction.delay.is_zero() {
        tokio::select! {
            () = served.clock.sleep(reaction.delay) => {}
            () = stopped.everything() => {}
        }
    }
    match reaction.effect {
        Effect::Answer => reaction.response.map(Outgoing::whole),
        Effect::ResetInAnswer { after } => reaction
            .response
            .map(|body| Outgoing::cut(body, after, cut)),
        _ => lose(&cut).await,
    }
}

/// Has the connection cut, which ends this request.
async fn lose(cut: &Notify) -> Response<Outgoing> {
    cut.notify_one();
    pending().await
}

/// The whole body; `None` for one that is too large, and for one that breaks off: nobody is there to be told then.
async fn read(body: Incoming) -> Option<Bytes> {
    let whole = Limited::new(body, MAX_BODY_BYTES).collect().await.ok()?;
    Some(whole.to_bytes())
}

fn too_large() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(br#"{"message":"Payload too large"}"#));
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response
        .headers_mut()
        .insert(SIMULATED_HEADER, HeaderValue::from_static("true"));
    response
}

//! Handles one request on the socket.
//!
//! Must not send an answer that the core withholds, nor withhold one that it sends.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use tokio::sync::Notify;

use super::Served;
use super::body::{Unread, read};
use super::connection::Outgoing;
use super::control;
use super::room::Turn;
use crate::core::BodyUse;
use crate::serve::shutdown::Stopped;
use crate::{Effect, SIMULATED_HEADER};

/// Answers `request`, or cuts the connection by `cut` and never returns.
pub(super) async fn answer(
    served: &Served,
    request: Request<Incoming>,
    peer: SocketAddr,
    cut: Arc<Notify>,
    stopped: Stopped,
    turn: Turn,
) -> Response<Outgoing> {
    let (parts, body) = request.into_parts();
    let answer = if parts.uri.path().starts_with(control::PREFIX) {
        control_answer(served, parts, body, peer, &turn)
            .await
            .map(Outgoing::whole)
    } else {
        simulated(served, parts, body, cut, stopped, &turn).await
    };
    answer.map(|body| body.taking(turn))
}

async fn control_answer(
    served: &Served,
    parts: http::request::Parts,
    body: Incoming,
    peer: SocketAddr,
    turn: &Turn,
) -> Response<Bytes> {
    if let Some(refusal) = control::refusal(served, &parts, peer) {
        return refusal;
    }
    match read(body, BodyUse::Keep, served.limits.patience).await {
        Ok(body) => {
            turn.answering();
            control::answer(served, Request::from_parts(parts, body)).await
        }
        Err(unread) => refused(unread),
    }
}

async fn simulated(
    served: &Served,
    parts: http::request::Parts,
    body: Incoming,
    cut: Arc<Notify>,
    mut stopped: Stopped,
    turn: &Turn,
) -> Response<Outgoing> {
    let now = served.clock.now();
    let (arrival, wanted) = {
        let mut simulator = served.simulator.lock();
        let arrival = simulator.arrive(&parts.method, parts.uri.path(), now);
        let wanted = simulator.body_use(&arrival, &parts, now);
        (arrival, wanted)
    };
    if arrival.before_body().is_some() {
        // A connection that carried a head cannot be refused any more: it is reset.
        return lose(&cut).await;
    }
    let body = match read(body, wanted, served.limits.patience).await {
        Ok(body) => body,
        Err(unread) => return refused(unread).map(Outgoing::whole),
    };
    turn.answering();
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

/// Cuts the connection, which ends this request.
async fn lose(cut: &Notify) -> Response<Outgoing> {
    cut.notify_one();
    pending().await
}

/// The answer to a request with an incomplete body. The rest of the body is not read, so the
/// connection closes.
fn refused(unread: Unread) -> Response<Bytes> {
    let (status, body) = unread.answer();
    let mut response = Response::new(Bytes::from_static(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(SIMULATED_HEADER, HeaderValue::from_static("true"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

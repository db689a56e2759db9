//! Access to the control endpoints, and the endpoint that moves the clock.
//! Must not be open to other machines without the token, nor to a web page in a browser on this
//! machine.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Served;
use super::stranger;
use crate::SIMULATED_HEADER;
use crate::core::fault::parse_duration;
use crate::encoding::time_format::written_out;

/// The prefix of the control endpoints' paths.
pub(super) const PREFIX: &str = "/_simulator/";

/// The refusal of a request that may not use the control endpoints; `None` if it may.
pub(super) fn refusal(served: &Served, parts: &Parts, peer: SocketAddr) -> Option<Response<Bytes>> {
    if has_token(&parts.headers, served.control_token.as_deref()) {
        return None;
    }
    let reason = if is_this_machine(peer.ip()) {
        stranger::sign_of(parts)?.reason()
    } else {
        "this one comes from another machine"
    };
    let message = format!(
        "Control endpoints are for programs of this machine, and for requests with the control token; {reason}"
    );
    Some(json_answer(
        StatusCode::FORBIDDEN,
        &json!({ "message": message }),
    ))
}

fn has_token(headers: &HeaderMap, token: Option<&str>) -> bool {
    let sent = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    match (sent, token) {
        (Some(sent), Some(token)) => verify_slices_are_equal(sent, token.as_bytes()).is_ok(),
        _ => false,
    }
}

pub(super) fn is_this_machine(peer: IpAddr) -> bool {
    peer.to_canonical().is_loopback()
}

/// Answers an authorized control request.
pub(super) async fn answer(served: &Served, request: Request<Bytes>) -> Response<Bytes> {
    if request.uri().path() == "/_simulator/clock" {
        return clock(served, request.method(), request.body()).await;
    }
    let now = served.clock.now();
    served.simulator.lock().control(&request, now)
}

async fn clock(served: &Served, method: &Method, body: &[u8]) -> Response<Bytes> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Advance {
        advance: String,
    }
    if method == Method::POST {
        let Some(virtual_time) = &served.virtual_time else {
            let message = "Time passes by itself here; serve with --virtual-time to move it";
            return json_answer(StatusCode::CONFLICT, &json!({ "message": message }));
        };
        let advance = serde_json::from_slice(body)
            .ok()
            .and_then(|Advance { advance }| parse_duration(&advance));
        let Some(advance) = advance else {
            let message = r#"The body is {"advance": "24h"}, with a span such as 250ms, 90s or 1d"#;
            return json_answer(StatusCode::BAD_REQUEST, &json!({ "message": message }));
        };
        pass(served, virtual_time, advance).await;
    } else if method != Method::GET {
        let message = json!({ "message": "Method not allowed" });
        return json_answer(StatusCode::METHOD_NOT_ALLOWED, &message);
    }
    let now = format!("{}Z", written_out(served.clock.now()));
    let moved = served.virtual_time.is_some();
    json_answer(StatusCode::OK, &json!({ "now": now, "virtual": moved }))
}

/// Advances the clock by `span` in steps, from event to event: webhooks are delivered at their
/// time, and their answers are known before the clock moves on.
async fn pass(served: &Served, clock: &crate::ManualClock, span: Duration) {
    use idcloud_http::Clock as _;
    let Some(end) = clock.now().checked_add(span) else {
        return;
    };
    loop {
        settle(served).await;
        let next = served.simulator.quietly().next_webhook();
        match next.filter(|next| *next <= end) {
            // A late request is in flight by now; the clock moves on all the same.
            Some(next) => clock.advance(next.duration_since(clock.now()).unwrap_or_default()),
            None => break,
        }
    }
    clock.advance(end.duration_since(clock.now()).unwrap_or_default());
    settle(served).await;
}

/// Returns once nothing is due and nothing is in flight.
async fn settle(served: &Served) {
    loop {
        let settled = served.settled.notified();
        {
            let simulator = served.simulator.quietly();
            let due = simulator
                .next_webhook()
                .is_some_and(|next| next <= served.clock.now());
            if !due && simulator.webhook_tally().in_flight == 0 {
                return;
            }
        }
        settled.await;
    }
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(SIMULATED_HEADER, HeaderValue::from_static("true"));
    response
}

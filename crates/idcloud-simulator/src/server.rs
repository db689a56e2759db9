//! The simulator behind a socket: HTTP/1.1, the API and the token endpoint on one address.
//! Never logs a body or a header, and never decides an answer: the core does.

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use idcloud_http::Clock;
use tokio::net::TcpListener;

use crate::{SIMULATED_HEADER, SharedSimulator};

/// The largest body that is read at all. Far above the 800 KB of a selfie, so that one too large gets its own code (20506).
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Serves `simulator` on `listener` until `shutdown` is done; requests that have begun are answered first.
///
/// The API and the token endpoint (`/oauth2/token`) share the address, so the simulator's identity URL
/// ([`Config::with_identity_url`](crate::Config::with_identity_url)) is usually `http://` and that address.
/// Every request is judged at the time that `clock` shows.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    simulator: impl Into<SharedSimulator>,
    clock: Arc<dyn Clock>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let served = Arc::new(Served {
        simulator: simulator.into(),
        clock,
    });
    let router = Router::new().fallback(answer).with_state(served);
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await
}

struct Served {
    simulator: SharedSimulator,
    clock: Arc<dyn Clock>,
}

async fn answer(State(served): State<Arc<Served>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // A body that breaks off gets this answer too, and nobody is there to read it.
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return too_large();
    };
    let now = served.clock.now();
    let reaction = served
        .simulator
        .lock()
        .handle(http::Request::from_parts(parts, body), now);
    reaction.response.map(Body::from)
}

fn too_large() -> Response {
    let mut response = Response::new(Body::from(Bytes::from_static(
        br#"{"message":"Payload too large"}"#,
    )));
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response
        .headers_mut()
        .insert(SIMULATED_HEADER, http::HeaderValue::from_static("true"));
    response
}

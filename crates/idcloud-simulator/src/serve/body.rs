//! Reads a request's body from the socket.
//!
//! Must not keep more than its limit, nor wait without one.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use idcloud_http::{Clock as _, SystemClock};

use crate::core::BodyUse;

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    TooLarge,
    /// It did not arrive in time.
    Late,
    /// Its HTTP framing is invalid, or it broke off; then there may be no client for the answer.
    Malformed,
}

impl Unread {
    pub(super) const fn answer(self) -> (StatusCode, &'static [u8]) {
        match self {
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                br#"{"message":"Payload too large"}"#,
            ),
            Self::Late => (
                StatusCode::REQUEST_TIMEOUT,
                br#"{"message":"Request Timeout"}"#,
            ),
            Self::Malformed => (StatusCode::BAD_REQUEST, br#"{"message":"Bad Request"}"#),
        }
    }
}

/// Reads `body` to its end, within `patience` of real time. A body that `wanted` discards is
/// returned empty.
pub(super) async fn read(
    body: Incoming,
    wanted: BodyUse,
    patience: Duration,
) -> Result<Bytes, Unread> {
    let real = SystemClock::new();
    tokio::select! {
        biased;
        whole = collect(body, wanted) => whole,
        () = real.sleep(patience) => Err(Unread::Late),
    }
}

async fn collect(mut body: Incoming, wanted: BodyUse) -> Result<Bytes, Unread> {
    let mut kept = BytesMut::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Unread::Malformed)?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        length = length.saturating_add(data.len());
        if length > wanted.most() {
            return Err(Unread::TooLarge);
        }
        if wanted.is_kept() {
            kept.extend_from_slice(data);
        }
    }
    Ok(kept.freeze())
}

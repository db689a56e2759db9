//! Reads a request's body up to a limit.
//!
//! Must not hold more than the limit, whatever length was announced.

use std::future::poll_fn;
use std::pin::pin;

use bytes::Buf as _;
use http_body::Body;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoBody {
    TooLarge,
    /// The connection broke off.
    Cut,
}

/// Reads `body` if it has at most `limit` bytes.
pub(super) async fn read<B: Body>(body: B, limit: usize) -> Result<Vec<u8>, NoBody> {
    if usize::try_from(body.size_hint().lower()).map_or(true, |length| length > limit) {
        return Err(NoBody::TooLarge);
    }
    let mut body = pin!(body);
    let mut read = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|_| NoBody::Cut)?;
        // Trailers are ignored.
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        if data.remaining() > limit - read.len() {
            return Err(NoBody::TooLarge);
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            let length = chunk.len();
            read.extend_from_slice(chunk);
            data.advance(length);
        }
    }
    Ok(read)
}

//! Whether a bearer token is good: asked of the caller.
//!
//! Must not let a panic of the caller's code out.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use async_trait::async_trait;
use idcloud_http::BoxError;

/// Says whether a bearer token is IDCloud's, for webhooks that were registered with OAuth 2 client credentials.
///
/// The token comes from the authorization server that was named at the registration: usually a JWT to be checked against that server's
/// keys, its audience and its time.
#[async_trait]
pub trait VerifyBearer: Send + Sync {
    /// True if the token is good. An error says that nobody can tell now: IDCloud then tries again later.
    ///
    /// The token is a secret, and a stranger may have sent anything in its place.
    async fn verify(&self, token: &str) -> Result<bool, BoxError>;
}

/// The verifier's word; nothing if it has none, because it failed or panicked.
pub(super) async fn verdict(verifier: &dyn VerifyBearer, token: &str) -> Option<bool> {
    let started = catch_unwind(AssertUnwindSafe(|| verifier.verify(token)));
    let mut verification = started.ok()?;
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| verification.as_mut().poll(cx)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(word)) => Poll::Ready(word.ok()),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

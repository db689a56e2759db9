//! Asks the caller whether a bearer token is valid.
//!
//! Must not let a panic of the caller's code through.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use async_trait::async_trait;
use idcloud_http::BoxError;

/// Verifies a bearer token, for webhooks that were registered with OAuth 2 client credentials.
///
/// The token comes from the authorization server named at the registration. Usually it is a JWT, to
/// be checked against that server's keys, its audience and its expiry.
#[async_trait]
pub trait VerifyBearer: Send + Sync {
    /// Returns true if the token is valid. An error means that it cannot be verified now: IDCloud
    /// then tries again later.
    ///
    /// The token is a secret, and a stranger may send anything in its place.
    async fn verify(&self, token: &str) -> Result<bool, BoxError>;
}

/// The verifier's result; `None` if it failed or panicked.
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

//! The hook that is called right before a request is sent.
//!
//! Must not be called for a request that can no longer be sent.

use async_trait::async_trait;

use crate::BoxError;

/// Called right before a request is sent, once for each attempt.
///
/// Use it to make an intent durable. The attempt is sent only after the hook returned `Ok`; an
/// error ends the call, with the [delivery](crate::Error::delivery) of the attempts before. It is
/// not called for token exchanges.
///
/// An attempt may still end unsent afterwards: if too little time is left, or if the caller drops
/// the call. Up to some seconds, the hook's time costs the call and not the tenant's budget.
///
/// A hook that makes an intent durable also has to revoke it, so that a crash leaves no needless
/// doubt: [`departing`](Self::departing) and [`did_not_run`](Self::did_not_run) report that, and do
/// nothing by default. A hook that wraps another passes all three on.
#[async_trait]
pub trait BeforeDispatch: Send + Sync {
    /// `attempt` counts from 1. Calls of one request never overlap.
    async fn before_dispatch(&self, attempt: u32) -> Result<(), BoxError>;

    /// A connection takes the request now. Until this is called the attempt provably was not sent,
    /// and a call that is dropped before sent nothing. For a transport that does not report it
    /// ([`CallContext::take_departure`]) it is called as soon as the transport is.
    ///
    /// It may be called on a thread of the transport's, so it must return at once.
    ///
    /// [`CallContext::take_departure`]: crate::CallContext::take_departure
    fn departing(&self, attempt: u32) {
        let _ = attempt;
    }

    /// A create's attempt provably did not run, and neither did any before it: the call pauses, and
    /// tries again.
    ///
    /// The call waits for it. An error, or a return after the call's time is up, ends the call as
    /// its last attempt did: a late report must not arrive after the next attempt was sent. It is
    /// not called at the call's end, where the [delivery](crate::Error::delivery) says the same.
    async fn did_not_run(&self, attempt: u32) -> Result<(), BoxError> {
        let _ = attempt;
        Ok(())
    }
}

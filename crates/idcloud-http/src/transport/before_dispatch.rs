//! The hook at the last moment before a request leaves.
//!
//! Must not be called for a request that cannot leave any more.

use async_trait::async_trait;

use crate::BoxError;

/// Called at the last moment before a request leaves, once for each attempt.
///
/// It is where an intent is made durable. The attempt leaves only after it returned `Ok`; an error
/// ends the call, with the [delivery](crate::Error::delivery) of the attempts before. It is not
/// called for token exchanges.
///
/// An attempt may still end unsent after it: where too little time is left, or the caller leaves.
/// Up to some seconds, its time costs the call and not the tenant's budget.
///
/// Who makes an intent durable wants to know as well when it no longer stands, so that a crash in between leaves
/// no doubt: [`departing`](Self::departing) and [`did_not_run`](Self::did_not_run) tell, and do nothing unless
/// implemented. A hook that wraps another passes all three on.
#[async_trait]
pub trait BeforeDispatch: Send + Sync {
    /// `attempt` counts from 1. Calls of one request never overlap.
    async fn before_dispatch(&self, attempt: u32) -> Result<(), BoxError>;

    /// A connection takes the request now. Until this is called the attempt provably was not sent, and a call that is
    /// dropped before sent nothing. Of a transport that does not know ([`CallContext::take_departure`]) it is said as soon
    /// as the transport was called.
    ///
    /// It may be called on a thread of the transport's, so it must return at once.
    ///
    /// [`CallContext::take_departure`]: crate::CallContext::take_departure
    fn departing(&self, attempt: u32) {
        let _ = attempt;
    }

    /// A create's attempt provably did not run, and neither did any before it: the call pauses, and tries again.
    ///
    /// The call waits for it. An error, or an answer that comes when there is no time left to leave, ends the call as
    /// its last attempt did: a late report must not arrive after the next attempt has left. It is not called at
    /// the call's end, where the [delivery](crate::Error::delivery) says the same.
    async fn did_not_run(&self, attempt: u32) -> Result<(), BoxError> {
        let _ = attempt;
        Ok(())
    }
}

//! Whether a call's request is with the transport right now.
//!
//! Must not report a call that stands in a queue as sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Reports whether the request of its call is with the transport right now.
///
/// A call's future must be polled or dropped, because other callers may wait behind it. While its
/// request is in transit none does, so the caller may leave the future unpolled for a while without
/// losing the answer.
///
/// The exchange for a token that the call needs counts as in transit too. Other callers may need
/// the same token, so resume such a future soon: a second after the exchange's answer came they
/// make an exchange of their own.
///
/// Give one to each call, with
/// [`CallOptions::with_in_transit`](crate::CallOptions::with_in_transit).
#[derive(Clone, Debug, Default)]
pub struct InTransit(Arc<AtomicBool>);

impl InTransit {
    /// For a call that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the request is with the transport.
    #[must_use]
    pub fn now(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// In transit until the returned value is dropped.
    pub(crate) fn begin(&self) -> Sending<'_> {
        self.0.store(true, Ordering::Release);
        Sending(self)
    }
}

/// A request that is with the transport.
pub(crate) struct Sending<'a>(&'a InTransit);

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

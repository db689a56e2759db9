//! Whether a call's request is with the transport right now.
//!
//! Must not say so of a call that stands in a queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tells whether the request of the call that it was given to is with the transport right now.
///
/// A call's future must be polled or dropped, because others may wait behind it. While its request is in
/// transit no caller does, so that such a future may be set aside and loses no answer by it.
///
/// The exchange for a token that the call needs is a request of its too. Others may need the same token, so a
/// future that is set aside meanwhile should be taken up again soon: a second after its answer came they make an
/// exchange of their own.
///
/// Give one to each call, with [`CallOptions::with_in_transit`](crate::CallOptions::with_in_transit).
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

    /// Says so until the value that is returned is dropped.
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

//! The moment from which a request may be on its way: reported by the transport to the caller's
//! hook.
//!
//! Must not be reported later than the first byte is sent.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::transport::before_dispatch::BeforeDispatch;

/// The transport does not report when the request is sent: it counts as sent once the transport was
/// called.
const OPEN: u8 = 0;
/// The transport reports it.
const TAKEN: u8 = 1;
const SAID: u8 = 2;

/// Reports that a request is sent now. A transport takes it from its
/// [context](crate::CallContext::take_departure).
#[derive(Clone)]
#[must_use = "a departure that is taken and not said makes a request that left look unsent"]
pub struct Departure(Option<Arc<Heard>>);

/// The hook that hears of one attempt's departure.
struct Heard {
    hook: Arc<dyn BeforeDispatch>,
    attempt: u32,
    state: AtomicU8,
}

impl Departure {
    /// No listener.
    pub(crate) const fn unheard() -> Self {
        Self(None)
    }

    /// `hook` listens to the departure of this attempt.
    pub(crate) fn heard_by(hook: Option<&Arc<dyn BeforeDispatch>>, attempt: u32) -> Self {
        Self(hook.map(|hook| {
            Arc::new(Heard {
                hook: Arc::clone(hook),
                attempt,
                state: AtomicU8::new(OPEN),
            })
        }))
    }

    /// The same departure, for the transport to report.
    pub(crate) fn taken(&self) -> Self {
        if let Some(heard) = &self.0 {
            let (before, order) = (OPEN, Ordering::AcqRel);
            // A departure that was reported stays reported.
            let _ = heard
                .state
                .compare_exchange(before, TAKEN, order, Ordering::Acquire);
        }
        self.clone()
    }

    /// The request is sent now: from here on it may arrive. A second call has no effect.
    pub fn now(&self) {
        if let Some(heard) = &self.0
            && heard.state.swap(SAID, Ordering::AcqRel) != SAID
        {
            heard.hook.departing(heard.attempt);
        }
    }

    /// Polls `send`, and reports the departure after the first poll if the transport did not take
    /// it.
    pub(crate) async fn around<T>(
        &self,
        mut send: Pin<&mut (impl Future<Output = T> + ?Sized)>,
    ) -> T {
        if self.0.is_none() {
            return send.await;
        }
        poll_fn(|cx| {
            // Even if the transport panics: it may have sent the request before.
            let _said = UnlessTaken(self);
            send.as_mut().poll(cx)
        })
        .await
    }
}

/// Reports the departure where the transport does not.
struct UnlessTaken<'a>(&'a Departure);

impl Drop for UnlessTaken<'_> {
    fn drop(&mut self) {
        if let Some(heard) = &self.0.0
            && heard.state.load(Ordering::Acquire) == OPEN
        {
            self.0.now();
        }
    }
}

impl fmt::Debug for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Departure").finish_non_exhaustive()
    }
}

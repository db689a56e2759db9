//! One simulator for several tasks: a transport, a server, and the test that inspects it.
//! Must not be held across an await: a request is answered in one call.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::Notify;

use crate::Simulator;

/// A [`Simulator`] that several tasks use; clones share it.
///
/// [`SimulatorTransport`](crate::SimulatorTransport) and `serve` take either this or the simulator
/// itself. Keep a clone to arrange outcomes or to read the [`Tally`](crate::Tally) while requests
/// are answered.
#[derive(Clone)]
pub struct SharedSimulator(Arc<Shared>);

struct Shared {
    simulator: Mutex<Simulator>,
    /// Notified after each use of the simulator: there may be a webhook request to deliver.
    touched: Notify,
}

impl SharedSimulator {
    /// Shares `simulator`.
    #[must_use]
    pub fn new(simulator: Simulator) -> Self {
        Self(Arc::new(Shared {
            simulator: Mutex::new(simulator),
            touched: Notify::new(),
        }))
    }

    /// Locks the simulator. Requests wait while the guard lives.
    #[must_use]
    pub fn lock(&self) -> Locked<'_> {
        Locked {
            simulator: self.quietly(),
            touched: &self.0.touched,
        }
    }

    /// Hands every webhook request that is due at `now` to `receive`, as a server would send it,
    /// and records the answer: `None` if there was none.
    ///
    /// For tests and programs without sockets; a server delivers by itself. Returns how many
    /// requests were handed over.
    pub fn deliver_webhooks(
        &self,
        now: SystemTime,
        mut receive: impl FnMut(Request<Bytes>) -> Option<Response<Bytes>>,
    ) -> usize {
        let mut handed = 0;
        loop {
            let due = self.quietly().due_webhooks(now);
            if due.is_empty() {
                return handed;
            }
            for delivery in due {
                handed += 1;
                let answer = receive(delivery.request);
                self.quietly().delivered(delivery.id, answer.as_ref(), now);
            }
        }
    }

    /// Locks the simulator without waking the webhook delivery: only for the delivery itself.
    pub(crate) fn quietly(&self) -> MutexGuard<'_, Simulator> {
        // A poisoned lock is usable: a panic elsewhere leaves no state that later requests could
        // not handle.
        self.0
            .simulator
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns once the simulator was locked since the last call. Only one task may wait at a time.
    #[cfg(feature = "server")]
    pub(crate) async fn touched(&self) {
        self.0.touched.notified().await;
    }
}

impl From<Simulator> for SharedSimulator {
    fn from(simulator: Simulator) -> Self {
        Self::new(simulator)
    }
}

impl fmt::Debug for SharedSimulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSimulator").finish_non_exhaustive()
    }
}

/// The lock guard of a [`SharedSimulator`].
pub struct Locked<'a> {
    simulator: MutexGuard<'a, Simulator>,
    touched: &'a Notify,
}

impl Deref for Locked<'_> {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.simulator
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Simulator {
        &mut self.simulator
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.touched.notify_one();
    }
}

impl fmt::Debug for Locked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.simulator.fmt(f)
    }
}

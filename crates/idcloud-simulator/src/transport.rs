//! The simulator in place of a network: a transport that answers in the same process.
//! Never opens a socket, and never fails: what a network would do wrong is not its business.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use idcloud_http::{CallContext, Clock, Transport, TransportError};

use crate::Simulator;

/// A [`Transport`] whose other end is a [`Simulator`] in this process.
///
/// Clones share the simulator, so that a test can keep one to look at what was asked.
#[derive(Clone)]
pub struct SimulatorTransport {
    simulator: Arc<Mutex<Simulator>>,
    clock: Arc<dyn Clock>,
}

impl SimulatorTransport {
    /// Sends every request to `simulator`, at the time that `clock` shows.
    #[must_use]
    pub fn new(simulator: Simulator, clock: Arc<dyn Clock>) -> Self {
        Self {
            simulator: Arc::new(Mutex::new(simulator)),
            clock,
        }
    }

    /// The simulator, to look at it or to arrange something. Requests wait as long as the guard lives.
    pub fn simulator(&self) -> MutexGuard<'_, Simulator> {
        // A panic elsewhere leaves nothing half done that a later request could not live with.
        self.simulator
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for SimulatorTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        _context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let now = self.clock.now();
        Ok(self.simulator().handle(request, now).response)
    }
}

impl fmt::Debug for SimulatorTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorTransport")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

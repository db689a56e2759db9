//! The simulator in place of a network: a transport that answers in the same process.
//! Never opens a socket, and never fails: what a network would do wrong is not its business.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use idcloud_http::{CallContext, Clock, Transport, TransportError};

use crate::SharedSimulator;

/// A [`Transport`] whose other end is a simulator in this process.
#[derive(Clone, Debug)]
pub struct SimulatorTransport {
    simulator: SharedSimulator,
    clock: Arc<dyn Clock>,
}

impl SimulatorTransport {
    /// Sends every request to `simulator`, at the time that `clock` shows.
    #[must_use]
    pub fn new(simulator: impl Into<SharedSimulator>, clock: Arc<dyn Clock>) -> Self {
        Self {
            simulator: simulator.into(),
            clock,
        }
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
        Ok(self.simulator.lock().handle(request, now).response)
    }
}

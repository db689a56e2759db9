//! A transport that answers from a simulator in the same process.
//!
//! Must not open a socket, nor report a request as not sent when it was.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use idcloud_http::{CallContext, Clock, Transport, TransportError, TransportErrorKind};

use crate::{Effect, Reaction, SharedSimulator};

/// A [`Transport`] whose other end is a simulator in this process.
///
/// The simulator's [`FaultRule`](crate::FaultRule)s decide which faults happen. They look as on a
/// socket where each request has a connection of its own.
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

    /// Sleeps until the timeout, without an answer.
    async fn hang(&self, context: CallContext) -> Result<http::Response<Bytes>, TransportError> {
        self.clock.sleep(context.timeout).await;
        Err(TransportErrorKind::Timeout.into())
    }
}

#[async_trait]
impl Transport for SimulatorTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let departure = context.take_departure();
        let now = self.clock.now();
        let connected = self.simulator.lock().connect(now);
        match connected {
            Effect::Answer => {}
            Effect::Refuse { .. } => return Err(TransportErrorKind::Connect.into()),
            // The system accepts the bytes, and no server reads them: the request may have been
            // sent.
            Effect::Hang => {
                departure.now();
                return self.hang(context).await;
            }
            _ => {
                departure.now();
                return Err(TransportErrorKind::Interrupted.into());
            }
        }
        let Reaction {
            response,
            delay,
            effect,
            ..
        } = self.simulator.lock().handle(request, now);
        if !matches!(effect, Effect::Refuse { .. }) {
            departure.now();
        }
        if effect == Effect::Hang {
            return self.hang(context).await;
        }
        if !delay.is_zero() {
            self.clock.sleep(delay).await;
        }
        match effect {
            Effect::Answer if response.body().len() > context.max_answer_bytes => {
                let kind = TransportErrorKind::AnswerTooLarge;
                Err(broken(kind, response, context.max_answer_bytes))
            }
            Effect::Answer => Ok(response),
            Effect::Refuse { .. } => Err(TransportErrorKind::Connect.into()),
            Effect::ResetInAnswer { after } => {
                let kind = TransportErrorKind::TruncatedAnswer;
                Err(broken(kind, response, after))
            }
            _ => Err(TransportErrorKind::Interrupted.into()),
        }
    }
}

/// An answer whose head and first `length` bytes of the body arrive.
fn broken(
    kind: TransportErrorKind,
    answer: http::Response<Bytes>,
    length: usize,
) -> TransportError {
    let (head, mut body) = answer.into_parts();
    body.truncate(length);
    TransportError::new(kind)
        .with_status(head.status)
        .with_headers(head.headers)
        .with_part(body)
}

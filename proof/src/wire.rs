//! A program's way to the simulator: what leaves arrives, whatever becomes of the program.
//!
//! Must never let a crash or a dropped call take a request back that has left.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use idcloud_http::{
    CallContext, Clock as _, Operation, Transport, TransportError, TransportErrorKind,
};
use idcloud_simulator::SimulatorTransport;
use tokio::sync::oneshot;

use crate::chance::once_in;
use crate::doubt::Doubt;
use crate::life::{Crash, Life, Moment};
use crate::sabotage::Sabotage;
use crate::world::World;

/// The way as one run of one program has it.
pub(crate) struct Wire {
    world: Arc<World>,
    life: Arc<Life>,
    simulator: SimulatorTransport,
}

/// What happens to one exchange before the simulator has its say.
struct Luck {
    /// From the client's limiter to the simulator's door: within the guard that the budget keeps.
    jitter: Duration,
    /// How much later it arrives.
    late: Duration,
    panics: bool,
}

impl Wire {
    pub(crate) fn new(world: Arc<World>, life: Arc<Life>) -> Self {
        let clock = Arc::new(world.clock.clone());
        Self {
            simulator: SimulatorTransport::new(world.simulator.clone(), clock),
            world,
            life,
        }
    }

    fn is(&self, sabotage: Sabotage) -> bool {
        self.world.sabotage == Some(sabotage)
    }

    fn luck(&self) -> Luck {
        let rough = self.world.rough;
        self.world.with_chance(|chance| Luck {
            jitter: Duration::from_micros(chance.u64(..20_000)),
            late: if rough && once_in(chance, 40) {
                Duration::from_millis(chance.u64(..45_000))
            } else {
                Duration::ZERO
            },
            panics: rough && once_in(chance, 300),
        })
    }

    /// The answer as a transport would give it that does not keep its word.
    fn sabotaged(
        &self,
        operation: Operation,
        body: &Bytes,
        answer: Result<http::Response<Bytes>, TransportError>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let creates = operation == Operation::CreateProcess;
        match answer {
            Err(error)
                if creates
                    && self.is(Sabotage::AmbiguousRepeated)
                    && matches!(
                        error.kind(),
                        TransportErrorKind::Interrupted | TransportErrorKind::Timeout
                    ) =>
            {
                Err(TransportErrorKind::NotSent.into())
            }
            Err(error) if self.is(Sabotage::CausesTell) => {
                let told = String::from_utf8_lossy(body).into_owned();
                Err(error.with_source(told))
            }
            Ok(answer) if self.is(Sabotage::AnyStatusFinal) && operation != Operation::Token => {
                Ok(answer.map(|body| {
                    let text = String::from_utf8_lossy(&body);
                    let text = ["\"status\":1,", "\"status\":2,", "\"status\":7,"]
                        .into_iter()
                        .fold(text.into_owned(), |text, open| {
                            text.replace(open, "\"status\":3,")
                        });
                    text.into()
                }))
            }
            answer => answer,
        }
    }
}

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let name = (context.operation == Operation::CreateProcess)
            .then(|| case_of(request.body()))
            .flatten();
        let departure = context.take_departure();
        let number = self.life.next_exchange();
        let here = |moment| Crash::Exchange { number, moment };
        self.life.go_on(here(Moment::Before)).await;
        let luck = self.luck();
        if luck.panics {
            self.world.count_fault();
            panics();
        }
        self.keep_secrets(&request, context.operation);
        let body = request.body().clone();
        if self.is(Sabotage::BodiesLogged) {
            tracing::trace!(body = %String::from_utf8_lossy(&body), "sends");
        }
        if self.is(Sabotage::NoticeIsResult)
            && let Some(told) = self.world.told_by_notice(request.uri().path())
        {
            return Ok(http::Response::new(told));
        }
        if let Some(name) = &name {
            self.world.doubt(name, Doubt::left);
        }
        departure.now();
        let operation = context.operation;
        let (sender, answered) = oneshot::channel();
        let (world, simulator) = (Arc::clone(&self.world), self.simulator.clone());
        tokio::spawn(async move {
            world.clock.sleep(luck.jitter).await;
            world.arrived();
            if !luck.late.is_zero() {
                world.count_fault();
                world.clock.sleep(luck.late).await;
            }
            let answer = simulator.send(request, context).await;
            if !matches!(&answer, Ok(answer) if answer.status().is_success()) {
                world.count_fault();
            }
            // Nobody may be left to hear it.
            drop(sender.send(answer));
        });
        self.life.go_on(here(Moment::Left)).await;
        let answer = answered
            .await
            .unwrap_or_else(|_| Err(TransportErrorKind::Interrupted.into()));
        self.life.go_on(here(Moment::Answered)).await;
        let answer = self.sabotaged(operation, &body, answer);
        if let Some(name) = &name {
            let now = self.world.clock.instant();
            self.world.doubt(name, |doubt| doubt.heard(&answer, now));
        }
        answer
    }
}

/// Which case a create is about: its subject's reference is the case's name.
fn case_of(body: &[u8]) -> Option<String> {
    const BEFORE: &[u8] = br#""clientReference":""#;
    let start = body
        .windows(BEFORE.len())
        .position(|window| window == BEFORE)?
        + BEFORE.len();
    let name = body.get(start..)?.split(|byte| *byte == b'"').next()?;
    Some(String::from_utf8_lossy(name).into_owned())
}

impl Wire {
    /// What no log may show: the token, and the assertion that it was given for.
    fn keep_secrets(&self, request: &http::Request<Bytes>, operation: Operation) {
        let bearer = request.headers().get(AUTHORIZATION);
        let bearer = bearer.and_then(|value| value.to_str().ok());
        if let Some(token) = bearer.and_then(|value| value.strip_prefix("Bearer ")) {
            self.world.keep_secret(token);
        }
        if operation == Operation::Token {
            let text = String::from_utf8_lossy(request.body());
            let assertion = text.split("assertion=").nth(1);
            if let Some(assertion) = assertion.and_then(|rest| rest.split('&').next()) {
                self.world.keep_secret(assertion);
            }
        }
    }
}

#[expect(clippy::panic, reason = "a transport that panics is what is tried")]
fn panics() {
    panic!("a transport that panics");
}

//! A program's connection to the simulator: a sent request arrives, whatever happens to the
//! program.
//!
//! Must not let a crash, a stop or a dropped call cancel a request that was sent.

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
use tokio::time::Instant;

use crate::judge::ambiguity::{Doubt, Said};
use crate::program::lifetime::{Crash, Life, Moment};
use crate::sabotage::Sabotage;
use crate::world::World;
use crate::world::rng::once_in;

/// The upper bound, in milliseconds, for reading an answer that arrived while its program was
/// stopped.
const READ: u64 = 800;
/// A timer that fires no later than this does not indicate a stop.
const IN_TIME: Duration = Duration::from_secs(1);
/// How long a slow transport reads.
const TOO_LONG: Duration = Duration::from_secs(5);

/// The connection as one life of one program sees it.
pub(crate) struct FlakyNetwork {
    world: Arc<World>,
    life: Arc<Life>,
    simulator: SimulatorTransport,
}

/// The faults of one exchange before the simulator's own.
struct ExchangeFaults {
    /// From the client's limiter to the simulator: within the guard time of the budget.
    jitter: Duration,
    /// How long connecting takes.
    connecting: Duration,
    /// How long the program reads an answer that arrived while it was stopped.
    reading: Duration,
    /// How much later the request arrives.
    late: Duration,
    panics: bool,
}

impl FlakyNetwork {
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

    fn luck(&self) -> ExchangeFaults {
        let rough = self.world.is_rough();
        self.world.with_chance(|chance| ExchangeFaults {
            jitter: Duration::from_micros(chance.u64(..20_000)),
            connecting: if rough && once_in(chance, 12) {
                Duration::from_millis(chance.u64(..10_000))
            } else {
                Duration::ZERO
            },
            reading: Duration::from_millis(chance.u64(..READ)),
            late: if rough && once_in(chance, 40) {
                Duration::from_millis(chance.u64(..45_000))
            } else {
                Duration::ZERO
            },
            panics: rough && once_in(chance, 300),
        })
    }

    /// The answer of a transport that breaks its contract.
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
            Err(error)
                if creates
                    && self.is(Sabotage::PartDropped)
                    && error.kind() == TransportErrorKind::TruncatedAnswer =>
            {
                let without = TransportError::new(error.kind());
                Err(match error.status() {
                    Some(status) => without.with_status(status),
                    None => without,
                })
            }
            Ok(answer)
                if self.is(Sabotage::AnothersIsTheirs)
                    && operation == Operation::ProcessDetails =>
            {
                Ok(answer.map(|body| self.as_theirs(body)))
            }
            answer => answer,
        }
    }

    /// The answer about a mistaken process, as if it were that person's.
    fn as_theirs(&self, body: Bytes) -> Bytes {
        let read = serde_json::from_slice::<serde_json::Value>(&body);
        let Ok(mut process) = read else {
            return body;
        };
        let seen = self.world.seen();
        let id = process.get("id").and_then(serde_json::Value::as_str);
        let code = id.and_then(|id| seen.mistaken.get(&id.to_ascii_lowercase()));
        let named = process.pointer_mut("/processAdditionalInfo/personDocument");
        match (code, named) {
            (Some(code), Some(named)) => *named = code.clone().into(),
            _ => return body,
        }
        process.to_string().into()
    }

    /// Waits for a connection: false if the attempt's timeout expires first.
    async fn connect(&self, takes: Duration, context: &CallContext) -> bool {
        if takes.is_zero() {
            return true;
        }
        self.world.count_fault();
        // A moment earlier than the timeout: otherwise a waiting caller could not distinguish it
        // from a sent request.
        let most = context.timeout.saturating_sub(context.timeout / 20);
        self.world.clock.sleep(takes.min(most)).await;
        takes < most
    }

    /// Reads an answer that arrived while the program was stopped: the timeout may have expired,
    /// but the answer is available.
    async fn read(&self, takes: Duration, deadline: Instant) {
        let now = self.world.clock.instant();
        if !self.life.stopped.ends(now) {
            return;
        }
        self.world.count_fault();
        let takes = if self.is(Sabotage::StoppedIsLate) {
            TOO_LONG
        } else {
            takes
        };
        // If the timeout expired only as long ago as timers may be late, no time is left for
        // reading.
        if now + takes < deadline || now > deadline + IN_TIME {
            self.world.clock.sleep(takes).await;
        }
    }

    /// Notes what the answer to a lookup shows.
    fn note_lookup(&self, path: &str, answer: &Result<http::Response<Bytes>, TransportError>) {
        if let Ok(answer) = answer
            && matches!(answer.status().as_u16(), 400 | 404)
            && let Some((_, id)) = path.rsplit_once('/')
        {
            self.world.not_there(id);
        }
    }
}

#[async_trait]
impl Transport for FlakyNetwork {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let name = (context.operation == Operation::CreateProcess)
            .then(|| case_of(request.body()))
            .flatten();
        let departure = context.take_departure();
        let clock = self.world.clock.clone();
        let deadline = clock.instant() + context.timeout;
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
        // The budget is spent when the client sends, however long its connection takes.
        self.world.arrives(clock.instant() + luck.jitter);
        if self.is(Sabotage::ConnectingIsOut) {
            departure.now();
        }
        if !self.connect(luck.connecting, &context).await {
            if let Some(name) = &name {
                let now = clock.instant();
                self.world
                    .doubt(name, |doubt| doubt.heard(Said::NothingRan, now));
            }
            return Err(TransportErrorKind::Connect.into());
        }
        self.life.go_on(here(Moment::Before)).await;
        if let Some(name) = &name {
            self.world.doubt(name, Doubt::left);
        }
        departure.now();
        let operation = context.operation;
        let path = request.uri().path().to_owned();
        let (sender, answered) = oneshot::channel();
        let (world, simulator) = (Arc::clone(&self.world), self.simulator.clone());
        let create = name.clone();
        tokio::spawn(async move {
            world.clock.sleep(luck.jitter).await;
            if !luck.late.is_zero() {
                world.count_fault();
                world.clock.sleep(luck.late).await;
            }
            let answer = simulator.send(request, context).await;
            if !matches!(&answer, Ok(answer) if answer.status().is_success()) {
                world.count_fault();
            }
            let said = Said::by(&answer);
            // The receiver may be gone.
            if sender.send(answer).is_ok()
                && let Some(name) = &create
            {
                world.doubt(name, |doubt| doubt.delivered(&said));
            }
        });
        if self.life.stop_behind(number, &clock) {
            self.world.count_fault();
        }
        self.life.go_on(here(Moment::Left)).await;
        let answer = answered
            .await
            .unwrap_or_else(|_| Err(TransportErrorKind::Interrupted.into()));
        self.read(luck.reading, deadline).await;
        self.life.go_on(here(Moment::Answered)).await;
        if let Some(name) = &name {
            let (said, now) = (Said::by(&answer), clock.instant());
            self.world.doubt(name, |doubt| doubt.heard(said, now));
        } else {
            self.note_lookup(&path, &answer);
        }
        self.sabotaged(operation, &body, answer)
    }
}

/// The case of a create: its `clientReference` is the case's name.
fn case_of(body: &[u8]) -> Option<String> {
    const BEFORE: &[u8] = br#""clientReference":""#;
    let start = body
        .windows(BEFORE.len())
        .position(|window| window == BEFORE)?
        + BEFORE.len();
    let name = body.get(start..)?.split(|byte| *byte == b'"').next()?;
    Some(String::from_utf8_lossy(name).into_owned())
}

impl FlakyNetwork {
    /// Remembers the token and its assertion, which no log may show.
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

//! Builds a client from its parts and limits.
//!
//! Must not panic, for any input.

use std::fmt;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use http::{HeaderValue, Uri};
use tokio::sync::Semaphore;

use crate::auth::active_account::ActiveAccount;
use crate::body::assembler::Assembler;
use crate::body::buffer_pool::BufferPool;
use crate::budget::limiter::{Limiter, QueueLimits};
use crate::client::Client;
use crate::client::shared::{Shared, Targets};
use crate::environment::config_error::{ConfigError, ConfigErrorKind};
use crate::time::clock::{Clock, SystemClock};
use crate::transport::Transport;
use crate::{Endpoints, Environment};

/// Builds a [`Client`].
#[must_use]
pub struct ClientBuilder {
    environment: Environment,
    transport: Option<Arc<dyn Transport>>,
    clock: Option<Arc<dyn Clock>>,
    jitter: Option<Arc<dyn Fn() -> f64 + Send + Sync>>,
    rate: usize,
    max_in_flight: usize,
    max_queued: usize,
    queue_timeout: Duration,
    application: Option<String>,
}

impl ClientBuilder {
    /// Ten requests a second: a tenant's budget unless Unico agreed to more (IDCloud documentation,
    /// rate limits page).
    pub const RATE: usize = 10;
    /// The largest rate: a hundred thousand requests a second, far above any tenant's budget.
    pub const MAX_RATE: usize = 100_000;
    /// By default at most this many create bodies exist at once.
    pub const MAX_IN_FLIGHT: usize = 64;
    /// By default at most this many calls wait for admission.
    pub const MAX_QUEUED: usize = 1024;
    /// By default no call waits longer for its admission: 60 seconds.
    pub const QUEUE_TIMEOUT: Duration = Duration::from_secs(60);

    pub(crate) fn new(environment: Environment) -> Self {
        Self {
            environment,
            transport: None,
            clock: None,
            jitter: None,
            rate: Self::RATE,
            max_in_flight: Self::MAX_IN_FLIGHT,
            max_queued: Self::MAX_QUEUED,
            queue_timeout: Self::QUEUE_TIMEOUT,
            application: None,
        }
    }

    /// The transport that carries requests. Without one, and with the feature `reqwest`, the client
    /// makes a `ReqwestTransport` of its own.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The clock; the system's clock by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The source of jitter: a number from 0 to 1, evenly distributed. For tests that need the same
    /// waits each time. NaN counts as 1.
    pub fn jitter(mut self, jitter: Arc<dyn Fn() -> f64 + Send + Sync>) -> Self {
        self.jitter = Some(jitter);
        self
    }

    /// Requests per second, token exchanges and lookups included: from 1 to
    /// [`MAX_RATE`](Self::MAX_RATE); [`build`](Self::build) refuses any other rate. Programs that
    /// share a tenant share its budget.
    pub const fn rate(mut self, per_second: usize) -> Self {
        self.rate = per_second;
        self
    }

    /// Create bodies in memory at once, at most; at least 1. A create waits for a body's permit
    /// before its admission, and that wait counts as part of the queue.
    ///
    /// Buffers are kept for later creates, as many as were recently in use at once: never more than
    /// this, each of up to about 820 kB.
    pub const fn max_in_flight(mut self, bodies: usize) -> Self {
        self.max_in_flight = bodies;
        self
    }

    /// How many calls may queue for admission or for a body's permit; the next one is refused at
    /// once.
    pub const fn max_queued(mut self, calls: usize) -> Self {
        self.max_queued = calls;
        self
    }

    /// How long a call waits for its admission, a body's permit included.
    pub const fn queue_timeout(mut self, timeout: Duration) -> Self {
        self.queue_timeout = timeout;
        self
    }

    /// The program's name in the `User-Agent` header, after this library's own: `shop/1.2`. Visible
    /// ASCII characters and blanks, at most 200; [`build`](Self::build) refuses any other name.
    ///
    /// Gateways refuse requests without the header, and Unico may ask for it. It must hold nothing
    /// personal.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.application = Some(name.into());
        self
    }

    /// Builds the client. Nothing is sent.
    pub fn build(self) -> Result<Client, ConfigError> {
        at_least_one(self.rate, "rate")?;
        if self.rate > Self::MAX_RATE {
            return Err(ConfigError::new(
                ConfigErrorKind::NotAllowed,
                "rate",
                "it is more than 100000 requests a second",
                "give what Unico agreed to; 10 unless changed",
            ));
        }
        at_least_one(self.max_in_flight, "max_in_flight")?;
        let user_agent = user_agent(self.application.as_deref())?;
        let endpoints = self.environment.endpoints().clone();
        let targets = Targets {
            token: target(endpoints.identity_url(), "/oauth2/token", "identity_url")?,
            create: target(endpoints.api_url(), "/processes/v1", "api_url")?,
        };
        let clock = self
            .clock
            .unwrap_or_else(|| Arc::new(SystemClock::new()) as Arc<dyn Clock>);
        let limits = QueueLimits {
            max_queued: self.max_queued,
            timeout: self.queue_timeout,
        };
        Ok(Client {
            inner: Arc::new(Shared {
                credentials: RwLock::new(Arc::new(ActiveAccount::new(self.environment))),
                targets,
                user_agent,
                transport: match self.transport {
                    Some(transport) => transport,
                    None => default_transport(&endpoints)?,
                },
                jitter: self.jitter.unwrap_or_else(|| Arc::new(fastrand::f64)),
                limiter: Limiter::new(self.rate, limits, Arc::clone(&clock)),
                clock,
                buffers: Arc::new(BufferPool::default()),
                assembler: Assembler::new(),
                in_flight: Arc::new(Semaphore::new(
                    self.max_in_flight.min(Semaphore::MAX_PERMITS),
                )),
            }),
        })
    }
}

#[cfg(feature = "reqwest")]
fn default_transport(endpoints: &Endpoints) -> Result<Arc<dyn Transport>, ConfigError> {
    let transport = crate::ReqwestTransport::builder()
        .this_machine_alone(endpoints.are_on_this_machine())
        .build()?;
    Ok(Arc::new(transport))
}

#[cfg(not(feature = "reqwest"))]
fn default_transport(_: &Endpoints) -> Result<Arc<dyn Transport>, ConfigError> {
    Err(ConfigError::new(
        ConfigErrorKind::Missing,
        "transport",
        "no transport is given, and none is built in",
        "give one, or switch the feature `reqwest` on",
    ))
}

/// `idcloud-rs/0.1.0 shop/1.2`.
fn user_agent(application: Option<&str>) -> Result<HeaderValue, ConfigError> {
    const OWN: &str = concat!("idcloud-rs/", env!("CARGO_PKG_VERSION"));
    let Some(application) = application else {
        return Ok(HeaderValue::from_static(OWN));
    };
    let is_plain = application.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let value = HeaderValue::try_from(format!("{OWN} {application}"));
    let is_name = is_plain && !application.trim().is_empty() && application.len() <= 200;
    value.ok().filter(|_| is_name).ok_or_else(|| {
        ConfigError::new(
            ConfigErrorKind::Malformed,
            "application",
            "it is not at most 200 visible ASCII characters",
            "give a name and a version, such as shop/1.2",
        )
    })
}

fn at_least_one(value: usize, field: &'static str) -> Result<(), ConfigError> {
    if value == 0 {
        return Err(ConfigError::new(
            ConfigErrorKind::NotAllowed,
            field,
            "it is 0, so nothing would ever leave",
            "give at least 1",
        ));
    }
    Ok(())
}

fn target(base: &str, path: &str, field: &'static str) -> Result<Uri, ConfigError> {
    format!("{base}{path}").parse().map_err(|_| {
        ConfigError::new(
            ConfigErrorKind::Malformed,
            field,
            "it is not an address",
            "give an address such as https://api.example.com",
        )
    })
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("environment", &self.environment)
            .field("rate", &self.rate)
            .field("max_in_flight", &self.max_in_flight)
            .field("max_queued", &self.max_queued)
            .field("queue_timeout", &self.queue_timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_has_room_behind_the_library() {
        let own = concat!("idcloud-rs/", env!("CARGO_PKG_VERSION"));
        assert_eq!(user_agent(None).unwrap(), own);
        let both = user_agent(Some("shop/1.2 (a; b)")).unwrap();
        assert_eq!(both, format!("{own} shop/1.2 (a; b)"));
        for bad in ["", " ", "a\r\nEvil: 1", "caf\u{e9}", "\t", &"x".repeat(201)] {
            let error = user_agent(Some(bad)).unwrap_err();
            assert_eq!(error.field(), "application", "{bad:?}");
        }
    }
}

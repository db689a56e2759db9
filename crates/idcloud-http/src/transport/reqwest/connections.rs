//! Which connections a request may use: kept ones for lookups, recently used ones for creates.
//!
//! Must not give a create a connection that its server is likely to be closing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::environment::config_error::{ConfigError, ConfigErrorKind};
use crate::operation::{Operation, OperationKind};
use crate::time::clock::{Clock as _, SystemClock};

/// DNS, TCP, TLS and a proxy's `CONNECT` together.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// An idle connection is closed before most proxies on the way would.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// A create takes a connection only this long after its last answer: servers close idle ones after
/// 5 s (Node's default) and more, and a create that meets the close is ambiguous.
const CREATE_IDLE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long creates use no kept connection after one broke under a create.
const DISTRUST: Duration = Duration::from_secs(600);

/// How long connecting may take, and how long a connection is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) connect: Duration,
    pub(crate) idle: Duration,
}

/// The connections to one kind of address.
///
/// A create that meets the server's close is ambiguous for nothing, so creates have connections of
/// their own, none of which has been idle for two seconds.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    kept: reqwest::Client,
    young: reqwest::Client,
    fresh: reqwest::Client,
}

impl Connections {
    /// `make` is called once for each kind of connection, and must return the same settings each
    /// time.
    pub(crate) fn build(
        times: Times,
        make: impl Fn() -> reqwest::ClientBuilder,
    ) -> Result<Self, ConfigError> {
        let connecting = || make().connect_timeout(times.connect);
        let idle = |idle| build(connecting().pool_idle_timeout(idle));
        Ok(Self {
            kept: idle(times.idle)?,
            young: idle(times.idle.min(CREATE_IDLE_TIMEOUT))?,
            fresh: build(connecting().pool_max_idle_per_host(0))?,
        })
    }

    /// The connections that `operation` may take.
    pub(crate) fn of(&self, operation: Operation, distrust: &Distrust) -> &reqwest::Client {
        match operation.kind() {
            OperationKind::Create if distrust.holds() => &self.fresh,
            OperationKind::Create => &self.young,
            OperationKind::Token | OperationKind::Read => &self.kept,
        }
    }
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, ConfigError> {
    builder.build().map_err(|error| {
        ConfigError::new(
            ConfigErrorKind::Unsupported,
            "transport",
            "reqwest cannot be built with these settings",
            "check the settings of the ClientBuilder, the proxy's above all",
        )
        .with_source(error.without_url())
    })
}

/// Whether a server closes connections sooner than expected: then each create makes its own.
#[derive(Debug)]
pub(crate) struct Distrust {
    began: Instant,
    /// Milliseconds after `began`; 0 without distrust.
    until: AtomicU64,
}

impl Distrust {
    pub(crate) fn new() -> Self {
        Self {
            began: SystemClock::new().instant(),
            until: AtomicU64::new(0),
        }
    }

    /// A connection broke under a create that may have been sent.
    pub(crate) fn begin(&self) {
        let until = self.passed().saturating_add(millis(DISTRUST));
        self.until.store(until, Ordering::Relaxed);
    }

    fn holds(&self) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        // The clock is read only if there was distrust.
        until != 0 && self.passed() < until
    }

    fn passed(&self) -> u64 {
        millis(SystemClock::new().instant() - self.began)
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn distrust_ends() {
        let distrust = Distrust::new();
        assert!(!distrust.holds());
        distrust.begin();
        assert!(distrust.holds());
        let clock = SystemClock::new();
        let nearly = DISTRUST.saturating_sub(Duration::from_secs(1));
        clock.sleep(nearly).await;
        assert!(distrust.holds());
        distrust.begin();
        clock.sleep(nearly).await;
        assert!(distrust.holds());
        clock.sleep(Duration::from_secs(1)).await;
        assert!(!distrust.holds());
    }
}

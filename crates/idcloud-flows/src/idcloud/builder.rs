//! Builds [`IdCloud`](crate::IdCloud) from its parts.
//!
//! Must not panic, nor send anything.

use std::sync::Arc;
use std::time::Duration;

use idcloud_http::{Client, ClientBuilder, Clock, ConfigError, Environment, Transport};
use idcloud_model::Policy;

use crate::IdCloud;
use crate::idcloud::DEFAULT_NEW_ATTEMPTS;
use crate::journal::handle::JournalHandle;
use crate::journal::{Journal, Owner};
use crate::wait::polling::Polling;

/// Builds [`IdCloud`].
///
/// ```no_run
/// # fn example(account: idcloud_flows::http::ServiceAccount) -> Result<(), idcloud_flows::http::ConfigError> {
/// use idcloud_flows::{IdCloud, http::Environment, model::Policy};
///
/// let idcloud = IdCloud::builder(Environment::uat(account))
///     .rate(5)
///     .policy(Policy::default().with_require_liveness(true))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct IdCloudBuilder {
    client: ClientBuilder,
    policy: Policy,
    new_attempts: u32,
    journal: Option<Arc<dyn Journal>>,
    owner: Option<Owner>,
    polling: Polling,
}

impl IdCloudBuilder {
    pub(crate) fn new(environment: Environment) -> Self {
        Self {
            client: Client::builder(environment),
            policy: Policy::default(),
            new_attempts: DEFAULT_NEW_ATTEMPTS,
            journal: None,
            owner: None,
            polling: Polling::default(),
        }
    }

    fn client(mut self, change: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        self.client = change(self.client);
        self
    }

    /// The transport that carries requests; see [`ClientBuilder::transport`].
    pub fn transport(self, transport: Arc<dyn Transport>) -> Self {
        self.client(|client| client.transport(transport))
    }

    /// The clock; see [`ClientBuilder::clock`].
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        self.client(|client| client.clock(clock))
    }

    /// Requests per second of the whole account; see [`ClientBuilder::rate`].
    pub fn rate(self, per_second: usize) -> Self {
        self.client(|client| client.rate(per_second))
    }

    /// Create bodies in memory at once, at most; see [`ClientBuilder::max_in_flight`].
    pub fn max_in_flight(self, bodies: usize) -> Self {
        self.client(|client| client.max_in_flight(bodies))
    }

    /// Calls that may queue in the rate limiter; see [`ClientBuilder::max_queued`].
    pub fn max_queued(self, calls: usize) -> Self {
        self.client(|client| client.max_queued(calls))
    }

    /// How long a call may queue before its first attempt; see [`ClientBuilder::queue_timeout`].
    pub fn queue_timeout(self, timeout: Duration) -> Self {
        self.client(|client| client.queue_timeout(timeout))
    }

    /// The policy under which handles judge by default.
    pub const fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// How often a process that failed in processing (status 5) is retried, unless a handle sets
    /// another number: [`DEFAULT_NEW_ATTEMPTS`]. Each attempt is a process of its own. A request
    /// with a capture token is never retried.
    pub const fn new_attempts(mut self, attempts: u32) -> Self {
        self.new_attempts = attempts;
        self
    }

    /// The journal for submissions under a reference
    /// ([`SubmitOptions::with_reference`](crate::SubmitOptions::with_reference)).
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// This program's name in the journal, such as the host's name: it shows people which program
    /// holds a reference. Random by default.
    pub fn owner(mut self, owner: Owner) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Whether notifications are expected: the account's webhook reaches this very program, which
    /// passes them to [`IdCloud::hints`].
    ///
    /// If so, a wait polls only from about 70 seconds after the create on, for notifications that
    /// were lost. Leave it off if a notification may reach another replica: this one would learn of
    /// the result that late.
    pub const fn notifications_expected(mut self, expected: bool) -> Self {
        self.polling = if expected {
            Polling::BesideNotifications
        } else {
            Polling::Alone
        };
        self
    }

    /// Builds it. Nothing is sent.
    pub fn build(self) -> Result<IdCloud, ConfigError> {
        let owner = self.owner.unwrap_or_else(Owner::random);
        let journal_handle = self.journal.map(|journal| JournalHandle { journal, owner });
        Ok(IdCloud::with(
            self.client.build()?,
            self.policy,
            self.new_attempts,
            journal_handle,
            self.polling,
        ))
    }
}

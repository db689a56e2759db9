//! The configuration of a simulator.
//!
//! Must not hold a secret: accounts and API keys are issued by the simulator itself.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::{Dialect, FaultRule, IDENTITY_URL, RateLimit};

/// The settings of a [`Simulator`](crate::Simulator). The default is the documented behaviour.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    pub(crate) seed: u64,
    pub(crate) identity_url: String,
    pub(crate) access_token_life: Duration,
    pub(crate) score_latency: Duration,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) latency: Latency,
    pub(crate) captures: CaptureMarking,
    pub(crate) faults: Vec<FaultRule>,
    pub(crate) account_lock: Option<AccountLock>,
    pub(crate) dialect: Dialect,
    pub(crate) unknown_references: bool,
}

/// How long an answer takes without a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Latency {
    /// No delay.
    #[default]
    None,
    /// As once observed with the real API: 1.6 to 1.8 seconds for a create, 238 to 284 milliseconds
    /// for other requests. Of the processes that could end with their create's answer, 85 % do;
    /// IDCloud's guide says 80 to 90 %. The others end one [score
    /// latency](Config::with_score_latency) later.
    Observed,
    /// Always the same.
    Fixed {
        /// For a create.
        create: Duration,
        /// For other requests.
        other: Duration,
    },
}

/// When a capture is marked as used. IDCloud does not publish it, so a client has to work with
/// each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaptureMarking {
    /// On arrival. 10508 then proves nothing, because the earlier request may have failed.
    BeforeProcessing,
    /// Together with the creation of its process. 10508 then proves that there is one.
    #[default]
    WithProcess,
    /// After the answer was sent. A client that received none and sends it again gets a second
    /// process.
    AfterAnswer,
}

/// How many consecutive refused assertions lock an account, and for how long: 1.2.18.
///
/// The lock is published, its numbers are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountLock {
    /// How many attempts lock the account.
    pub attempts: NonZeroU32,
    /// How long the lock lasts.
    pub lasts: Duration,
}

impl AccountLock {
    /// Ten attempts, five minutes.
    pub const DEFAULT: Self = Self {
        attempts: NonZeroU32::MIN.saturating_add(9),
        lasts: Duration::from_secs(300),
    };
}

impl CaptureMarking {
    /// Its name in the rules: `before-processing`, `with-process` or `after-answer`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BeforeProcessing => "before-processing",
            Self::WithProcess => "with-process",
            Self::AfterAnswer => "after-answer",
        }
    }
}

impl Config {
    /// The documented behaviour; identifiers and secrets are drawn from `seed`.
    ///
    /// Two simulators with one seed have the same process ids. If ids have to differ between runs,
    /// use a random seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            identity_url: IDENTITY_URL.to_owned(),
            access_token_life: Duration::from_secs(3_600),
            score_latency: Duration::from_millis(2_500),
            rate_limit: Some(RateLimit::DEFAULT),
            latency: Latency::None,
            captures: CaptureMarking::WithProcess,
            faults: Vec::new(),
            account_lock: Some(AccountLock::DEFAULT),
            dialect: Dialect::default(),
            unknown_references: false,
        }
    }

    /// The URL that assertions must name as `aud`, without a slash at the end; [`IDENTITY_URL`] by
    /// default.
    #[must_use]
    pub fn with_identity_url(mut self, url: impl Into<String>) -> Self {
        self.identity_url = url.into();
        self
    }

    /// The lifetime of an access token; an hour by default.
    #[must_use]
    pub fn with_access_token_life(mut self, life: Duration) -> Self {
        self.access_token_life = life;
        self
    }

    /// How long each asynchronous step takes (status 1 to 3, or 1 to 2 and 2 to 3); 2.5 seconds by
    /// default.
    ///
    /// IDCloud publishes no latency. With this one, a client whose first poll comes after three
    /// seconds finds the score.
    #[must_use]
    pub fn with_score_latency(mut self, latency: Duration) -> Self {
        self.score_latency = latency;
        self
    }

    /// Each tenant's budget of requests; `None` for no limit. Ten in any second by default.
    #[must_use]
    pub fn with_rate_limit(mut self, limit: Option<RateLimit>) -> Self {
        self.rate_limit = limit;
        self
    }

    /// How long answers take; no delay by default.
    #[must_use]
    pub fn with_latency(mut self, latency: Latency) -> Self {
        self.latency = latency;
        self
    }

    /// When captures are marked as used; together with the process by default.
    #[must_use]
    pub fn with_captures_marked(mut self, captures: CaptureMarking) -> Self {
        self.captures = captures;
        self
    }

    /// Adds a fault; none by default. If several strike at once, the first one counts.
    #[must_use]
    pub fn with_fault(mut self, rule: FaultRule) -> Self {
        self.faults.push(rule);
        self
    }

    /// When failed attempts lock an account; `None` for never. By default ten consecutive ones lock
    /// it for five minutes.
    #[must_use]
    pub fn with_account_lock(mut self, lock: Option<AccountLock>) -> Self {
        self.account_lock = lock;
        self
    }

    /// The dialect of keys without one of their own, and of answers to requests without a known
    /// key; 2025 by default.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Whether a create may refer to an unknown process: such a reference counts as the same
    /// person's, and proves the holder of a document. Off by default; for simulators that lose
    /// their state before the next request.
    #[must_use]
    pub fn with_unknown_references(mut self, allowed: bool) -> Self {
        self.unknown_references = allowed;
        self
    }
}

impl Default for Config {
    /// [`Config::new`] with the seed 0.
    fn default() -> Self {
        Self::new(0)
    }
}

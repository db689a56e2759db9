//! How a simulator is set up.
//! Never holds a secret: accounts and API keys are issued by the simulator itself.

use std::time::Duration;

use crate::{IDENTITY_URL, RateLimit};

/// The settings of a [`Simulator`](crate::Simulator). The default is what the documents describe.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    pub(crate) seed: u64,
    pub(crate) identity_url: String,
    pub(crate) access_token_life: Duration,
    pub(crate) score_latency: Duration,
    pub(crate) rate_limit: Option<RateLimit>,
}

impl Config {
    /// The documented behaviour; identifiers and secrets are drawn from `seed`.
    ///
    /// Two simulators of one seed give the same process ids. Where ids have to differ between runs, draw the seed at random.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            identity_url: IDENTITY_URL.to_owned(),
            access_token_life: Duration::from_secs(3_600),
            score_latency: Duration::from_millis(2_500),
            rate_limit: Some(RateLimit::DEFAULT),
        }
    }

    /// The URL that assertions must name as `aud`, without a slash at the end; [`IDENTITY_URL`] by default.
    #[must_use]
    pub fn with_identity_url(mut self, url: impl Into<String>) -> Self {
        self.identity_url = url.into();
        self
    }

    /// How long an access token is good for; an hour by default.
    #[must_use]
    pub fn with_access_token_life(mut self, life: Duration) -> Self {
        self.access_token_life = life;
        self
    }

    /// How long each asynchronous step takes (status 1 to 3, or 1 to 2 and 2 to 3); 2.5 seconds by default.
    ///
    /// IDCloud publishes no latency. This one lets a client that first asks after three seconds find the score there.
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
}

impl Default for Config {
    /// [`Config::new`] with the seed 0.
    fn default() -> Self {
        Self::new(0)
    }
}

//! Where a tenant wants to be told, and how it lets the teller in.
//! Never prints a credential or a URL.

use std::fmt;
use std::time::Duration;

use http::Uri;

/// A tenant's webhook: where it is, how it authenticates, and how deliveries are repeated.
///
/// ```
/// use std::time::Duration;
/// use idcloud_simulator::{Webhook, WebhookAuth};
///
/// let webhook = Webhook::new("http://127.0.0.1:9000/notices".parse()?)
///     .with_auth(WebhookAuth::ApiKey("X-Key:secret".into()))
///     .with_attempts(5, Duration::from_secs(1), Duration::from_secs(60));
/// # let _ = webhook;
/// # Ok::<(), http::uri::InvalidUri>(())
/// ```
#[derive(Clone)]
pub struct Webhook {
    pub(crate) url: Uri,
    pub(crate) auth: WebhookAuth,
    pub(crate) notices: Notices,
    pub(crate) flow: String,
    pub(crate) attempts: u32,
    pub(crate) first_wait: Duration,
    pub(crate) longest_wait: Duration,
    pub(crate) timeout: Duration,
    pub(crate) in_flight: usize,
}

/// How the simulator authenticates at a tenant's webhook: every documented way.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum WebhookAuth {
    /// Not at all; IDCloud has this for development only.
    #[default]
    None,
    /// HTTP Basic.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// `header:value`, split at the first colon; without a colon the text is the whole value of `Authorization`.
    ApiKey(String),
    /// OAuth 2 client credentials: a bearer is fetched from `token_url` and kept as long as it lives.
    OAuth2 {
        /// Where the bearer is fetched.
        token_url: Uri,
        /// The client's id.
        client_id: String,
        /// The client's secret.
        client_secret: String,
    },
}

/// Which changes of a process are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notices {
    /// The end alone, as `PROCESS_STATE_FINISHED`: the published form.
    #[default]
    Finished,
    /// Every change, status 2 too, as an older page has it; the end is `finished`.
    EveryChange,
}

impl Webhook {
    /// The most deliveries that may be under way at once.
    pub const MOST_IN_FLIGHT: usize = 500;

    /// A webhook at `url`, told when processes end; up to ten attempts, 1 second apart and doubling to a minute.
    ///
    /// IDCloud publishes that attempts, interval and time-out are configured for each webhook, and no defaults.
    #[must_use]
    pub fn new(url: Uri) -> Self {
        Self {
            url,
            auth: WebhookAuth::None,
            notices: Notices::Finished,
            flow: "id".to_owned(),
            attempts: 10,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            timeout: Duration::from_secs(10),
            in_flight: Self::MOST_IN_FLIGHT,
        }
    }

    /// How the simulator authenticates.
    #[must_use]
    pub fn with_auth(mut self, auth: WebhookAuth) -> Self {
        self.auth = auth;
        self
    }

    /// Which changes are told.
    #[must_use]
    pub fn with_notices(mut self, notices: Notices) -> Self {
        self.notices = notices;
        self
    }

    /// What stands in `flow`; `id` by default.
    #[must_use]
    pub fn with_flow(mut self, flow: impl Into<String>) -> Self {
        self.flow = flow.into();
        self
    }

    /// How often a notice is sent in all, and the wait before the second attempt, which doubles up to `longest`.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32, first: Duration, longest: Duration) -> Self {
        self.attempts = attempts.max(1);
        self.first_wait = first;
        self.longest_wait = longest;
        self
    }

    /// How long an answer is waited for; ten seconds by default.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many deliveries may be under way at once; never more than [`MOST_IN_FLIGHT`](Self::MOST_IN_FLIGHT), which is the default.
    #[must_use]
    pub fn with_in_flight(mut self, most: usize) -> Self {
        self.in_flight = most.clamp(1, Self::MOST_IN_FLIGHT);
        self
    }

    /// The wait after `failures` failed attempts.
    pub(crate) fn wait_after(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(30);
        self.first_wait
            .saturating_mul(1 << doublings)
            .min(self.longest_wait)
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("auth", &self.auth)
            .field("notices", &self.notices)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WebhookAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic(redacted)",
            Self::ApiKey(_) => "ApiKey(redacted)",
            Self::OAuth2 { .. } => "OAuth2(redacted)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let webhook = Webhook::new(Uri::from_static("http://127.0.0.1/"));
        let waits: Vec<_> = (1..9)
            .map(|failures| webhook.wait_after(failures).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(webhook.wait_after(u32::MAX).as_secs(), 60);
    }

    #[test]
    fn shows_no_credential() {
        let auth = WebhookAuth::Basic {
            user: "ann".into(),
            password: "hush".into(),
        };
        let webhook = Webhook::new(Uri::from_static("http://ann.test/")).with_auth(auth);
        let shown = format!("{webhook:?}");
        assert!(!shown.contains("ann") && !shown.contains("hush"), "{shown}");
    }
}

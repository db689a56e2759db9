//! A tenant's webhook: its address and its authentication.
//!
//! Must not print a credential or a URL.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderName, HeaderValue, Uri};

/// A tenant's webhook: its address, its authentication, and how deliveries are repeated.
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
    /// `header:value`, split at the first colon; without a colon the text is the whole value of
    /// `Authorization`.
    ApiKey(String),
    /// OAuth 2 client credentials: a bearer is fetched from `token_url` and used until it expires.
    OAuth2 {
        /// The token endpoint.
        token_url: Uri,
        /// The client's id.
        client_id: String,
        /// The client's secret.
        client_secret: String,
    },
}

/// Why a credential cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookAuthError {
    /// The user of Basic, or the client's id.
    #[error("user, clientId: give one without colons and control characters")]
    User,
    /// The password of Basic, or the client's secret.
    #[error("password, clientSecret: give one without control characters")]
    Password,
    /// The header name before the colon of an API key.
    #[error("api-key: what stands before the colon is no header that can hold a credential")]
    Header,
    /// The value of an API key.
    #[error("api-key: give a value without line breaks and control characters")]
    Value,
}

impl WebhookAuth {
    /// Checks whether the credential can be sent as a header.
    ///
    /// # Errors
    /// [`WebhookAuthError`]; a webhook with such a credential never gets a notice.
    pub fn check(&self) -> Result<(), WebhookAuthError> {
        self.header().map(|_| ())
    }

    /// The header with the credential, if it is known from the start.
    pub(crate) fn header(&self) -> Result<Option<(HeaderName, HeaderValue)>, WebhookAuthError> {
        match self {
            Self::None => Ok(None),
            Self::Basic { user, password } => {
                basic(user, password).map(|value| Some((AUTHORIZATION, value)))
            }
            Self::ApiKey(text) => {
                let (name, value) = match text.split_once(':') {
                    Some((name, value)) => (named(name)?, value),
                    None => (AUTHORIZATION, text.as_str()),
                };
                let value = value.trim_matches([' ', '\t']);
                sensitive(value)
                    .filter(|_| !value.is_empty())
                    .map(|value| Some((name, value)))
                    .ok_or(WebhookAuthError::Value)
            }
            // The bearer is not known yet; the credentials that fetch it are checked.
            Self::OAuth2 {
                client_id,
                client_secret,
                ..
            } => basic(client_id, client_secret).map(|_| None),
        }
    }
}

/// Parses a header name; refuses headers that frame the message or have another meaning.
fn named(name: &str) -> Result<HeaderName, WebhookAuthError> {
    const OTHER: [HeaderName; 9] = [
        CONNECTION,
        CONTENT_LENGTH,
        CONTENT_TYPE,
        EXPECT,
        HOST,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    HeaderName::try_from(name.trim())
        .ok()
        .filter(|name| !OTHER.contains(name) && name != crate::SIMULATED_HEADER)
        .ok_or(WebhookAuthError::Header)
}

/// The value of `Authorization` for Basic (RFC 7617, which forbids control characters and a colon
/// in the user).
pub(crate) fn basic(user: &str, password: &str) -> Result<HeaderValue, WebhookAuthError> {
    if user.contains(|c: char| c == ':' || c.is_control()) {
        return Err(WebhookAuthError::User);
    }
    if password.contains(char::is_control) {
        return Err(WebhookAuthError::Password);
    }
    let pair = STANDARD.encode(format!("{user}:{password}"));
    sensitive(&format!("Basic {pair}")).ok_or(WebhookAuthError::Password)
}

/// The text as a header value that logs do not show; `None` if it cannot be one.
pub(crate) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The changes of a process that cause a notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notices {
    /// Only the end, as `PROCESS_STATE_FINISHED`: the published form.
    #[default]
    Finished,
    /// Every change, also status 2, as an older page has it; the end is `finished`.
    EveryChange,
}

impl Webhook {
    /// The most deliveries that may be under way at once.
    pub const MOST_IN_FLIGHT: usize = 500;

    /// A webhook at `url`, notified when processes end; up to ten attempts, with waits from 1
    /// second that double up to a minute.
    ///
    /// IDCloud publishes that attempts, interval and timeout are configured for each webhook, but
    /// no defaults.
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

    /// Sets the changes that cause a notice.
    #[must_use]
    pub fn with_notices(mut self, notices: Notices) -> Self {
        self.notices = notices;
        self
    }

    /// The value of `flow`; `id` by default.
    #[must_use]
    pub fn with_flow(mut self, flow: impl Into<String>) -> Self {
        self.flow = flow.into();
        self
    }

    /// The most attempts for a notice, and the wait before the second one, which doubles up to
    /// `longest`.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32, first: Duration, longest: Duration) -> Self {
        self.attempts = attempts.max(1);
        self.first_wait = first;
        self.longest_wait = longest;
        self
    }

    /// The timeout of an answer; ten seconds by default.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The most deliveries in flight; [`MOST_IN_FLIGHT`](Self::MOST_IN_FLIGHT) at most and by
    /// default.
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

    /// A credential that would arrive changed, or not at all, is refused.
    #[test]
    fn a_credential_can_be_a_header() {
        let basic = |user: &str, password: &str| WebhookAuth::Basic {
            user: user.into(),
            password: password.into(),
        };
        let key = |text: &str| WebhookAuth::ApiKey(text.into());
        let client = |id: &str, secret: &str| WebhookAuth::OAuth2 {
            token_url: Uri::from_static("http://127.0.0.1/"),
            client_id: id.into(),
            client_secret: secret.into(),
        };
        for good in [
            WebhookAuth::None,
            basic("ann", "p w:\u{e9}"),
            basic("ann", ""),
            key("X-Key: a:b"),
            key("word"),
            client("me", "hush"),
        ] {
            assert_eq!(good.check(), Ok(()), "{good:?}");
        }
        for (wrong, error) in [
            (basic("a:b", "c"), WebhookAuthError::User),
            (basic("a\u{7}", "c"), WebhookAuthError::User),
            (basic("a", "c\n"), WebhookAuthError::Password),
            (key("X-K:v\r\nEvil: 1"), WebhookAuthError::Value),
            (key("v\0"), WebhookAuthError::Value),
            (key("X-Key: "), WebhookAuthError::Value),
            (key(""), WebhookAuthError::Value),
            (key("X Key:v"), WebhookAuthError::Header),
            (key(":v"), WebhookAuthError::Header),
            (key("Host:v"), WebhookAuthError::Header),
            (key("content-length:5"), WebhookAuthError::Header),
            (client("a:b", "c"), WebhookAuthError::User),
            (client("a", "\u{1b}"), WebhookAuthError::Password),
        ] {
            assert_eq!(wrong.check(), Err(error));
        }
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

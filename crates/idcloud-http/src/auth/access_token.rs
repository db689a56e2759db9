//! An access token and how long it may be used.
//!
//! Must not show itself; its memory is wiped when the last holder drops it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::HeaderValue;
use tokio::time::Instant;
use zeroize::Zeroizing;

const SCHEME: &str = "Bearer ";

/// An access token of the identity server.
///
/// Cloning shares it. Its memory is wiped when the last clone, and the last request that carries
/// it, is dropped.
#[derive(Clone)]
pub struct AccessToken(Arc<Inner>);

struct Inner {
    header: HeaderValue,
    expires_at: SystemTime,
    fetched: Instant,
    life: Duration,
}

impl AccessToken {
    /// A token that was requested at `fetched` (`asked_at` by the wall clock) and is valid for
    /// `life`. `None` if the text cannot stand in a header.
    pub(crate) fn new(
        secret: &str,
        fetched: Instant,
        asked_at: SystemTime,
        life: Duration,
    ) -> Option<Self> {
        if secret.is_empty() || !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        let mut text = Vec::with_capacity(SCHEME.len() + secret.len());
        text.extend_from_slice(SCHEME.as_bytes());
        text.extend_from_slice(secret.as_bytes());
        let bytes = Bytes::from_owner(Zeroizing::new(text));
        let mut header = HeaderValue::from_maybe_shared(bytes).ok()?;
        header.set_sensitive(true);
        Some(Self(Arc::new(Inner {
            header,
            expires_at: asked_at.checked_add(life)?,
            fetched,
            life,
        })))
    }

    /// When the token expires, by this machine's clock.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.0.expires_at
    }

    /// The token itself. It can act for the account until it expires.
    #[must_use]
    pub fn expose(&self) -> &str {
        let text = self.0.header.to_str().unwrap_or_default();
        text.strip_prefix(SCHEME).unwrap_or_default()
    }

    /// The value of the header `authorization`, marked as sensitive.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.header.clone()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.0.fetched)
    }

    /// Whether a request sent now still finds the token valid.
    pub(crate) fn is_valid(&self, now: Instant) -> bool {
        let margin = Duration::from_secs(10).min(self.0.life / 10);
        self.age(now) < self.0.life.saturating_sub(margin)
    }

    /// When to fetch the next one: about ten minutes before the expiry (IDCloud documentation,
    /// Authentication page), or a sixth of a shorter life, scattered by `share` (0 to 1) so that
    /// replicas do not refresh together.
    pub(crate) fn refresh_at(&self, share: f64) -> Instant {
        let margin = Duration::from_secs(600).min(self.0.life / 6);
        let scattered = margin.mul_f64(0.9 + 0.2 * share.clamp(0.0, 1.0));
        self.0.fetched + self.0.life.saturating_sub(scattered)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken([redacted])")
    }
}

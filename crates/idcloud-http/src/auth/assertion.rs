//! The signed assertion that is exchanged for an access token.
//!
//! Must not be made twice alike: IDCloud accepts each one once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::environment::service_account::ServiceAccount;
use crate::environment::signer::SignError;

/// `{"alg":"RS256","typ":"JWT"}`, the only header that is accepted.
const HEADER: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
/// The longest lifetime of an assertion, in seconds (IDCloud documentation, Authentication page).
const LONGEST_LIFE: u64 = 3600;
/// The shortest lifetime that this crate gives one, in seconds; clocks may differ by minutes.
const SHORTEST_LIFE: u64 = 300;

/// Exactly the five claims that are allowed; any other is answered with 1.2.22.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    scope: &'a str,
    iat: u64,
    exp: u64,
}

/// Gives each assertion another lifetime.
///
/// RS256 signatures are deterministic and `jti` is forbidden, so two assertions of one second would
/// be the same text, and the second would be answered with 1.2.7. Within a process the lifetimes
/// cycle without repeating; the start is random, so that replicas rarely collide.
#[derive(Debug)]
pub(crate) struct UniqueLifetimes(AtomicU64);

impl UniqueLifetimes {
    pub(crate) fn starting_at(start: u64) -> Self {
        Self(AtomicU64::new(start % Self::COUNT))
    }

    const COUNT: u64 = LONGEST_LIFE - SHORTEST_LIFE + 1;
    /// Coprime with the number of lifetimes, so that each comes once before one repeats.
    const STEP: u64 = 1009;

    fn next(&self) -> u64 {
        let before = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |at| {
                Some((at + Self::STEP) % Self::COUNT)
            });
        SHORTEST_LIFE + before.unwrap_or_default()
    }
}

/// Makes the assertion's text up to the signature.
fn unsigned(issuer: &str, audience: &str, start: u64, life: u64) -> Zeroizing<String> {
    let claims = Claims {
        iss: issuer,
        aud: audience,
        scope: "*",
        iat: start,
        exp: start + life.min(LONGEST_LIFE),
    };
    // These claims are text and numbers, whose serialization cannot fail.
    let payload = serde_json::to_string(&claims).unwrap_or_default();
    let mut text = Zeroizing::new(String::with_capacity(
        HEADER.len() + payload.len() * 2 + 400,
    ));
    text.push_str(HEADER);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut text);
    text
}

/// Makes and signs an assertion for `audience`, issued at `now` by a clock that is `skew` seconds
/// behind IDCloud's.
pub(crate) async fn assertion(
    account: &ServiceAccount,
    audience: &str,
    now: SystemTime,
    skew: i64,
    lives: &UniqueLifetimes,
) -> Result<Zeroizing<String>, SignError> {
    let seconds = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs();
    let start = seconds.saturating_add_signed(skew);
    let mut text = unsigned(account.issuer(), audience, start, lives.next());
    let signature = account.signer().sign(text.as_bytes()).await?;
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Exactly five claims in the token's payload, no trailing slash, at most an hour.
    #[test]
    fn it_has_exactly_five_claims() {
        let text = unsigned(
            "svc@tenant.iam.acesso.io",
            "https://identity.acesso.io",
            1000,
            9999,
        );
        let (header, payload) = text.split_once('.').unwrap();
        let read = |part| -> serde_json::Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        assert_eq!(
            read(header),
            serde_json::json!({"alg": "RS256", "typ": "JWT"})
        );
        assert_eq!(
            read(payload),
            serde_json::json!({
                "iss": "svc@tenant.iam.acesso.io",
                "aud": "https://identity.acesso.io",
                "scope": "*",
                "iat": 1000,
                "exp": 4600,
            })
        );
    }

    /// No two assertions of one second are alike, for 3,301 of them.
    #[test]
    fn lives_go_round_without_repeating() {
        let lives = UniqueLifetimes::starting_at(fastrand::u64(..));
        let seen: HashSet<u64> = (0..UniqueLifetimes::COUNT).map(|_| lives.next()).collect();
        assert_eq!(seen.len(), usize::try_from(UniqueLifetimes::COUNT).unwrap());
        assert!(
            seen.iter()
                .all(|life| (SHORTEST_LIFE..=LONGEST_LIFE).contains(life))
        );
    }
}

//! The answer of the token endpoint: the token and its lifetime.
//!
//! Must not show what it read, nor refuse a token because of its lifetime.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::error::Category;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::auth::access_token::AccessToken;

/// The documented lifetime of a token, for an answer that names none.
const USUAL_LIFE: Duration = Duration::from_secs(3600);
/// The lifetime of a token whose answer names an impossible one: it is used, and replaced soon.
const DOUBTFUL_LIFE: Duration = Duration::from_secs(60);
/// No token is used longer than a day, whatever the answer says.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Zeroizing<String>,
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
}

/// Why an answer holds no access token, as a clause.
fn unreadable(body: &[u8], category: Category) -> &'static str {
    match category {
        _ if body.trim_ascii().is_empty() => "the answer is empty",
        Category::Eof => "the answer is cut short",
        Category::Syntax | Category::Io => "the answer is not JSON",
        Category::Data => "the answer holds no access token",
    }
}

/// Reads the access token that was requested at `fetched` (`asked_at` by the wall clock), or
/// returns why the answer is unusable, as a clause.
pub(crate) fn read_token(
    body: &[u8],
    fetched: Instant,
    asked_at: SystemTime,
) -> Result<AccessToken, &'static str> {
    // Editors and gateways put a byte order mark before a text, and RFC 8259 lets a reader skip it.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    // The JSON reader's own error could quote the body.
    let answer: TokenAnswer =
        serde_json::from_slice(body).map_err(|error| unreadable(body, error.classify()))?;
    AccessToken::new(
        &answer.access_token,
        fetched,
        asked_at,
        life(answer.expires_in.as_ref()),
    )
    .ok_or("the access token cannot stand in a header")
}

/// How long a token with this `expires_in` is used.
fn life(expires_in: Option<&serde_json::Value>) -> Duration {
    use serde_json::Value;
    let seconds = match expires_in {
        None | Some(Value::Null) => return USUAL_LIFE,
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_f64(),
    };
    match seconds {
        Some(seconds) if seconds >= 1.0 => {
            Duration::try_from_secs_f64(seconds).map_or(LONGEST_LIFE, |life| life.min(LONGEST_LIFE))
        }
        _ => DOUBTFUL_LIFE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A byte order mark, or other members, cost no token.
    #[tokio::test(start_paused = true)]
    async fn a_mark_before_the_answer() {
        use crate::time::clock::{Clock as _, SystemClock};
        let fetched = SystemClock::new().instant();
        for body in [
            &b"\xef\xbb\xbf{\"access_token\":\"t\",\"expires_in\":60}"[..],
            b"{\"access_token\":\"t\",\"note\":\"S\xe3o\",\"x\":1e999,\"y\":\"\\ud800\"}",
        ] {
            let read = read_token(body, fetched, SystemTime::UNIX_EPOCH);
            assert_eq!(read.unwrap().expose(), "t");
        }
    }

    /// No lifetime in an answer makes a token unusable, or immortal.
    #[test]
    fn every_life_is_usable() {
        for (text, seconds) in [
            ("null", 3600.0),
            ("3600", 3600.0),
            ("3600.5", 3600.5),
            (r#""3600""#, 3600.0),
            (r#"" 3600.0 ""#, 3600.0),
            ("1", 1.0),
            ("0", 60.0),
            ("0.5", 60.0),
            ("-1", 60.0),
            (r#""soon""#, 60.0),
            (r#""nan""#, 60.0),
            ("[]", 60.0),
            ("true", 60.0),
            ("86401", 86400.0),
            ("9223372036854775807", 86400.0),
            ("18446744073709551615", 86400.0),
            ("1e300", 86400.0),
            (r#""inf""#, 86400.0),
        ] {
            let value = serde_json::from_str(text).unwrap();
            assert_eq!(
                life(Some(&value)),
                Duration::from_secs_f64(seconds),
                "{text}"
            );
        }
        assert_eq!(life(None), USUAL_LIFE);
    }
}

//! The capture token: the SDK's encoding of a capture, and the only selfie whose liveness IDCloud
//! checks.
//!
//! Must not be decoded beyond its two times, nor be limited in length, nor be printed.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::catalogue::limits::{CAPTURE_TOKEN_GRACE, CAPTURE_TOKEN_LIFE};
use crate::catalogue::violation::{Rule, Violations};
use crate::selfie::capture_result;

const PATH: &str = "imageBase64";

/// A capture token: a compact JWS (three parts) or JWE (five), opaque, valid for ten minutes and
/// for one use.
///
/// Its age is read from `iat` or `exp` if they are readable. It is refused only if it is certainly
/// too old, because the documents call it opaque and its content may change.
#[derive(Clone, PartialEq, Eq)]
pub struct CaptureToken(Arc<Zeroizing<String>>);

impl CaptureToken {
    /// Parses a token; surrounding white space is dropped.
    ///
    /// `now` is the time that the token's age is measured at.
    ///
    /// # Errors
    /// Not in the form of a compact JWS or JWE, or certainly older than ten minutes and a minute of
    /// grace (code 10507).
    pub fn parse(text: &str, now: SystemTime) -> Result<Self, Violations> {
        let text = text.trim();
        if !has_form(text) {
            return Err(Violations::one(PATH, Rule::CaptureTokenForm));
        }
        Self::of_form(text.to_owned().into(), now)
    }

    /// The token, whose form is valid, unless it is certainly too old.
    fn of_form(token: Zeroizing<String>, now: SystemTime) -> Result<Self, Violations> {
        if certainly_expired(&token, now) {
            return Err(Violations::one(PATH, Rule::CaptureTokenExpired));
        }
        Ok(Self(Arc::new(token)))
    }

    /// Finds the token in a text that a program passes on: the token alone, quoted or broken into
    /// lines, or the capture SDK's whole result, whose member `encrypted` is taken. `None` if the
    /// text is something else.
    ///
    /// # Errors
    /// The text is the SDK's result and has no token (20505), or the token is too old, as for
    /// [`parse`](Self::parse).
    pub fn from_text(text: &str, now: SystemTime) -> Result<Option<Self>, Violations> {
        capture_result::token(text)?
            .map(|token| Self::of_form(token, now))
            .transpose()
    }

    /// The token. It holds a picture of a person: never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// When it was captured, if it says so (`iat`). Not verified.
    #[must_use]
    pub fn issued_at(&self) -> Option<SystemTime> {
        times(&self.0)?.issued
    }

    /// When it expires, if it says so (`exp`). Not verified.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        times(&self.0)?.expires
    }

    /// Whether the token is certainly too old at `now`; false if its age is unreadable.
    #[must_use]
    pub fn is_certainly_expired(&self, now: SystemTime) -> bool {
        certainly_expired(&self.0, now)
    }
}

impl fmt::Debug for CaptureToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaptureToken(redacted)")
    }
}

/// Three or five base64url parts. A JWE may leave its second part, the encrypted key, empty.
pub(crate) fn has_form(text: &str) -> bool {
    let base64url = |part: &str| {
        part.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let parts = text.split('.');
    let count = parts.clone().count();
    matches!(count, 3 | 5)
        && parts
            .enumerate()
            .all(|(at, part)| base64url(part) && (!part.is_empty() || (count == 5 && at == 1)))
}

fn certainly_expired(text: &str, now: SystemTime) -> bool {
    let Some(times) = times(text) else {
        return false;
    };
    let older_than = |time: Option<SystemTime>, age: Duration| {
        time.and_then(|time| now.duration_since(time).ok())
            .is_some_and(|real| real > age)
    };
    older_than(times.issued, CAPTURE_TOKEN_LIFE + CAPTURE_TOKEN_GRACE)
        || older_than(times.expires, CAPTURE_TOKEN_GRACE)
}

struct Times {
    issued: Option<SystemTime>,
    expires: Option<SystemTime>,
}

/// `iat` and `exp`, in seconds since 1970, if a part happens to be JSON.
fn times(text: &str) -> Option<Times> {
    #[derive(serde::Deserialize)]
    struct Claims {
        iat: Option<serde_json::Number>,
        exp: Option<serde_json::Number>,
    }

    // A JWS has its claims in the second part; a JWE may repeat them in its header, the first.
    let signed = text.split('.').count() == 3;
    let part = text.split('.').nth(usize::from(signed))?;
    let json = Zeroizing::new(URL_SAFE_NO_PAD.decode(part).ok()?);
    let claims: Claims = serde_json::from_slice(&json).ok()?;
    let time = |number: Option<serde_json::Number>| {
        let seconds = number?.as_f64().filter(|seconds| *seconds >= 0.0)?;
        UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
    };
    Some(Times {
        issued: time(claims.iat),
        expires: time(claims.exp),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A JWS whose claims are `claims`.
    pub(crate) fn token(claims: &str) -> String {
        format!(
            "eyJhbGciOiJIUzI1NiJ9.{}.c2ln",
            URL_SAFE_NO_PAD.encode(claims)
        )
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn refused_only_when_certainly_too_old() {
        let now = at(10_000);
        for (claims, accepted) in [
            (r#"{"iat":10000}"#, true),
            (r#"{"iat":9340}"#, true),
            (r#"{"iat":9339}"#, false),
            (r#"{"iat":9339.5}"#, false),
            (r#"{"exp":9940}"#, true),
            (r#"{"exp":9939}"#, false),
            (r#"{"iat":20000}"#, true),
            (r#"{"iat":"9000"}"#, true),
            (r#"{"iat":-1}"#, true),
            (r#"{"iat":1e300}"#, true),
            ("{}", true),
            ("not json", true),
        ] {
            let parsed = CaptureToken::parse(&token(claims), now);
            assert_eq!(parsed.is_ok(), accepted, "{claims}");
            if let Err(found) = parsed {
                assert_eq!(found.iter().next().unwrap().code(), Some("10507"));
            }
        }
    }

    #[test]
    fn its_times_are_told_where_they_can_be_read() {
        let read = |claims| CaptureToken::parse(&token(claims), at(0)).unwrap();
        let both = read(r#"{"iat":9340,"exp":9940}"#);
        assert_eq!(
            (both.issued_at(), both.expires_at()),
            (Some(at(9340)), Some(at(9940)))
        );
        let neither = read("not json");
        assert_eq!((neither.issued_at(), neither.expires_at()), (None, None));
    }

    #[test]
    fn forms() {
        for (text, is_token) in [
            ("a.b.c", true),
            ("a.b.c.d.e", true),
            ("a..c.d.e", true),
            ("a..c", false),
            ("a.b", false),
            ("a.b.c.d", false),
            ("a.b.c=", false),
            ("a.b.c d", false),
            ("", false),
        ] {
            assert_eq!(has_form(text), is_token, "{text}");
        }
    }

    #[test]
    fn redacted() {
        let token = CaptureToken::parse("marker.marker.marker", at(0)).unwrap();
        assert!(!format!("{token:?}").contains("marker"));
    }
}

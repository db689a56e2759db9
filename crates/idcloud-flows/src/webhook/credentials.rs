//! The credentials that a notification must carry.
//!
//! Must not show a secret, nor reveal by timing how much of one was right.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::bearer::{VerifyBearer, verdict};

/// The credentials that the webhook was registered with, and that every notification must carry.
///
/// Secrets are compared in constant time and wiped when the last clone is dropped. Source: IDCloud
/// documentation, webhook registration.
#[derive(Clone)]
pub struct Credentials(Kind);

#[derive(Clone)]
enum Kind {
    /// A header with a fixed value.
    Value(HeaderName, Secret),
    /// `Authorization: Basic` with this value.
    Basic(Secret),
    Bearer(Arc<dyn VerifyBearer>),
    Anyone,
}

type Secret = Arc<Zeroizing<Vec<u8>>>;

/// Why a text is no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The user of Basic holds a colon, which would be taken for the separator.
    #[error("user: a colon cannot stand in it; register another")]
    ColonInUser,
    /// It is empty.
    #[error("{0}: it is empty; copy it exactly as it was registered")]
    Empty(&'static str),
    /// It cannot stand in a header, or not within the scheme.
    #[error("{0}: it cannot stand in a header; copy it exactly as it was registered")]
    Malformed(&'static str),
}

/// Whether a request is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Granted,
    Refused,
    /// The verifier cannot say now.
    Unknown,
}

impl Credentials {
    /// Basic: a user and a password.
    ///
    /// Both must be there: with an empty password, as an unset variable leaves behind, the user
    /// name alone would be accepted.
    ///
    /// # Errors
    /// The user holds a colon; one of the two is empty or blank, or holds a control character,
    /// which RFC 7617 forbids.
    pub fn basic(user: &str, password: impl Into<String>) -> Result<Self, CredentialsError> {
        let password = Zeroizing::new(password.into());
        if user.contains(':') {
            return Err(CredentialsError::ColonInUser);
        }
        for (name, text) in [("user", user), ("password", password.as_str())] {
            if text.trim().is_empty() {
                return Err(CredentialsError::Empty(name));
            }
            if text.contains(char::is_control) {
                return Err(CredentialsError::Malformed(name));
            }
        }
        let pair = Zeroizing::new(format!("{user}:{}", *password));
        Ok(Self(Kind::Basic(secret(STANDARD.encode(pair.as_bytes())))))
    }

    /// An API key as it is registered: `header:value`, split at the first colon; or a value alone,
    /// which is expected in the header `Authorization`.
    ///
    /// # Errors
    /// Either part is empty or cannot stand in a header.
    pub fn api_key(text: impl Into<String>) -> Result<Self, CredentialsError> {
        let text = Zeroizing::new(text.into());
        match text.split_once(':') {
            Some((name, value)) => {
                let name = name.trim();
                if name.is_empty() {
                    return Err(CredentialsError::Empty("header"));
                }
                let name = HeaderName::try_from(name)
                    .map_err(|_| CredentialsError::Malformed("header"))?;
                Self::value(name, value)
            }
            None => Self::value(AUTHORIZATION, &text),
        }
    }

    /// This value in the header `Authorization`, unchanged, colons included.
    ///
    /// # Errors
    /// It is empty or cannot stand in a header.
    pub fn authorization(value: impl Into<String>) -> Result<Self, CredentialsError> {
        Self::value(AUTHORIZATION, &Zeroizing::new(value.into()))
    }

    /// A bearer token (OAuth 2 client credentials) that `verifier` accepts.
    #[must_use]
    pub fn bearer(verifier: Arc<dyn VerifyBearer>) -> Self {
        Self(Kind::Bearer(verifier))
    }

    /// No credentials: every sender is accepted. Only for development.
    ///
    /// An accepted notification cannot make a verdict, and costs no request unless a wait for its
    /// process runs; then it can cost a few.
    #[must_use]
    pub const fn insecure_anyone() -> Self {
        Self(Kind::Anyone)
    }

    fn value(name: HeaderName, value: &str) -> Result<Self, CredentialsError> {
        // Transports strip blanks around a header's value.
        let value = value.trim_matches([' ', '\t']);
        if value.trim().is_empty() {
            return Err(CredentialsError::Empty("value"));
        }
        if HeaderValue::from_str(value).is_err() {
            return Err(CredentialsError::Malformed("value"));
        }
        Ok(Self(Kind::Value(name, secret(value.to_owned()))))
    }

    /// Checks a request's headers.
    pub(super) async fn check(&self, headers: &HeaderMap) -> Entry {
        let matching = match &self.0 {
            Kind::Anyone => true,
            Kind::Value(name, expected) => {
                only(headers, name).is_some_and(|given| same(given, expected))
            }
            Kind::Basic(expected) => {
                scheme(headers, "basic").is_some_and(|given| same(given, expected))
            }
            Kind::Bearer(verifier) => {
                let token = scheme(headers, "bearer").and_then(|token| str::from_utf8(token).ok());
                match token {
                    None => false,
                    Some(token) => match verdict(&**verifier, token).await {
                        Some(good) => good,
                        None => return Entry::Unknown,
                    },
                }
            }
        };
        if matching {
            Entry::Granted
        } else {
            Entry::Refused
        }
    }

    /// The value of the response header `WWW-Authenticate`.
    pub(super) const fn challenge(&self) -> HeaderValue {
        HeaderValue::from_static(match self.0 {
            Kind::Basic(_) => "Basic realm=\"webhook\"",
            Kind::Bearer(_) => "Bearer realm=\"webhook\"",
            Kind::Value(..) | Kind::Anyone => "ApiKey realm=\"webhook\"",
        })
    }
}

fn secret(text: String) -> Secret {
    Arc::new(Zeroizing::new(text.into_bytes()))
}

/// The length may leak through timing; nothing else does.
fn same(given: &[u8], expected: &[u8]) -> bool {
    given.ct_eq(expected).into()
}

/// The value of a header that occurs exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes()),
        _ => None,
    }
}

/// The credentials after this scheme in the header `Authorization`.
fn scheme<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a [u8]> {
    let value = only(headers, &AUTHORIZATION)?;
    let (name, rest) = value.split_at_checked(scheme.len())?;
    let given = rest.strip_prefix(b" ")?.trim_ascii();
    (name.eq_ignore_ascii_case(scheme.as_bytes()) && !given.is_empty()).then_some(given)
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Value(..) => "Credentials(value, [redacted])",
            Kind::Basic(_) => "Credentials(basic, [redacted])",
            Kind::Bearer(_) => "Credentials(bearer)",
            Kind::Anyone => "Credentials(insecure: anyone)",
        })
    }
}

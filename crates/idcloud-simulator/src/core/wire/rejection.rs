//! Every way in which a request is not done.
//! Never more than what the answer says: nothing of the request is kept.

use std::time::Duration;

use crate::core::oauth::assertion::OAuthFault;
use crate::core::wire::error_catalogue::Refusal;

/// Why a request is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// By a rule of the API, with its code.
    ByRule(Refusal),
    /// By the token endpoint, for its assertion.
    ByIdentity(OAuthFault),
    /// By the token endpoint, for its form; the error is one of RFC 6749, since the Authentication page lists none.
    BadForm(&'static str),
    /// The tenant's budget is spent, and has something again after this time.
    TooManyRequests(Duration),
    /// What the request refers to is not in the right state; in words, since no code is published.
    Conflict(&'static str),
    /// The body is announced as something else than plain JSON.
    UnsupportedMediaType,
    /// The path exists; this is the method that it takes.
    MethodNotAllowed(&'static str),
    /// There is no such path.
    NoSuchPath,
}

impl Refused {
    /// IDCloud's code, where there is one.
    pub(crate) const fn code(self) -> Option<&'static str> {
        match self {
            Self::ByRule(refusal) => Some(refusal.code),
            Self::ByIdentity(fault) => Some(fault.code()),
            _ => None,
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::ByRule(refusal)
    }
}

impl From<OAuthFault> for Refused {
    fn from(fault: OAuthFault) -> Self {
        Self::ByIdentity(fault)
    }
}

//! Every way in which a request is rejected.
//! Must not hold more than its answer says: nothing of the request is kept.

use std::time::Duration;

use crate::core::oauth::assertion::OAuthFault;
use crate::core::wire::error_catalogue::Refusal;

/// Why a request is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// By a rule of the API, with its code.
    ByRule(Refusal),
    /// By the token endpoint, for its assertion.
    ByIdentity(OAuthFault),
    /// By the token endpoint, for its form. The errors are those of RFC 6749, since the
    /// Authentication page lists none.
    BadForm(&'static str),
    /// The tenant's budget is spent, and admits a request again after this time.
    TooManyRequests(Duration),
    /// A referenced process or document is in the wrong state; described in words, since no code is
    /// published.
    Conflict(&'static str),
    /// The body's content type is not plain JSON.
    UnsupportedMediaType,
    /// The path exists, but only for this method.
    MethodNotAllowed(&'static str),
    /// The path does not exist.
    NoSuchPath,
}

impl Refused {
    /// IDCloud's code, if there is one.
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

//! The points at which a fault can strike.
//! Must not strike a request twice: a request has one point, and a connection has its own.

use std::fmt;
use std::str::FromStr;

use super::FaultSpecError;

/// Where a fault strikes: an operation, a webhook's delivery, or a connection before its first
/// byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultPoint {
    /// `POST /oauth2/token`.
    Token,
    /// `POST /processes/v1`.
    Create,
    /// `GET /processes/v1/{id}`.
    Get,
    /// `GET /processes/v2/{id}`.
    Details,
    /// `GET /documents/v1`.
    Documents,
    /// The delivery of a webhook notice.
    Webhook,
    /// A connection, before a byte of it is read. In process, every request has a connection of its
    /// own.
    Connection,
    /// Every operation, but not webhooks and connections.
    All,
}

impl FaultPoint {
    /// Every point.
    pub const ALL: [Self; 8] = [
        Self::Token,
        Self::Create,
        Self::Get,
        Self::Details,
        Self::Documents,
        Self::Webhook,
        Self::Connection,
        Self::All,
    ];

    /// Its name in a fault's specification.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Create => "create",
            Self::Get => "get",
            Self::Details => "details",
            Self::Documents => "documents",
            Self::Webhook => "webhook",
            Self::Connection => "connection",
            Self::All => "all",
        }
    }

    /// Whether a rule for this point applies to `other` too.
    pub(crate) fn covers(self, other: Self) -> bool {
        self == other || (self == Self::All && !matches!(other, Self::Webhook | Self::Connection))
    }
}

impl fmt::Display for FaultPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FaultPoint {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|point| point.as_str() == text)
            .ok_or(FaultSpecError::Point)
    }
}

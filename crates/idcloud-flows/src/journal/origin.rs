//! Where a custom environment's API is: scheme, host and port.
//!
//! Must not take two places for one.

use std::fmt;
use std::str::FromStr;

use idcloud_http::{Endpoints, Environment, EnvironmentName};
use serde::{Deserialize, Serialize};

/// The origin of a custom environment's API, such as `https://api.example.com:8443`, in normalized
/// form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    text: Box<str>,
    on_this_machine: bool,
}

/// The text is no address of an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an origin is an address such as https://api.example.com:8443")]
pub struct OriginError;

impl Origin {
    /// The origin of a custom environment's API; `None` for the environments with fixed addresses.
    #[must_use]
    pub fn of(environment: &Environment) -> Option<Self> {
        let is_custom = environment.name() == EnvironmentName::Custom;
        is_custom.then(|| Self::at(environment.endpoints()))
    }

    fn at(endpoints: &Endpoints) -> Self {
        Self {
            text: endpoints.api_origin().into(),
            on_this_machine: endpoints.api_is_on_this_machine(),
        }
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether its host always means this machine.
    #[must_use]
    pub const fn is_on_this_machine(&self) -> bool {
        self.on_this_machine
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Parses an address from configuration; a path is dropped.
impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let endpoints = Endpoints::parse(text, text).map_err(|_| OriginError)?;
        Ok(Self::at(&endpoints))
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.text.into()
    }
}

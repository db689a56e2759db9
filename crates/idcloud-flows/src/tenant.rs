//! Whose processes: an account in an environment.
//!
//! Must keep apart what must not be confused, also when an account is replaced while the program runs.

use idcloud_http::Environment;

/// Where a process lives: ids of one tenant mean nothing to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tenant {
    pub(crate) environment: String,
    pub(crate) issuer: String,
}

impl Tenant {
    pub(crate) fn of(environment: &Environment) -> Self {
        Self {
            environment: environment.name().as_str().to_owned(),
            issuer: environment.account().issuer().to_owned(),
        }
    }

    pub(crate) fn is_of(&self, environment: &Environment) -> bool {
        self.environment == environment.name().as_str()
            && self.issuer == environment.account().issuer()
    }
}

//! The one object that a service keeps.
//!
//! Must stay cheap to clone, and must never start a task of its own.

use idcloud_http::{ApiKey, Client};

use crate::IdentityVerification;

/// IDCloud, as one account in one environment.
///
/// Cheap to clone; all clones share the token and the budget. Handles are made by what is sent, each with the API key that provides it.
#[derive(Debug, Clone)]
pub struct IdCloud {
    client: Client,
}

impl IdCloud {
    /// IDCloud through `client`.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Identity verification with `key`, and whatever else the key is declared to have. Identity itself is taken as declared.
    #[must_use]
    pub fn identity(&self, key: ApiKey) -> IdentityVerification {
        IdentityVerification::new(self.client.clone(), key)
    }

    /// The client beneath.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }
}

//! What a served simulator gives to others before it knows them: connections and time.
//! Never a limit of the API: those are the core's.

use std::time::Duration;

/// Connections and time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connections: usize,
    /// For a TLS handshake, for a request's head (and for being idle), and for its body: for each.
    pub(super) patience: Duration,
}

impl Default for Limits {
    /// Half of what a usual limit of 1,024 descriptors allows, so that webhooks and files find some.
    fn default() -> Self {
        Self {
            connections: 512,
            patience: Duration::from_secs(30),
        }
    }
}

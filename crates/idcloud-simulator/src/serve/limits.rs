//! Limits of a served simulator for its clients: connections and time.
//! Must not be limits of the API: those belong to the core.

use std::time::Duration;

/// Connections and time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connections: usize,
    /// Timeout of each: a TLS handshake, a request's head (with the idle time before it), and its
    /// body.
    pub(super) patience: Duration,
}

impl Default for Limits {
    /// Half of a usual limit of 1,024 descriptors, so that some remain for webhooks and files.
    fn default() -> Self {
        Self {
            connections: 512,
            patience: Duration::from_secs(30),
        }
    }
}

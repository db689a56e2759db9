//! Liveness (once IDLive): is a living person in front of the camera?
//!
//! Must not be asked about a plain image: IDCloud would answer without looking.

use idcloud_http::ApiKey;
use idcloud_model::request::LivenessRequest;

use crate::IdCloud;
use crate::handle::handle;

handle! {
    /// Liveness with one API key.
    ///
    /// Takes only a capture token. A token is valid for one process, so a failed process is never
    /// retried. Made by [`IdCloud::liveness`]. Cheap to clone.
    Liveness: Liveness, LivenessRequest
}

impl IdCloud {
    /// Liveness with `key`, which is assumed to be declared with it. A key declared with more is
    /// judged by all of it.
    #[must_use]
    pub fn liveness(&self, key: ApiKey) -> Liveness {
        Liveness::of(self, key)
    }
}

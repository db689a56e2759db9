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
    /// Takes a capture token and nothing else, so a failed process is never tried anew: a token is good for one process. Made by
    /// [`IdCloud::liveness`]. Cheap to clone.
    Liveness: Liveness, LivenessRequest
}

impl IdCloud {
    /// Liveness with `key`, which is taken to be declared with it. A key that has more is judged by more.
    #[must_use]
    pub fn liveness(&self, key: ApiKey) -> Liveness {
        Liveness::of(self, key)
    }
}

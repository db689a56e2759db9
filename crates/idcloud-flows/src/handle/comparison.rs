//! The 1:1 comparison (once `IDToken`): is this the face of an earlier process or picture?
//!
//! Must not be judged without the match: a key without it compares nothing.

use idcloud_http::ApiKey;
use idcloud_model::request::ComparisonRequest;

use crate::IdCloud;
use crate::handle::{handle, new_attempts};

handle! {
    /// The 1:1 comparison with one API key, and the other capabilities that the key is declared
    /// with: liveness, behavior alert.
    ///
    /// The selfie is compared with an earlier process or a picture
    /// ([`Reference`](idcloud_model::request::Reference)). Made by [`IdCloud::comparison`]. Cheap
    /// to clone.
    Comparison: Comparison, ComparisonRequest
}
new_attempts!(Comparison);

impl IdCloud {
    /// The 1:1 comparison with `key`, which is assumed to be declared with it.
    #[must_use]
    pub fn comparison(&self, key: ApiKey) -> Comparison {
        Comparison::of(self, key)
    }
}

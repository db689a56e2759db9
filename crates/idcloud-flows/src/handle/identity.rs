//! Identity verification (once IDUnico): is this the face of the CPF's holder?
//!
//! Must not be judged by less than what the key is declared to have.

use idcloud_http::ApiKey;
use idcloud_model::request::IdentityRequest;

use crate::IdCloud;
use crate::handle::{handle, new_attempts};

handle! {
    /// Identity verification with one API key, and whatever else that key is declared to have: liveness, behavior alert, risk score, Serpro.
    ///
    /// With a capture token liveness is checked, where the key has it; with a plain image it is not. Made by [`IdCloud::identity`]. Cheap to
    /// clone.
    IdentityVerification: Identity, IdentityRequest
}
new_attempts!(IdentityVerification);

impl IdCloud {
    /// Identity verification with `key`, and whatever else the key is declared to have. Identity itself is taken as declared.
    #[must_use]
    pub fn identity(&self, key: ApiKey) -> IdentityVerification {
        IdentityVerification::of(self, key)
    }
}

//! Identity verification (once IDUnico): is this the face of the CPF's holder?
//!
//! Must not be judged by less than the key is declared with.

use idcloud_http::ApiKey;
use idcloud_model::request::IdentityRequest;

use crate::IdCloud;
use crate::handle::{handle, new_attempts};

handle! {
    /// Identity verification with one API key, and the other capabilities that the key is declared
    /// with: liveness, behavior alert, risk score, Serpro.
    ///
    /// Liveness is checked if the selfie is a capture token and the key has liveness; a plain image
    /// is not checked for it. Made by [`IdCloud::identity`]. Cheap to clone.
    IdentityVerification: Identity, IdentityRequest
}
new_attempts!(IdentityVerification);

impl IdCloud {
    /// Identity verification with `key`, and the key's other declared capabilities. The key is
    /// assumed to be declared with identity.
    #[must_use]
    pub fn identity(&self, key: ApiKey) -> IdentityVerification {
        IdentityVerification::of(self, key)
    }
}

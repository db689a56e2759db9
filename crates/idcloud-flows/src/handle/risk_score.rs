//! The risk score (once IDCheck): how likely is it the holder, when identity verification cannot tell?
//!
//! Must not be asked for without identity: IDCloud has no score of its own.

use idcloud_http::ApiKey;
use idcloud_model::{Capabilities, IdentityExtras};

use crate::{IdCloud, IdentityVerification};

/// What a key with the risk score has at least.
const WITH_SCORE: Capabilities =
    Capabilities::NONE.with_identity(IdentityExtras::NONE.with_risk_score());

impl IdCloud {
    /// Identity verification with the risk score, which is taken as declared with identity.
    ///
    /// Only an inconclusive identity is scored, and the score comes later: the submission is pending, and a wait brings it. It runs from -100 to
    /// 100; from which score on it approves is [`Policy::approve_from`](idcloud_model::Policy::approve_from). A process that was pending and ends
    /// without a score was dropped, which asks for a new capture.
    #[must_use]
    pub fn risk_score(&self, key: ApiKey) -> IdentityVerification {
        self.identity(key.also_with(WITH_SCORE))
    }
}

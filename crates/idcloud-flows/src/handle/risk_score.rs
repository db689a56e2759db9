//! The risk score (once IDCheck): how likely is the person the holder, when identity verification
//! is inconclusive?
//!
//! Must not be asked for without identity: IDCloud has no score of its own.

use idcloud_http::ApiKey;
use idcloud_model::{Capabilities, IdentityExtras};

use crate::{IdCloud, IdentityVerification};

/// The least that a key with the risk score has.
const WITH_SCORE: Capabilities =
    Capabilities::NONE.with_identity(IdentityExtras::NONE.with_risk_score());

impl IdCloud {
    /// Identity verification with the risk score. The key is assumed to be declared with both.
    ///
    /// IDCloud scores only an inconclusive identity, and later: the submission is pending until a
    /// wait returns the score. It runs from -100 to 100;
    /// [`Policy::approve_from`](idcloud_model::Policy::approve_from) is the least score that
    /// approves. A process that was pending and ends without a score was dropped by IDCloud, and
    /// the verdict asks for a new capture.
    #[must_use]
    pub fn risk_score(&self, key: ApiKey) -> IdentityVerification {
        self.identity(key.also_with(WITH_SCORE))
    }
}

//! The behavior alert (once IDTrust): is this face known from fraud?
//!
//! Must not approve by itself: no sign of fraud is no proof of identity.

use idcloud_http::ApiKey;
use idcloud_model::request::{IdentityRequest, RiskRequest};

use crate::handle::{handle, new_attempts};
use crate::{IdCloud, Submission, SubmitError, SubmitOptions};

handle! {
    /// The behavior alert alone with one API key.
    ///
    /// It takes the same request as identity verification, a subject and a selfie, but does not ask
    /// about identity. A clear answer is a review (`unlisted`), not an approval: no row of the
    /// decision table approves because an alert is absent. For the alert beside other evidence,
    /// declare it for the key and use that evidence's handle. Made by [`IdCloud::behavior_alert`].
    /// Cheap to clone.
    BehaviorAlertCheck: BehaviorAlert, IdentityRequest
}
new_attempts!(BehaviorAlertCheck);

impl BehaviorAlertCheck {
    /// As [`submit`](Self::submit), for a person identified by an e-mail address, a telephone
    /// number or another document. Only fraud risk classification accepts such codes.
    ///
    /// # Errors
    /// As for [`submit`](Self::submit).
    pub async fn submit_risk(
        &self,
        request: RiskRequest,
        options: &SubmitOptions,
    ) -> Result<Submission, SubmitError> {
        self.submitter.submit(request.into(), options).await
    }
}

impl IdCloud {
    /// The behavior alert alone with `key`, which is assumed to be declared with it.
    #[must_use]
    pub fn behavior_alert(&self, key: ApiKey) -> BehaviorAlertCheck {
        BehaviorAlertCheck::of(self, key)
    }
}

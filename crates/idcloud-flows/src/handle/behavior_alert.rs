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
    /// It takes what identity verification takes, a subject and a selfie, but nothing about identity is asked. A clear answer is a review
    /// (`unlisted`), not an approval: the table knows no row in which the absence of an alert approves. Made by [`IdCloud::behavior_alert`].
    /// Cheap to clone. Beside other evidence, declare it for the key and use that evidence's handle.
    BehaviorAlertCheck: BehaviorAlert, IdentityRequest
}
new_attempts!(BehaviorAlertCheck);

impl BehaviorAlertCheck {
    /// As [`submit`](Self::submit), about a person whom an e-mail address, a telephone number or another document names: fraud risk
    /// classification takes such codes, and nothing else does.
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
    /// The behavior alert alone with `key`, which is taken to be declared with it.
    #[must_use]
    pub fn behavior_alert(&self, key: ApiKey) -> BehaviorAlertCheck {
        BehaviorAlertCheck::of(self, key)
    }
}

//! Liveness alone.
//!
//! Must never carry a plain image: IDCloud would not check it.

use super::Body;
use super::body::Writer;
use crate::{CaptureToken, Subject, SubsidiaryId};

/// A request for liveness alone (Liveness page). It takes a capture token and nothing else; the subject is optional.
///
/// ```compile_fail
/// // A plain image cannot be asked about.
/// fn ask(image: idcloud_model::Image) -> idcloud_model::request::LivenessRequest {
///     idcloud_model::request::LivenessRequest::new(image)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivenessRequest {
    capture_token: CaptureToken,
    subject: Option<Subject>,
    subsidiary_id: Option<SubsidiaryId>,
}

impl LivenessRequest {
    /// A request about the person in `capture_token`.
    #[must_use]
    pub const fn new(capture_token: CaptureToken) -> Self {
        Self {
            capture_token,
            subject: None,
            subsidiary_id: None,
        }
    }

    /// The same request with the person named: the page's sample does so, its list of members does not.
    #[must_use]
    pub fn with_subject(mut self, subject: Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// The same request at this branch.
    #[must_use]
    pub fn with_subsidiary_id(mut self, id: SubsidiaryId) -> Self {
        self.subsidiary_id = Some(id);
        self
    }

    /// The capture token.
    #[must_use]
    pub const fn capture_token(&self) -> &CaptureToken {
        &self.capture_token
    }

    pub(super) fn body(&self) -> Body {
        let mut writer = Writer::new();
        if let Some(subject) = &self.subject {
            writer.subject(subject);
        }
        writer.optional(
            "subsidiaryId",
            self.subsidiary_id.as_ref().map(SubsidiaryId::as_str),
        );
        writer.capture_token(&self.capture_token);
        writer.finish()
    }
}

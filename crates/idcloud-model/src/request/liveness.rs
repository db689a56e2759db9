//! Liveness alone.
//!
//! Must not carry a plain image: IDCloud would not check it.

use super::Body;
use super::body::Writer;
use super::context::{Context, with_context, with_optional_subject};
use crate::{CaptureToken, Subject};

/// A request for liveness alone (Liveness page). It takes only a capture token; the subject is
/// optional.
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
    context: Context,
}

with_context!(LivenessRequest);
with_optional_subject! {
    /// The same request with the person: the page's sample has one, its list of members does not.
    LivenessRequest
}

impl LivenessRequest {
    /// A request about the person in `capture_token`.
    #[must_use]
    pub const fn new(capture_token: CaptureToken) -> Self {
        Self {
            capture_token,
            subject: None,
            context: Context::NONE,
        }
    }

    /// The capture token.
    #[must_use]
    pub const fn capture_token(&self) -> &CaptureToken {
        &self.capture_token
    }

    pub(super) fn body(&self) -> Body {
        self.written(Writer::new())
    }

    /// The body without what later versions of this library add or normalize.
    pub(super) fn first_form(&self) -> Body {
        self.written(Writer::of_first_form())
    }

    fn written(&self, mut writer: Writer) -> Body {
        if let Some(subject) = &self.subject {
            writer.subject(subject, &self.context);
        }
        self.context.write(&mut writer);
        writer.capture_token(&self.capture_token);
        writer.finish()
    }
}

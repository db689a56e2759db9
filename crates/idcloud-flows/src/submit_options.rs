//! What a caller may choose for one submission.
//!
//! Must never make a create be sent twice unless the caller asks for it by name.

use idcloud_http::CallOptions;

/// Options of one submission; `SubmitOptions::default()` is right for most.
#[derive(Debug, Clone, Default)]
pub struct SubmitOptions {
    call: CallOptions,
}

impl SubmitOptions {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            call: CallOptions::new(),
        }
    }

    /// Deadlines, a hook and what else concerns every create of the submission.
    #[must_use]
    pub const fn call(&self) -> &CallOptions {
        &self.call
    }
}

impl From<CallOptions> for SubmitOptions {
    fn from(call: CallOptions) -> Self {
        Self { call }
    }
}

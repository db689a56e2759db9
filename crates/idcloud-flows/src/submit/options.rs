//! What a caller may choose for one submission.
//!
//! Must not make a create be sent twice unless the caller asks for it by name.

use std::time::Duration;

use idcloud_http::CallOptions;
use idcloud_model::ClientReference;

use crate::journal::Reference;

/// Options of one submission; `SubmitOptions::default()` is right for most.
#[derive(Debug, Clone)]
pub struct SubmitOptions {
    call: CallOptions,
    reference: Option<Reference>,
    client_reference: Option<ClientReference>,
    begin_again: bool,
    lease_margin: Duration,
}

impl SubmitOptions {
    /// How long after the call's last moment an attempt without an end is given up, unless changed: 30 seconds.
    pub const LEASE_MARGIN: Duration = Duration::from_secs(30);

    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            call: CallOptions::new(),
            reference: None,
            client_reference: None,
            begin_again: false,
            lease_margin: Self::LEASE_MARGIN,
        }
    }

    /// Submits under the caller's own name for this submission, which the journal remembers: the same name never leads to a second process.
    ///
    /// What was submitted before is answered from the journal, and nothing is sent: a finished process as its report
    /// ([`Report::recorded`](crate::Report::recorded)), a pending one to wait for. Needs a journal
    /// ([`IdCloudBuilder::journal`](crate::IdCloudBuilder::journal)).
    #[must_use]
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
    }

    /// Sends the caller's own name for the submission as `subject.clientReference` with every create of it, so that Unico and notices can
    /// name it. It enters no fingerprint: the journal takes the request for the same one with another name, or with none. Nothing can be
    /// looked up by it, and a request without a subject is sent without it.
    ///
    /// With an API key for multi accounts (1:N) such a create also **enrols the face** under this name: a lasting effect besides the process.
    #[must_use]
    pub fn with_client_reference(mut self, reference: ClientReference) -> Self {
        self.client_reference = Some(reference);
        self
    }

    /// Lets the reference begin again where its last process came to nothing (status 4 or 5). Whoever does so has seen that report; with a new
    /// selfie the request may be another.
    #[must_use]
    pub const fn with_begin_again(mut self, again: bool) -> Self {
        self.begin_again = again;
        self
    }

    /// How long after the call's deadline an attempt that was dispatched and never concluded counts as being on its way. After it, it is
    /// ambiguous: its program is gone.
    #[must_use]
    pub const fn with_lease_margin(mut self, margin: Duration) -> Self {
        self.lease_margin = margin;
        self
    }

    /// Deadlines, a hook and what else concerns every create of the submission.
    #[must_use]
    pub const fn call(&self) -> &CallOptions {
        &self.call
    }

    /// The caller's name for the submission.
    #[must_use]
    pub const fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// What is sent as `subject.clientReference`.
    #[must_use]
    pub const fn client_reference(&self) -> Option<&ClientReference> {
        self.client_reference.as_ref()
    }

    /// Whether a reference whose process came to nothing begins again.
    #[must_use]
    pub const fn begin_again(&self) -> bool {
        self.begin_again
    }

    /// How long after the call's deadline an attempt without an end is given up.
    #[must_use]
    pub const fn lease_margin(&self) -> Duration {
        self.lease_margin
    }
}

impl Default for SubmitOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl From<CallOptions> for SubmitOptions {
    fn from(call: CallOptions) -> Self {
        Self {
            call,
            ..Self::new()
        }
    }
}

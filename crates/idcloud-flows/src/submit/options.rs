//! The options of one submission.
//!
//! Must not let a create be sent twice unless the caller asks for it by name.

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
    /// The default lease margin: 30 seconds after the call's deadline.
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

    /// Submits under the caller's own name for this submission, which the journal records: one name
    /// never leads to a second process.
    ///
    /// If the reference was submitted before, the journal answers and nothing is sent: a final
    /// process comes as its report ([`Report::recorded`](crate::Report::recorded)), a pending one
    /// to wait for. Needs a journal ([`IdCloudBuilder::journal`](crate::IdCloudBuilder::journal)).
    #[must_use]
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
    }

    /// Sends the caller's own name for the submission as `subject.clientReference` with each of its
    /// creates, so that Unico and notices can name it. It is not part of the fingerprint: with
    /// another name, or none, the journal sees the same request. IDCloud offers no lookup by it,
    /// and a request without a subject is sent without it.
    ///
    /// With an API key for multi accounts (1:N) such a create also **enrols the face** under this
    /// name: a lasting effect besides the process.
    #[must_use]
    pub fn with_client_reference(mut self, reference: ClientReference) -> Self {
        self.client_reference = Some(reference);
        self
    }

    /// Retries a reference whose last process ended without a result (status 4 or 5). The caller
    /// has seen that report; a new selfie may make it another request.
    #[must_use]
    pub const fn with_begin_again(mut self, again: bool) -> Self {
        self.begin_again = again;
        self
    }

    /// How long after the call's deadline a dispatched attempt without an end counts as in flight.
    /// Then it is ambiguous, because its program is gone.
    #[must_use]
    pub const fn with_lease_margin(mut self, margin: Duration) -> Self {
        self.lease_margin = margin;
        self
    }

    /// Deadlines, a hook and other options of every create of the submission.
    #[must_use]
    pub const fn call(&self) -> &CallOptions {
        &self.call
    }

    /// The caller's reference.
    #[must_use]
    pub const fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// The name sent as `subject.clientReference`.
    #[must_use]
    pub const fn client_reference(&self) -> Option<&ClientReference> {
        self.client_reference.as_ref()
    }

    /// Whether a reference whose process ended without a result is retried.
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

//! The options of one call.
//!
//! Must not let a create be sent twice unless the caller asks for it by name.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::{BeforeDispatch, InTransit};

/// Options of one call; `CallOptions::default()` is right for most.
#[derive(Clone)]
pub struct CallOptions {
    deadline: Duration,
    attempt_timeout: Duration,
    accept_duplicates: bool,
    resend_capture_token: bool,
    created_at: Option<SystemTime>,
    before_dispatch: Option<Arc<dyn BeforeDispatch>>,
    in_transit: Option<InTransit>,
}

impl CallOptions {
    /// The default deadline of a call, from its admission: 60 seconds.
    pub const DEADLINE: Duration = Duration::from_secs(60);
    /// The default timeout of one attempt: 30 seconds.
    pub const ATTEMPT_TIMEOUT: Duration = crate::time::timeout::ATTEMPT_TIMEOUT;

    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            deadline: Self::DEADLINE,
            attempt_timeout: Self::ATTEMPT_TIMEOUT,
            accept_duplicates: false,
            resend_capture_token: false,
            created_at: None,
            before_dispatch: None,
            in_transit: None,
        }
    }

    /// How long the whole call may take, repetitions and waits between them included, counted from
    /// its admission (the queue has a limit of its own).
    ///
    /// A create is not sent with less time left than [`attempt_timeout`](Self::attempt_timeout), or
    /// half of the deadline if that is less: a create that is cut off is ambiguous. It then ends as
    /// its last attempt did, or with [`DeadlineExceeded`](crate::ErrorKind::DeadlineExceeded).
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long one attempt may take. A create that is cut off here is ambiguous.
    #[must_use]
    pub const fn with_attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Lets a create be sent again although IDCloud may have run it: for a caller that would rather
    /// pay twice than not know. Creates with a capture token are not covered.
    #[must_use]
    pub const fn with_accept_duplicates(mut self, accept: bool) -> Self {
        self.accept_duplicates = accept;
        self
    }

    /// Lets a create with a capture token be sent once more although IDCloud may have run it. Such
    /// tokens are documented as single-use; when one counts as used is not documented.
    #[must_use]
    pub const fn with_resend_capture_token(mut self, resend: bool) -> Self {
        self.resend_capture_token = resend;
        self
    }

    /// When the looked-up process was created. Within 30 seconds of it, *not found* counts as *not
    /// yet* and is retried.
    #[must_use]
    pub const fn with_created_at(mut self, at: SystemTime) -> Self {
        self.created_at = Some(at);
        self
    }

    /// The hook to call before each attempt is sent.
    #[must_use]
    pub fn with_before_dispatch(mut self, hook: Arc<dyn BeforeDispatch>) -> Self {
        self.before_dispatch = Some(hook);
        self
    }

    /// The value that reports whether the call's request is with the transport.
    #[must_use]
    pub fn with_in_transit(mut self, in_transit: InTransit) -> Self {
        self.in_transit = Some(in_transit);
        self
    }

    /// How long the whole call may take.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// How long one attempt may take.
    #[must_use]
    pub const fn attempt_timeout(&self) -> Duration {
        self.attempt_timeout
    }

    /// Whether an ambiguous create may be sent again.
    #[must_use]
    pub const fn accept_duplicates(&self) -> bool {
        self.accept_duplicates
    }

    /// Whether an ambiguous create with a capture token may be sent once more.
    #[must_use]
    pub const fn resend_capture_token(&self) -> bool {
        self.resend_capture_token
    }

    /// The hook that is called before each attempt is sent, for a caller that wraps it.
    #[must_use]
    pub const fn before_dispatch(&self) -> Option<&Arc<dyn BeforeDispatch>> {
        self.before_dispatch.as_ref()
    }

    pub(crate) const fn created_at(&self) -> Option<SystemTime> {
        self.created_at
    }

    pub(crate) const fn in_transit(&self) -> Option<&InTransit> {
        self.in_transit.as_ref()
    }

    pub(crate) fn hook(&self) -> Option<&dyn BeforeDispatch> {
        self.before_dispatch.as_deref()
    }
}

impl Default for CallOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("deadline", &self.deadline)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("accept_duplicates", &self.accept_duplicates)
            .field("resend_capture_token", &self.resend_capture_token)
            .field("before_dispatch", &self.before_dispatch.is_some())
            .finish_non_exhaustive()
    }
}

//! The handles, and the macros that declare the parts they share.
//!
//! Must not let a handle send anything but its own kind of request.

pub(crate) mod behavior_alert;
pub(crate) mod comparison;
pub(crate) mod documents;
pub(crate) mod identity;
pub(crate) mod liveness;
pub(crate) mod processes;
pub(crate) mod risk_score;

/// Declares a handle: one kind of request, sent with one API key.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident: $flow:ident, $request:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            submitter: $crate::submit::submitter::Submitter,
        }

        impl $name {
            fn of(idcloud: &$crate::IdCloud, key: idcloud_http::ApiKey) -> Self {
                Self {
                    submitter: $crate::submit::submitter::Submitter::new(&idcloud.shared, $crate::Flow::$flow, key),
                }
            }

            /// Creates the process, and returns its verdict or a pending process to wait for.
            ///
            /// The future can be dropped at any time; the submission's budget and buffers are
            /// released. A request that had not been sent is never sent: its reference is released
            /// at once. A request that had been sent may have created a process whose id is lost:
            /// the journal records its reference as ambiguous. If the future is dropped while the
            /// journal's `claim` is pending, the reference stays claimed until the lease expires.
            ///
            /// # Errors
            /// [`SubmitError::delivery`](crate::SubmitError::delivery) says whether a process may
            /// exist; with [`Delivery::Unknown`](idcloud_http::Delivery::Unknown) the request must
            /// not be repeated.
            pub async fn submit(
                &self,
                request: $request,
                options: &$crate::SubmitOptions,
            ) -> Result<$crate::Submission, $crate::SubmitError> {
                self.submitter.submit(request.into(), options).await
            }
        }

        $crate::handle::judging!($name);
    };
}

/// Adds the methods for answers to a handle: how it judges, observes and waits for them.
macro_rules! judging {
    ($name:ident) => {
        impl $name {
            /// Judges under this policy instead of the client's.
            #[must_use]
            pub const fn with_policy(mut self, policy: idcloud_model::Policy) -> Self {
                self.submitter.policy = policy;
                self
            }

            /// Calls `observe` with each process as an answer shows it: after each create and each
            /// poll.
            ///
            /// Use it to display the evidence of a process that is still pending:
            /// [`Pending`](crate::Pending) holds none. A pending process shows no result. A panic
            /// of `observe` is not caught: it ends the submission or the wait as dropping its
            /// future does. Under a reference the process is in the journal before `observe` is
            /// called.
            #[must_use]
            pub fn with_observer(
                mut self,
                observe: std::sync::Arc<dyn Fn(&idcloud_model::Process) + Send + Sync>,
            ) -> Self {
                self.submitter.observer = $crate::observer::Observer::new(observe);
                self
            }

            /// The capabilities that answers are judged against: those the key is declared with,
            /// limited to those the flow can return, and those the handle implies.
            #[must_use]
            pub const fn capabilities(&self) -> idcloud_model::Capabilities {
                self.submitter.capabilities()
            }

            /// Judges a journal's finished process as a new submission under its reference would be
            /// judged: by the first question and this handle's question together, under this
            /// handle's policy, and never to an approval that the first question alone would not
            /// give.
            ///
            /// For a program that reads the journal on behalf of one handle. `Report::from` judges
            /// by the record alone.
            pub fn judge(&self, finished: $crate::journal::Finished) -> $crate::Report {
                self.submitter.judge(finished)
            }

            /// Waits until the process is final, by notifications
            /// ([`IdCloud::hints`](crate::IdCloud::hints)) and polls, for at most `limit` and five
            /// seconds for the last poll. Dropping the future drops the [`Pending`](crate::Pending)
            /// that it was given and nothing else: keep a clone.
            ///
            /// # Errors
            /// Every error hands the pending process back: it was paid for and can be waited for
            /// again.
            pub async fn wait(
                &self,
                pending: $crate::Pending,
                limit: std::time::Duration,
            ) -> Result<$crate::Report, $crate::WaitError> {
                self.submitter.wait(pending, limit).await
            }
        }
    };
}

/// Lets a handle retry a failed process; not for a handle that sends only capture tokens.
macro_rules! new_attempts {
    ($name:ident) => {
        impl $name {
            /// Retries a process that failed in processing (status 5) up to this many times; with
            /// zero there is no retry.
            ///
            /// Each attempt is a process of its own. A capture token is valid for one process, so a
            /// request with one is not retried.
            #[must_use]
            pub const fn with_new_attempts(mut self, attempts: u32) -> Self {
                self.submitter.new_attempts = attempts;
                self
            }
        }
    };
}

pub(crate) use {handle, judging, new_attempts};

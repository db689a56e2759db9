//! What the handles have in common, written once.
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

            /// Creates the process, and returns its verdict or what to wait for.
            ///
            /// Dropping the future is safe: what had not left never will, and everything that the submission held is released. What had
            /// left may have made a process whose id nobody knows; under a reference the journal remembers it as ambiguous, and a
            /// reference whose request had not left is free at once. One that is dropped while the journal answers a claim stays held
            /// until its lease ends.
            ///
            /// # Errors
            /// [`SubmitError::delivery`](crate::SubmitError::delivery) says whether a process may exist; with
            /// [`Delivery::Unknown`](idcloud_http::Delivery::Unknown) the request must not be repeated.
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

/// Gives a handle what concerns answers: how they are judged, shown and waited for.
macro_rules! judging {
    ($name:ident) => {
        impl $name {
            /// The same under this policy.
            #[must_use]
            pub const fn with_policy(mut self, policy: idcloud_model::Policy) -> Self {
                self.submitter.policy = policy;
                self
            }

            /// The same, telling `observe` of every process as an answer shows it: after each create and each look at it.
            ///
            /// For showing what is known of a process that is still pending: [`Pending`](crate::Pending) itself holds no evidence. Nothing
            /// that a pending process shows is a result. A panic of `observe` is not caught: it ends the submission or the wait as dropping
            /// its future does, and under a reference the process is written down before it is shown.
            #[must_use]
            pub fn with_observer(
                mut self,
                observe: std::sync::Arc<dyn Fn(&idcloud_model::Process) + Send + Sync>,
            ) -> Self {
                self.submitter.observer = $crate::observer::Observer::new(observe);
                self
            }

            /// What answers are judged against: what the key is declared to have, as far as the flow can evoke it, and what the handle itself
            /// implies.
            #[must_use]
            pub const fn capabilities(&self) -> idcloud_model::Capabilities {
                self.submitter.capabilities()
            }

            /// What a journal remembers of a process, judged as it is for whoever submits under its reference again: by what was asked first and
            /// what this handle asks, under this handle's policy, and never to an approval that the first question alone would not give.
            ///
            /// For whoever reads a journal for one handle's sake; what it says by itself is `Report::from`.
            pub fn judge(&self, finished: $crate::journal::Finished) -> $crate::Report {
                self.submitter.judge(finished)
            }

            /// Waits until the process is final, by notifications ([`IdCloud::hints`](crate::IdCloud::hints)) and by asking for it, at most for
            /// `limit` and the seconds that the last look takes. Dropping the future loses nothing but the [`Pending`](crate::Pending) that
            /// was given to it: keep a clone.
            ///
            /// # Errors
            /// Every failure hands the pending process back: it was paid for and can be waited for again.
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

/// Gives a handle new attempts after a failed process; not for one that sends capture tokens alone.
macro_rules! new_attempts {
    ($name:ident) => {
        impl $name {
            /// The same with this many new attempts after a process that failed in processing (status 5); zero leaves it at the first.
            ///
            /// Each attempt is a process of its own. With a capture token there is none: it is good for one process.
            #[must_use]
            pub const fn with_new_attempts(mut self, attempts: u32) -> Self {
                self.submitter.new_attempts = attempts;
                self
            }
        }
    };
}

pub(crate) use {handle, judging, new_attempts};

//! Common traits of idcloud-flows' handles, so that each kind of request is submitted, waited for
//! and observed by the same code.
//!
//! Must not add behaviour: it only names the common methods.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use idcloud_flows::{
    Comparison, Documents, IdentityVerification, Liveness, Pending, Processes, Report, Submission,
    SubmitError, SubmitOptions, WaitError,
};
use idcloud_model::request::{
    ComparisonRequest, DocumentRequest, IdentityRequest, LivenessRequest,
};
use idcloud_model::{Capabilities, Process};

/// Called with each process that an answer shows.
pub(crate) type Observe = Arc<dyn Fn(&Process) + Send + Sync>;

/// A handle that can wait for a process.
#[async_trait]
pub(crate) trait Awaits: Sized + Send + Sync {
    /// The capabilities that answers are judged against.
    fn declared(&self) -> Capabilities;

    /// The same handle with an observer.
    fn watched(self, observe: Observe) -> Self;

    /// Waits until the process is final.
    async fn final_report(&self, pending: Pending, limit: Duration) -> Result<Report, WaitError>;
}

/// A handle that can create a process.
#[async_trait]
pub(crate) trait Submits: Awaits {
    /// The request to send.
    type Request: Send;

    /// Creates the process.
    async fn create(
        &self,
        request: Self::Request,
        options: &SubmitOptions,
    ) -> Result<Submission, SubmitError>;
}

macro_rules! awaits {
    ($($handle:ty),+) => {$(
        #[async_trait]
        impl Awaits for $handle {
            fn declared(&self) -> Capabilities {
                self.capabilities()
            }

            fn watched(self, observe: Observe) -> Self {
                self.with_observer(observe)
            }

            async fn final_report(&self, pending: Pending, limit: Duration) -> Result<Report, WaitError> {
                self.wait(pending, limit).await
            }
        }
    )+};
}

macro_rules! submits {
    ($($handle:ty: $request:ty),+ $(,)?) => {$(
        awaits!($handle);

        #[async_trait]
        impl Submits for $handle {
            type Request = $request;

            async fn create(&self, request: $request, options: &SubmitOptions) -> Result<Submission, SubmitError> {
                self.submit(request, options).await
            }
        }
    )+};
}

awaits!(Processes);
submits! {
    IdentityVerification: IdentityRequest,
    Liveness: LivenessRequest,
    Comparison: ComparisonRequest,
    Documents: DocumentRequest,
}

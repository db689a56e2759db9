//! The handles of idcloud-flows as one kind of thing: whatever is asked is submitted, waited for and watched alike.
//!
//! Must not add behaviour: it only names what the handles have in common.

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

/// Told of every process as an answer shows it.
pub(crate) type Observe = Arc<dyn Fn(&Process) + Send + Sync>;

/// What can be waited for.
#[async_trait]
pub(crate) trait Awaits: Sized + Send + Sync {
    /// What answers are judged against.
    fn declared(&self) -> Capabilities;

    /// The same, watched.
    fn watched(self, observe: Observe) -> Self;

    /// Waits until the process is final.
    async fn final_report(&self, pending: Pending, limit: Duration) -> Result<Report, WaitError>;
}

/// What can be asked for.
#[async_trait]
pub(crate) trait Submits: Awaits {
    /// What is sent.
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

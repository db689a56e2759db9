//! Tracks whether a row's create has been sent, for a run that is asked to stop.
//!
//! Must not cancel a request that may have been sent.

use async_trait::async_trait;
use idcloud_http::{BeforeDispatch, BoxError};
use idcloud_model::Process;
use tokio::sync::watch;

/// Whether a create of the row may be on its way.
#[derive(Debug)]
pub(crate) struct Departed(watch::Sender<bool>);

impl Departed {
    /// Nothing is sent yet.
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Whether no create of the row is in flight.
    #[cfg(test)]
    fn is_here(&self) -> bool {
        !*self.0.borrow()
    }

    /// Waits until no create of the row is in flight; pending forever if that never happens.
    pub(crate) async fn here(&self) {
        // Cannot fail: `self` owns the sender.
        let _ = self.0.subscribe().wait_for(|departed| !departed).await;
    }

    /// Called with each answer, before its end is recorded. After a failed process another create
    /// may follow, which is not sent yet.
    pub(crate) fn see(&self, process: &Process) {
        if matches!(process, Process::Final(process) if process.is_failed()) {
            self.0.send_replace(false);
        }
    }
}

#[async_trait]
impl BeforeDispatch for Departed {
    async fn before_dispatch(&self, _attempt: u32) -> Result<(), BoxError> {
        Ok(())
    }

    fn departing(&self, _attempt: u32) {
        self.0.send_replace(true);
    }

    async fn did_not_run(&self, _attempt: u32) -> Result<(), BoxError> {
        self.0.send_replace(false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(status: u8) -> Process {
        let json = format!(r#"{{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":{status}}}"#);
        Process::from_json(json.as_bytes()).unwrap()
    }

    /// A released row is not billed: a row is released only before its create is sent, after the
    /// create provably did not run, or between two attempts.
    #[tokio::test]
    async fn only_what_is_here_may_be_let_go_of() {
        let departed = Departed::new();
        departed.before_dispatch(1).await.unwrap();
        assert!(departed.is_here());
        departed.departing(1);
        assert!(!departed.is_here());
        departed.did_not_run(1).await.unwrap();
        assert!(departed.is_here());
        departed.departing(2);
        for status in [1, 3] {
            departed.see(&process(status));
            assert!(!departed.is_here(), "{status}");
        }
        departed.see(&process(5));
        departed.here().await;
        assert!(departed.is_here());
    }
}

//! How far one row's request has come, for a run that is asked to stop.
//!
//! Must not call a request back that may have left.

use async_trait::async_trait;
use idcloud_http::{BeforeDispatch, BoxError};
use idcloud_model::Process;
use tokio::sync::watch;

/// Whether a create of the row may be on its way.
#[derive(Debug)]
pub(crate) struct Departed(watch::Sender<bool>);

impl Departed {
    /// Nothing has left.
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Whether nothing of the row is on its way.
    #[cfg(test)]
    fn is_here(&self) -> bool {
        !*self.0.borrow()
    }

    /// Waits until nothing of the row is on its way, where that comes to be so.
    pub(crate) async fn here(&self) {
        // The sender is here.
        let _ = self.0.subscribe().wait_for(|departed| !departed).await;
    }

    /// An answer, as its end is written down. After a process that failed another create follows, which has not left yet.
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

    /// A row that was let go of is not billed: it is let go of only before it leaves, once it came back, or between two attempts.
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

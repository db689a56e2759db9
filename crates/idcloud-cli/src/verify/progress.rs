//! Tracks a verification: which creates were sent, and which answers arrived.
//!
//! Must not take a note for a result, nor call a create harmless that may have been sent.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use idcloud_http::{BeforeDispatch, BoxError};
use idcloud_model::{FinalProcess, PendingProcess, Process, ProcessId};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::verify::handle::Observe;

/// A create that follows a failed process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewAttempt {
    /// The process before it.
    pub(crate) failed: ProcessId,
    /// The number of this create; the first is 1.
    pub(crate) number: u32,
}

/// The state of a verification at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    /// No create was sent.
    NothingLeft,
    /// A create may have been sent, and has no answer.
    Sent,
    /// A process failed, and no create was sent since.
    Failed(ProcessId),
    /// A process failed, and another create may have been sent since.
    LeftAgain(ProcessId),
    /// The last answer.
    Answered(Box<Process>),
}

/// The state of a verification so far. Clones share it.
#[derive(Clone)]
pub(crate) struct Progress {
    state: Arc<Mutex<State>>,
    new_attempts: UnboundedSender<NewAttempt>,
}

#[derive(Default)]
struct State {
    /// A request may have been sent since the last answer.
    in_flight: bool,
    last: Option<Process>,
    creates: u32,
}

impl State {
    fn failed(&self) -> Option<&FinalProcess> {
        match &self.last {
            Some(Process::Final(process)) if process.is_failed() => Some(process),
            _ => None,
        }
    }
}

impl Progress {
    /// Starts without a request. The receiver gets each new attempt as it is sent.
    pub(crate) fn new() -> (Self, UnboundedReceiver<NewAttempt>) {
        let (new_attempts, announced) = unbounded_channel();
        let progress = Self {
            state: Arc::default(),
            new_attempts,
        };
        (progress, announced)
    }

    /// The observer for a handle.
    pub(crate) fn observer(&self) -> Observe {
        let progress = self.clone();
        Arc::new(move |process| progress.see(process))
    }

    fn see(&self, process: &Process) {
        let mut state = self.lock();
        state.in_flight = false;
        state.last = Some(process.clone());
    }

    /// The process as it was last seen, if it was pending.
    pub(crate) fn pending(&self) -> Option<PendingProcess> {
        match &self.lock().last {
            Some(Process::Pending(process)) => Some(process.clone()),
            _ => None,
        }
    }

    /// The current state.
    pub(crate) fn known(&self) -> Known {
        let state = self.lock();
        match (state.failed(), &state.last, state.in_flight) {
            (Some(process), _, false) => Known::Failed(process.id().clone()),
            (Some(process), _, true) => Known::LeftAgain(process.id().clone()),
            // A request after any other answer is a lookup of the same process.
            (None, Some(process), _) => Known::Answered(Box::new(process.clone())),
            (None, None, true) => Known::Sent,
            (None, None, false) => Known::NothingLeft,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl BeforeDispatch for Progress {
    async fn before_dispatch(&self, attempt: u32) -> Result<(), BoxError> {
        let mut state = self.lock();
        // Only attempt 1 counts: a retry within one create is not a new attempt.
        if attempt == 1 && (state.last.is_none() || state.failed().is_some()) {
            state.creates += 1;
            if let Some(process) = state.failed() {
                let attempt = NewAttempt {
                    failed: process.id().clone(),
                    number: state.creates,
                };
                // The receiver may be gone.
                let _ = self.new_attempts.send(attempt);
            }
        }
        Ok(())
    }

    /// Called once a connection takes the request. Before that (name lookup, connect, handshake) it
    /// was provably not sent.
    fn departing(&self, _attempt: u32) {
        self.lock().in_flight = true;
    }

    async fn did_not_run(&self, _attempt: u32) -> Result<(), BoxError> {
        self.lock().in_flight = false;
        Ok(())
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(id: &str, status: u8) -> Process {
        Process::from_json(format!(r#"{{"id":"{id}","status":{status}}}"#).as_bytes()).unwrap()
    }

    /// The process id is never lost, and an unanswered create is never called harmless.
    #[tokio::test]
    async fn what_is_known_follows_what_leaves_and_what_is_answered() {
        let (progress, mut announced) = Progress::new();
        assert_eq!(progress.known(), Known::NothingLeft);
        progress.before_dispatch(1).await.unwrap();
        assert_eq!(progress.known(), Known::NothingLeft, "it connects");
        progress.departing(1);
        assert_eq!(progress.known(), Known::Sent);
        progress.did_not_run(1).await.unwrap();
        progress.before_dispatch(2).await.unwrap();
        assert_eq!(progress.known(), Known::NothingLeft, "it connects anew");
        progress.departing(2);
        assert_eq!(progress.known(), Known::Sent);
        let failed = process("80371b2a-3ac7-432e-866d-57fe37896ac6", 5);
        progress.see(&failed);
        assert_eq!(progress.known(), Known::Failed(failed.id().clone()));
        assert!(announced.try_recv().is_err());
        progress.before_dispatch(1).await.unwrap();
        progress.before_dispatch(2).await.unwrap();
        assert_eq!(progress.known(), Known::Failed(failed.id().clone()));
        progress.departing(2);
        assert_eq!(progress.known(), Known::LeftAgain(failed.id().clone()));
        let announcement = NewAttempt {
            failed: failed.id().clone(),
            number: 2,
        };
        assert_eq!(announced.try_recv(), Ok(announcement));
        assert!(announced.try_recv().is_err(), "announced once");
        let completed = process("b97c3fd9-d95d-413f-bc0a-75eb87304421", 3);
        progress.see(&completed);
        progress.before_dispatch(1).await.unwrap();
        progress.departing(1);
        assert_eq!(progress.known(), Known::Answered(Box::new(completed)));
        assert!(announced.try_recv().is_err(), "a look is no attempt");
    }
}

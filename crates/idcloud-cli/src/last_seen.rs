//! The last answer about a process that is still pending.
//!
//! Never takes what it shows for a result.

use std::sync::{Arc, Mutex, PoisonError};

use idcloud_flows::IdentityVerification;
use idcloud_model::{PendingProcess, Process};

/// What an observer of a verification remembers.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastSeen(Arc<Mutex<Option<PendingProcess>>>);

impl LastSeen {
    /// The same verification, watched.
    pub(crate) fn watch(&self, verification: IdentityVerification) -> IdentityVerification {
        let seen = self.clone();
        verification.with_observer(Arc::new(move |process| {
            if let Process::Pending(process) = process {
                *seen.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(process.clone());
            }
        }))
    }

    /// The process as it was last seen pending.
    pub(crate) fn process(&self) -> Option<PendingProcess> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

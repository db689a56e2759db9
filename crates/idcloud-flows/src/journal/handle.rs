//! The journal of one client, with the owner that it writes as.
//!
//! Must not panic while a panic unwinds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use idcloud_http::Clock;

use crate::Report;
use crate::journal::{Command, Journal, JournalError, JournalKey, Owner};

/// The journal that records submissions, and the owner that they are recorded as.
#[derive(Debug, Clone)]
pub(crate) struct JournalHandle {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) owner: Owner,
}

impl JournalHandle {
    /// Records that a pending process is final.
    pub(crate) async fn finish(
        &self,
        clock: &dyn Clock,
        key: &JournalKey,
        report: &Report,
    ) -> Result<(), JournalError> {
        self.journal
            .finish(key, report.to_finished(), clock.now())
            .await
    }

    /// Repeats, without waiting, a command that the journal did not accept, so that no person has
    /// to find out an end that this program knows.
    pub(crate) fn repeat_detached(&self, clock: &dyn Clock, command: Command) {
        // This may run during a panic, and a second panic would abort the program.
        let apply = || self.journal.apply_detached(command, clock.now());
        let _ = catch_unwind(AssertUnwindSafe(apply));
    }
}

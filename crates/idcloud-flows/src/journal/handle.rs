//! The journal of one client, and in whose name it is written.
//!
//! Must not panic while something panics already.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use idcloud_http::Clock;

use crate::Report;
use crate::journal::{Command, Journal, JournalError, JournalKey, Owner};

/// The journal that submissions are remembered in, and in whose name.
#[derive(Debug, Clone)]
pub(crate) struct JournalHandle {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) owner: Owner,
}

impl JournalHandle {
    /// Writes down the end of a process that was pending.
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

    /// Says an end once more that the journal did not take, without waiting: what is known is not left for a person to
    /// find out.
    pub(crate) fn say_again(&self, clock: &dyn Clock, command: Command) {
        // This may run while something panics already, and a second panic would end the program.
        let apply = || self.journal.apply_detached(command, clock.now());
        let _ = catch_unwind(AssertUnwindSafe(apply));
    }
}

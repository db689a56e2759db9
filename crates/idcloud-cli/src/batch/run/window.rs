//! Parallel work on rows, with the results in the order of the rows.
//!
//! Must not hold more work than the limit at once, nor change the order.

use std::collections::VecDeque;

use tokio::task::JoinHandle;

use crate::failure::Failure;

/// How many rows are worked on at once: enough to keep a disk and some cores busy; each holds a
/// selfie in memory.
const SIDE_BY_SIDE: usize = 16;

/// Started work, oldest first.
pub(crate) struct Window<T> {
    begun: VecDeque<JoinHandle<T>>,
}

impl<T> Window<T> {
    /// Starts empty.
    pub(crate) const fn new() -> Self {
        Self {
            begun: VecDeque::new(),
        }
    }

    /// Whether a result has to be taken before more work is started.
    pub(crate) fn is_full(&self) -> bool {
        self.begun.len() >= SIDE_BY_SIDE
    }

    /// Adds started work.
    pub(crate) fn put(&mut self, work: JoinHandle<T>) {
        self.begun.push_back(work);
    }

    /// The result of the oldest work; `None` if no work is left.
    ///
    /// # Errors
    /// The work panicked.
    pub(crate) async fn take(&mut self) -> Result<Option<T>, Failure> {
        let Some(work) = self.begun.pop_front() else {
            return Ok(None);
        };
        let done = work.await;
        done.map(Some)
            .map_err(|_| Failure::fault("a fault of this program ended the work on a row"))
    }
}

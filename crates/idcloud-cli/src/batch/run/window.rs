//! Work on rows side by side, whose results are taken in the order of the rows.
//!
//! Must not hold more than so many at once, nor change their order.

use std::collections::VecDeque;

use tokio::task::JoinHandle;

use crate::failure::Failure;

/// How many rows are worked on at once: enough to keep a disk and some cores busy, and each holds a selfie.
const SIDE_BY_SIDE: usize = 16;

/// Work that was begun, oldest first.
pub(crate) struct Window<T> {
    begun: VecDeque<JoinHandle<T>>,
}

impl<T> Window<T> {
    /// Nothing yet.
    pub(crate) const fn new() -> Self {
        Self {
            begun: VecDeque::new(),
        }
    }

    /// Whether a result has to be taken before more is begun.
    pub(crate) fn is_full(&self) -> bool {
        self.begun.len() >= SIDE_BY_SIDE
    }

    /// Takes up work that was begun.
    pub(crate) fn put(&mut self, work: JoinHandle<T>) {
        self.begun.push_back(work);
    }

    /// The oldest work's result; nothing where none is left.
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

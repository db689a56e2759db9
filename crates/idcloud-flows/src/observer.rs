//! The caller's function that is called with each process as an answer shows it.
//!
//! Must not change what a flow does.

use std::fmt;
use std::sync::Arc;

use idcloud_model::Process;

/// The function that a caller wants called with each process.
type Observe = dyn Fn(&Process) + Send + Sync;

/// The caller's function, or none.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<Observe>>);

impl Observer {
    pub(crate) fn new(observe: Arc<Observe>) -> Self {
        Self(Some(observe))
    }

    /// A copy of the process to observe later; `None` if there is no observer.
    pub(crate) fn copy_for(&self, process: &Process) -> Option<Process> {
        self.0.as_ref().map(|_| process.clone())
    }

    pub(crate) fn observe(&self, process: &Process) {
        if let Some(observe) = &self.0 {
            observe(process);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer" } else { "None" })
    }
}

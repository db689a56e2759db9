//! Who is told of every process as an answer shows it.
//!
//! Must not change what a flow does.

use std::fmt;
use std::sync::Arc;

use idcloud_model::Process;

/// What a caller wants to do with each process.
type Observe = dyn Fn(&Process) + Send + Sync;

/// A function of the caller's, or none.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<Observe>>);

impl Observer {
    pub(crate) fn new(observe: Arc<Observe>) -> Self {
        Self(Some(observe))
    }

    /// The process, where somebody is to be told of it later.
    pub(crate) fn kept(&self, process: &Process) -> Option<Process> {
        self.0.as_ref().map(|_| process.clone())
    }

    pub(crate) fn see(&self, process: &Process) {
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

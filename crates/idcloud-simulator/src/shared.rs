//! One simulator for many tasks: a transport, a server, and the test that looks on.
//! Never held across an await: a request is answered in one go.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Simulator;

/// A [`Simulator`] that several can use; clones share it.
///
/// [`SimulatorTransport`](crate::SimulatorTransport) and `serve` take either this or the simulator itself. Keep a clone to
/// arrange outcomes or to read the [`Tally`](crate::Tally) while requests are answered.
#[derive(Clone)]
pub struct SharedSimulator(Arc<Mutex<Simulator>>);

impl SharedSimulator {
    /// Shares `simulator`.
    #[must_use]
    pub fn new(simulator: Simulator) -> Self {
        Self(Arc::new(Mutex::new(simulator)))
    }

    /// The simulator. Requests wait as long as the guard lives.
    pub fn lock(&self) -> MutexGuard<'_, Simulator> {
        // A panic elsewhere leaves nothing half done that a later request could not live with.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Simulator> for SharedSimulator {
    fn from(simulator: Simulator) -> Self {
        Self::new(simulator)
    }
}

impl fmt::Debug for SharedSimulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSimulator").finish_non_exhaustive()
    }
}

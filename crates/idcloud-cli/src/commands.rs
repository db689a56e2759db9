//! The commands, one module each.
//!
//! A command never writes to a stream of the process: it is handed the output.

pub(crate) mod batch;
pub(crate) mod compare;
mod context;
pub(crate) mod doctor;
pub(crate) mod document;
pub(crate) mod documentation;
pub(crate) mod explain;
pub(crate) mod journal;
pub(crate) mod liveness;
pub(crate) mod onboard;
pub(crate) mod preflight;
pub(crate) mod process;
pub(crate) mod simulator;
pub(crate) mod token;

use tokio::runtime::{Builder, Runtime};

use crate::failure::Failure;

/// What asynchronous commands run on.
fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|_| Failure::fault("this machine gives the program no threads"))
}

//! The commands, one module each.
//!
//! Must not write to the process's streams: a command gets the output as an argument.

pub(crate) mod usage;

pub(crate) mod batch;
pub(crate) mod command_line;
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

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Builder;

use crate::failure::Failure;

/// How long blocking work may continue after a command has ended: resolving a host name, reading a
/// file.
const LEFTOVERS: Duration = Duration::from_secs(2);

/// Runs the asynchronous part of a command to its end.
///
/// # Errors
/// The operating system provides no threads.
fn block_on<F: Future>(future: F) -> Result<F::Output, Failure> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|_| Failure::fault("this machine gives the program no threads"))?;
    let output = runtime.block_on(future);
    runtime.shutdown_timeout(LEFTOVERS);
    Ok(output)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use idcloud_http::{Clock as _, SystemClock};

    use super::*;

    /// An interrupted command ends although a host name is still being resolved.
    #[test]
    fn work_that_cannot_be_cancelled_does_not_hold_the_program() {
        let (release, held) = mpsc::channel::<()>();
        let clock = SystemClock::new();
        let begun = clock.instant();
        block_on(async { drop(tokio::task::spawn_blocking(move || held.recv())) }).unwrap();
        assert!(clock.instant() - begun < LEFTOVERS * 10);
        drop(release);
    }
}

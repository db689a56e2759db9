//! The signals that end a run: ctrl-c, and what service managers send.
//!
//! Never ends anything by itself: whoever listens decides what is finished first.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens for the signals that ask a run to end.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    /// From here on a signal no longer ends the program.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The next signal. Can be dropped and called again.
    pub(crate) async fn next(&mut self) {
        let (interrupt, terminate) = (self.interrupt.recv(), self.terminate.recv());
        let heard = tokio::select! {
            heard = interrupt => heard,
            heard = terminate => heard,
        };
        if heard.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Listens for the signals that ask a run to end.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// From here on a signal no longer ends the program.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// The next signal. Can be dropped and called again.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

//! The console's events: ctrl-c and ctrl-break, and the end of the console, the session or the
//! machine.
//!
//! Must not return from the last three by itself: Windows then ends the program.

use std::future::pending;
use std::io;

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close,
    ctrl_logoff, ctrl_shutdown,
};

use super::Request;

/// The subscription to the events.
pub(super) struct Signals {
    c: CtrlC,
    stop: CtrlBreak,
    close: CtrlClose,
    logoff: CtrlLogoff,
    shutdown: CtrlShutdown,
}

impl Signals {
    /// Subscribes: from here on no event is lost. Call it within a runtime.
    ///
    /// # Errors
    /// A handler cannot be installed.
    pub(super) fn subscribe() -> io::Result<Self> {
        Ok(Self {
            c: ctrl_c()?,
            stop: ctrl_break()?,
            close: ctrl_close()?,
            logoff: ctrl_logoff()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// The next request.
    pub(super) async fn next(&mut self) -> Request {
        let (heard, request) = tokio::select! {
            heard = self.c.recv() => (heard, Request::End),
            heard = self.stop.recv() => (heard, Request::End),
            heard = self.close.recv() => (heard, Request::HangUp),
            heard = self.logoff.recv() => (heard, Request::HangUp),
            heard = self.shutdown.recv() => (heard, Request::HangUp),
        };
        match heard {
            Some(()) => request,
            // `None` only when the runtime ends, with the program.
            None => pending().await,
        }
    }
}

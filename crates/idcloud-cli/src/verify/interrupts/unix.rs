//! SIGINT, SIGTERM, and SIGHUP unless it is already ignored.
//!
//! Must not undo the effect of `nohup`.

use std::fs;
use std::future::pending;
use std::io;
use std::process::{Command, Stdio};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Request;

/// The subscription to the signals.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Option<Signal>,
}

impl Signals {
    /// Subscribes: from here on no signal is lost. Call it within a runtime.
    ///
    /// # Errors
    /// A handler cannot be installed.
    pub(super) fn subscribe() -> io::Result<Self> {
        let ignored = hang_up_is_ignored();
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: (!ignored)
                .then(|| signal(SignalKind::hangup()))
                .transpose()?,
        })
    }

    /// The next request.
    pub(super) async fn next(&mut self) -> Request {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => pending().await,
            }
        };
        let (heard, request) = tokio::select! {
            heard = self.interrupt.recv() => (heard, Request::End),
            heard = self.terminate.recv() => (heard, Request::End),
            heard = hang_up => (heard, Request::HangUp),
        };
        match heard {
            Some(()) => request,
            // `None` only when the runtime ends, with the program.
            None => pending().await,
        }
    }
}

/// Whether the program was started with SIGHUP ignored.
fn hang_up_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status");
    let known = status.ok().and_then(|status| ignored_by(&status));
    known.unwrap_or_else(a_child_survives_it)
}

/// The answer of Linux, in `/proc/self/status`.
fn ignored_by(status: &str) -> Option<bool> {
    // SIGHUP is signal 1: the lowest bit.
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    Some(u64::from_str_radix(mask.trim(), 16).ok()? & 1 == 1)
}

/// For systems without that file: a child inherits an ignored signal, and survives it.
fn a_child_survives_it() -> bool {
    Command::new("sh")
        .args(["-c", "kill -HUP $$"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        for (line, ignored) in [
            ("SigIgn:\t0000000000000000", Some(false)),
            ("SigIgn:\t0000000000000001", Some(true)),
            ("SigIgn:\t0000000000001000", Some(false)),
            ("SigIgn:\t0000000000001001", Some(true)),
            ("SigIgn:\tnonsense", None),
            ("SigCgt:\t0000000000000001", None),
        ] {
            let status = format!("Name:\tidcloud\nSigBlk:\t0000000000000001\n{line}\n");
            assert_eq!(ignored_by(&status), ignored, "{line}");
        }
    }

    /// Both checks agree about this process.
    #[test]
    fn a_child_says_what_the_status_says() {
        assert_eq!(hang_up_is_ignored(), a_child_survives_it());
    }
}

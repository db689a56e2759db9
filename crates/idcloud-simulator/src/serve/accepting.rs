//! Decides what follows a failed accept.
//! Must not end the server, unless the listener itself is unusable: a lack of descriptors passes.

use std::io;
use std::time::Duration;

/// How long to wait after a lack of descriptors or memory before the next accept.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// The next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Accept again: only one connection failed.
    Accept,
    /// Wait for [`PAUSE`], then accept again.
    Pause,
    /// End: the listener is not usable any more.
    End,
}

/// Decides by the error of accept.
///
/// `EMFILE`, `ENFILE`, `ENOBUFS` and `ENOMEM` have no stable [`io::ErrorKind`], so an unknown error
/// leads to a pause.
pub(super) fn after(error: &io::Error) -> Next {
    match error.kind() {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::Interrupted => Next::Accept,
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported => Next::End,
        _ => Next::Pause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn only_an_unusable_listener_ends_the_server() {
        for (errno, name, next) in [
            (24, "EMFILE", Next::Pause),
            (23, "ENFILE", Next::Pause),
            (105, "ENOBUFS", Next::Pause),
            (12, "ENOMEM", Next::Pause),
            (1, "EPERM: a firewall", Next::Pause),
            (71, "EPROTO", Next::Pause),
            (103, "ECONNABORTED", Next::Accept),
            (4, "EINTR", Next::Accept),
            (22, "EINVAL: it does not listen", Next::End),
        ] {
            let error = io::Error::from_raw_os_error(errno);
            assert_eq!(after(&error), next, "{name}");
        }
    }
}

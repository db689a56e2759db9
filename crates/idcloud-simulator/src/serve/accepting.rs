//! What follows an accept that failed.
//! Never the end, unless the listener itself is unusable: a lack of descriptors passes.

use std::io;
use std::time::Duration;

/// How long a lack of descriptors or memory is waited out before the next accept.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Accept again: the failure was that of one connection.
    Accept,
    /// Wait for [`PAUSE`], then accept again.
    Pause,
    /// The listener cannot be used any more.
    End,
}

/// Decides by what accept failed with.
///
/// `EMFILE`, `ENFILE`, `ENOBUFS` and `ENOMEM` have no stable [`io::ErrorKind`], so what is not known is waited out.
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

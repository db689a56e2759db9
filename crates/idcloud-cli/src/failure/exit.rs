//! The exit codes, which scripts depend on.
//!
//! Must not change a code's meaning: a new outcome gets a new code.

use std::process::ExitCode;

/// The way the program ends. The discriminant is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Answered; the verdict is in the output.
    Answered = 0,
    /// A fault of this program.
    Fault = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// Refused here; nothing was sent.
    RefusedHere = 3,
    /// Refused by IDCloud, or by its token endpoint.
    Refused = 4,
    /// IDCloud may have accepted the request; it was not repeated.
    Ambiguous = 5,
    /// Not reachable, or limits exhausted; nothing was created.
    Unreachable = 6,
    /// The process failed or was canceled.
    Failed = 7,
    /// Created and still pending, or its result could not be fetched.
    Pending = 8,
    /// The verdict is review, with `--exit-verdict`.
    Review = 10,
    /// The verdict is recapture, with `--exit-verdict`.
    Recapture = 11,
    /// The verdict is reject, with `--exit-verdict`.
    Reject = 12,
    /// Interrupted from the keyboard.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes are public interface.
    #[test]
    fn codes_are_those_of_the_contract() {
        for (exit, code) in [
            (Exit::Answered, 0),
            (Exit::Fault, 1),
            (Exit::Usage, 2),
            (Exit::RefusedHere, 3),
            (Exit::Refused, 4),
            (Exit::Ambiguous, 5),
            (Exit::Unreachable, 6),
            (Exit::Failed, 7),
            (Exit::Pending, 8),
            (Exit::Review, 10),
            (Exit::Recapture, 11),
            (Exit::Reject, 12),
            (Exit::Interrupted, 130),
        ] {
            assert_eq!(exit as u8, code);
        }
    }
}

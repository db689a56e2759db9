//! Converts a failed submission into a failure of the program.
//!
//! Must not call a request harmless that may have been sent, nor refer to a record that is not
//! kept.

use idcloud_flows::journal::{JournalError, JournalErrorKind, StateKind};
use idcloud_flows::{SubmitError, SubmitErrorKind};

use crate::failure::call;
use crate::failure::exit::Exit;
use crate::failure::journal;
use crate::failure::{Delivery, Failure};

/// Whether a request that may have been sent is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Not recorded: no reference was given.
    None,
    /// In a journal, under the caller's reference.
    Journal,
}

impl Memory {
    /// The addition to the message about a request that may have been sent.
    pub(crate) const fn note(self) -> &'static str {
        match self {
            Self::None => "this run leaves no memory of it; a --reference would",
            Self::Journal => "the journal remembers it as ambiguous",
        }
    }

    /// The remedy, after the warning about a second bill.
    const fn remedy(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Journal => " Then close it with idcloud journal settle.",
        }
    }
}

/// The failure of a submission: of its create, or of a step before it.
pub(crate) fn of(error: &SubmitError, memory: Memory) -> Failure {
    if let Some(call) = error.call_error() {
        let failed = of_call(call, memory);
        return match error.journal_error() {
            Some(error) => {
                let message = format!("{}; {}", failed.message, unwritten(error));
                failed.with_message(message)
            }
            None => failed,
        };
    }
    match error.kind() {
        SubmitErrorKind::Ambiguous => ambiguous(),
        SubmitErrorKind::InFlight => in_flight(),
        _ => match error.journal_error() {
            Some(error) => of_record(error),
            None => Failure::fault(error.to_string()),
        },
    }
}

/// The message about an answer that the journal could not record, for a caller that has the answer.
pub(crate) fn unwritten(error: &JournalError) -> String {
    format!(
        "the journal could not record this, and may later show the reference as in flight or ambiguous: {error}"
    )
}

fn of_call(error: &idcloud_http::Error, memory: Memory) -> Failure {
    let failed = call::of_create(error);
    if failed.exit != Exit::Ambiguous {
        return failed;
    }
    let message = format!("{}; {}", failed.message, memory.note());
    let help = failed.help.as_deref().unwrap_or_default();
    let help = format!("{help}{}", memory.remedy());
    Failure {
        help: Some(help.into()),
        ..failed.with_message(message)
    }
}

/// An earlier attempt may have created a process.
pub(crate) fn ambiguous() -> Failure {
    Failure {
        exit: Exit::Ambiguous,
        kind: "ambiguous",
        delivery: Delivery::Unknown,
        help: Some(
            "Look for the process in Unico's portal, or ask Unico; then close it with idcloud journal settle REF, with --found \
             PROCESS_ID or with --resend."
                .into(),
        ),
        ..Failure::fault("an earlier request under this reference may have created and billed a process; nothing was sent now")
    }
}

/// This run sent the request, and neither the run nor the journal has its end.
pub(crate) fn left_open() -> Failure {
    ambiguous().with_message(
        "this run sent the request, and its end could not be written down; IDCloud may have created and billed a process",
    )
}

/// Another program is submitting the reference now.
pub(crate) fn in_flight() -> Failure {
    Failure {
        exit: Exit::Ambiguous,
        kind: "in-flight",
        delivery: Delivery::Unknown,
        help: Some("Run the command again in a few minutes: by then the journal has the result, or says that the reference is ambiguous.".into()),
        ..Failure::fault("another run is submitting this reference; nothing was sent now")
    }
}

/// The reference belongs to another request, whose answer must not be given to this one.
pub(crate) fn other_request(state: StateKind) -> Failure {
    of_journal(&JournalErrorKind::OtherRequest(state).into())
}

/// The journal refused an operation on one reference, or failed; nothing was sent because of it.
pub(crate) fn of_record(error: &JournalError) -> Failure {
    journal::of_submission(error).unwrap_or_else(|| of_journal(error))
}

/// The journal refused an operation, or failed; nothing was sent because of it.
pub(crate) fn of_journal(error: &JournalError) -> Failure {
    let failed = Failure::fault(error.to_string());
    match error.kind() {
        JournalErrorKind::ProcessTaken => Failure {
            exit: Exit::RefusedHere,
            kind: "process-taken",
            ..failed
        },
        JournalErrorKind::OtherPerson => Failure {
            exit: Exit::Ambiguous,
            kind: "other-request",
            delivery: Delivery::Unknown,
            help: Some(
                "Nothing was sent now, and the reference is ambiguous again. Find its own process in Unico's portal, or ask \
                 Unico; then close it with idcloud journal settle."
                    .into(),
            ),
            ..failed
        },
        // Like a wrong address: the command or its configuration names another place.
        JournalErrorKind::OtherOrigin => Failure {
            exit: Exit::Usage,
            kind: "other-origin",
            delivery: Delivery::Unknown,
            ..failed
        },
        JournalErrorKind::OriginUnknown => Failure {
            exit: Exit::Usage,
            kind: "origin-unknown",
            delivery: Delivery::Unknown,
            help: Some(
                "Name the address that it was submitted to: idcloud journal name-origin URL --journal FILE."
                    .into(),
            ),
            ..failed
        },
        JournalErrorKind::TwoAccounts => Failure {
            exit: Exit::Usage,
            kind: "two-accounts",
            help: Some(
                "idcloud journal list --format json shows both entries with their accounts; the guide on never paying twice says how one is taken out."
                    .into(),
            ),
            ..failed
        },
        JournalErrorKind::OtherRequest(_) => Failure {
            exit: Exit::RefusedHere,
            kind: "other-request",
            reassures: true,
            ..failed
        },
        _ => Failure {
            kind: "journal",
            ..failed
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kept_a_request_from_being_sent_has_its_exit_code() {
        for (failure, exit) in [
            (ambiguous(), Exit::Ambiguous),
            (in_flight(), Exit::Ambiguous),
            (
                of_journal(&JournalErrorKind::OtherRequest(StateKind::Pending).into()),
                Exit::RefusedHere,
            ),
            // The reference is ambiguous again: a caller that got exit code 3 would send it again
            // under another one.
            (
                of_journal(&JournalErrorKind::OtherPerson.into()),
                Exit::Ambiguous,
            ),
            (of_journal(&JournalErrorKind::Storage.into()), Exit::Fault),
            (of_record(&JournalErrorKind::Storage.into()), Exit::Fault),
            // It may have been sent. The failure concerns one row, so it stops no batch, and the
            // row does not count as unsent.
            (
                of_record(&JournalErrorKind::Damaged.into()),
                Exit::Ambiguous,
            ),
            (of_record(&JournalErrorKind::Newer.into()), Exit::Ambiguous),
            (
                of_journal(&JournalErrorKind::ProcessTaken.into()),
                Exit::RefusedHere,
            ),
            (
                of_record(&JournalErrorKind::OtherOrigin.into()),
                Exit::Usage,
            ),
            (
                of_record(&JournalErrorKind::OriginUnknown.into()),
                Exit::Usage,
            ),
        ] {
            assert_eq!(failure.exit, exit, "{failure:?}");
        }
    }
}

//! A failed call as a failure of the program: which exit code, and what to tell.
//!
//! Never calls a create harmless that may have run.

use std::borrow::Cow;

use idcloud_http::{Delivery as CallDelivery, Error, ErrorKind};
use idcloud_model::{ErrorCode, Language};

use crate::exit::Exit;
use crate::failure::{Delivery, Failure};

/// The failure of a create: nothing is known to exist because of it.
pub(crate) fn of_create(error: &Error) -> Failure {
    let mut failure = failure(error, exit_of_create(error.kind(), error.delivery()));
    if failure.exit == Exit::Ambiguous {
        failure
            .message
            .push_str("; this run leaves no memory of it");
    }
    failure
}

/// The failure of a lookup after a create: the process exists, and is to be asked for again.
pub(crate) fn of_lookup(error: &Error, process_id: &str) -> Failure {
    let mut failure = failure(error, Exit::Pending);
    failure.process_id = Some(process_id.into());
    failure
}

fn failure(error: &Error, exit: Exit) -> Failure {
    let meaning = error
        .code()
        .and_then(ErrorCode::entry)
        .map(|entry| entry.meaning(Language::English));
    // A person knows what was asked; which request of it failed is the library's word.
    let told = error.to_string();
    let told = told
        .strip_prefix(&format!("{}: ", error.operation()))
        .unwrap_or(&told);
    Failure {
        exit,
        kind: error.kind().as_str(),
        delivery: match error.delivery() {
            CallDelivery::NotSent => Delivery::NotSent,
            CallDelivery::Unknown => Delivery::Unknown,
            CallDelivery::Answered => Delivery::Answered,
        },
        code: error.code().map(|code| code.as_str().into()),
        help: error.help().map(Cow::into_owned).map(Into::into),
        attempts: error.attempts(),
        process_id: error.process_id().map(|id| id.as_str().into()),
        ..Failure::fault(match meaning {
            Some(meaning) => format!("{told}: {}", meaning.trim_end_matches('.')),
            None => told.to_owned(),
        })
    }
}

fn exit_of_create(kind: ErrorKind, delivery: CallDelivery) -> Exit {
    match (kind, delivery) {
        (ErrorKind::Ambiguous, _) | (ErrorKind::DeadlineExceeded, CallDelivery::Unknown) => {
            Exit::Ambiguous
        }
        (
            ErrorKind::Refused | ErrorKind::Credentials | ErrorKind::NotFound | ErrorKind::Gone,
            _,
        ) => Exit::Refused,
        (ErrorKind::Signing | ErrorKind::Hook | ErrorKind::InvalidRequest, _) => Exit::Fault,
        // Of a create, the first three tell of the token exchange before it.
        (
            ErrorKind::Interrupted
            | ErrorKind::Unreadable
            | ErrorKind::Server
            | ErrorKind::RateLimited
            | ErrorKind::Unreachable
            | ErrorKind::DeadlineExceeded
            | ErrorKind::QueueFull
            | ErrorKind::QueueTimeout,
            _,
        )
        | (_, CallDelivery::NotSent) => Exit::Unreachable,
        (_, CallDelivery::Answered) => Exit::Refused,
        (_, CallDelivery::Unknown) => Exit::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_exit_code() {
        use CallDelivery::{Answered, NotSent, Unknown};
        for (kind, delivery, exit) in [
            (ErrorKind::Refused, Answered, Exit::Refused),
            (ErrorKind::Credentials, Answered, Exit::Refused),
            (ErrorKind::Credentials, NotSent, Exit::Refused),
            (ErrorKind::Ambiguous, Unknown, Exit::Ambiguous),
            (ErrorKind::Ambiguous, Answered, Exit::Ambiguous),
            (ErrorKind::DeadlineExceeded, Unknown, Exit::Ambiguous),
            (ErrorKind::DeadlineExceeded, NotSent, Exit::Unreachable),
            (ErrorKind::Unreachable, NotSent, Exit::Unreachable),
            (ErrorKind::RateLimited, Answered, Exit::Unreachable),
            (ErrorKind::QueueFull, NotSent, Exit::Unreachable),
            (ErrorKind::Unreadable, NotSent, Exit::Unreachable),
            (ErrorKind::Hook, NotSent, Exit::Fault),
        ] {
            assert_eq!(
                exit_of_create(kind, delivery),
                exit,
                "{kind:?} {delivery:?}"
            );
        }
    }
}

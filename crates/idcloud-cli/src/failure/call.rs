//! Converts a failed call into a failure of the program: exit code, message and remedy.
//!
//! Must not call a create harmless that IDCloud may have processed.

use std::borrow::Cow;

use idcloud_http::{Delivery as CallDelivery, Error, ErrorKind};
use idcloud_model::{ErrorCode, Language};

use crate::failure::exit::Exit;
use crate::failure::{Delivery, Failure};

/// The failure of a create, when no process is known to exist because of it.
pub(crate) fn of_create(error: &Error) -> Failure {
    let (kind, delivery) = (error.kind(), error.delivery());
    let exit = exit_of_create(kind, delivery, error.code().is_some());
    let message = sentence(error);
    let message = match exit {
        _ if of_token(kind) => format!("no access token: {message}"),
        _ => message,
    };
    Failure {
        help: help_of_create(error, exit)
            .map(Cow::into_owned)
            .map(Into::into),
        reassures: exit == Exit::RefusedHere && delivery == CallDelivery::NotSent,
        ..failure(error, exit, message)
    }
}

/// The failure of a lookup after a create: the process exists, and the caller should ask for it
/// again.
pub(crate) fn of_lookup(error: &Error, process_id: &str) -> Failure {
    let message = format!("the result could not be fetched: {}", sentence(error));
    Failure {
        help: Some(help_of_lookup(error).into()),
        process_id: Some(process_id.into()),
        ..failure(error, Exit::Pending, message)
    }
}

/// The failure of a lookup when only the create's answer named the process, and IDCloud does not
/// know it.
pub(crate) fn of_doubtful(error: &Error, process_id: &str) -> Failure {
    let message = format!(
        "IDCloud may have created and billed a process; the one that its answer named is not known: {}",
        sentence(error)
    );
    Failure {
        help: Some(
            "Do not repeat the request unless a second bill is acceptable; ask Unico whether the process exists.".into(),
        ),
        process_id: Some(process_id.into()),
        delivery: Delivery::Unknown,
        ..failure(error, Exit::Ambiguous, message)
    }
}

/// The failure of a lookup of a process that the caller named.
pub(crate) fn of_process(error: &Error, process_id: &str) -> Failure {
    let exit = match exit_of_read(error.kind(), error.delivery()) {
        // IDCloud was reached, but the result was not fetched.
        Exit::Unreachable
            if error.delivery() != CallDelivery::NotSent && !is_limit(error.kind()) =>
        {
            Exit::Pending
        }
        exit => exit,
    };
    let failed = failure(error, exit, sentence(error));
    Failure {
        message: match exit {
            Exit::Pending => format!("the result could not be fetched: {}", failed.message),
            _ => failed.message.clone(),
        },
        help: Some(match exit {
            Exit::Pending => help_of_lookup(error).into(),
            _ => help_of_read(error).into(),
        }),
        process_id: Some(process_id.into()),
        ..failed
    }
}

/// The failure of a lookup or a token exchange: neither creates anything.
pub(crate) fn of_read(error: &Error) -> Failure {
    let exit = exit_of_read(error.kind(), error.delivery());
    Failure {
        help: Some(help_of_read(error).into()),
        ..failure(error, exit, sentence(error))
    }
}

/// The error as a sentence without its full stop.
pub(crate) fn sentence(error: &Error) -> String {
    // Drops the operation's name: the user knows the command, and the name is the library's word.
    let text = error.to_string();
    let text = text
        .strip_prefix(&format!("{}: ", error.operation()))
        .unwrap_or(&text);
    match error.code() {
        Some(code) => format!("{text}{}", meaning(code)),
        None => text.to_owned(),
    }
}

/// `: ` and the meaning of a code; empty for an unpublished code.
pub(crate) fn meaning(code: &ErrorCode) -> String {
    code.entry().map_or_else(String::new, |entry| {
        let meaning = entry.meaning(Language::English);
        format!(": {}", meaning.trim_end_matches('.'))
    })
}

fn failure(error: &Error, exit: Exit, message: String) -> Failure {
    Failure {
        exit,
        kind: error.kind().as_str(),
        delivery: delivery(error.delivery()),
        code: error.code().map(|code| code.as_str().into()),
        attempts: error.attempts(),
        process_id: error.process_id().map(|id| id.as_str().into()),
        ..Failure::fault(message)
    }
}

const fn delivery(known: CallDelivery) -> Delivery {
    match known {
        CallDelivery::NotSent => Delivery::NotSent,
        CallDelivery::Unknown => Delivery::Unknown,
        CallDelivery::Answered => Delivery::Answered,
    }
}

/// For a create, these kinds are about the token exchange before it: if the create itself failed
/// so, it is ambiguous.
fn of_token(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Interrupted | ErrorKind::Unreadable | ErrorKind::Server
    )
}

/// The remedy, without reference to a record that this program does not keep.
fn help_of_create(error: &Error, exit: Exit) -> Option<Cow<'static, str>> {
    if exit == Exit::Ambiguous && error.process_id().is_some() {
        return Some(
            "The answer names the process; do not create it again. Ask for its result with `idcloud process wait`."
                .into(),
        );
    }
    if let (Exit::Ambiguous, Some(obstacle)) = (exit, error.obstacle()) {
        let doubt = "Do not repeat the request unless a second bill is acceptable; ask Unico whether the process exists.";
        return Some(format!("{} {doubt}", obstacle.help()).into());
    }
    match (exit, error.kind(), error.status()) {
        (Exit::Ambiguous, _, None) => Some(
            "Check the network and the proxy. Do not repeat the request unless a second bill is acceptable; ask Unico \
             whether the process exists."
                .into(),
        ),
        (Exit::Ambiguous, _, Some(200..300)) => Some(
            "Check that the API address is IDCloud's and that no proxy changes its answers. Do not repeat the request \
             unless a second bill is acceptable; ask Unico whether the process exists."
                .into(),
        ),
        (Exit::Ambiguous, _, Some(_)) => Some(
            "Do not repeat the request unless a second bill is acceptable; ask Unico whether the process exists."
                .into(),
        ),
        (_, ErrorKind::Unreadable, _) => Some(
            "Nothing was created. Check that the identity address is IDCloud's and that no proxy answers in its place, \
             and run the command again."
                .into(),
        ),
        (_, ErrorKind::Interrupted | ErrorKind::Server | ErrorKind::DeadlineExceeded, _) => Some(
            error.help().unwrap_or_else(|| {
                "Nothing was created. Check the network and the proxy, and run the command again.".into()
            }),
        ),
        _ => error.help().or_else(|| uncoded(error)),
    }
}

/// The hint for a refusal without a published code, when nothing else says who answered.
fn uncoded(error: &Error) -> Option<Cow<'static, str>> {
    let is_published = error.code().and_then(ErrorCode::entry).is_some();
    (error.kind() == ErrorKind::Refused && !is_published).then(|| {
        "The answer has no code that IDCloud publishes, so something between this program and IDCloud may have given it: \
         look at the firewall, the proxy and the addresses."
            .into()
    })
}

fn help_of_lookup(error: &Error) -> Cow<'static, str> {
    if let Some(obstacle) = error.obstacle() {
        let there = "The process is there; do not create it again.";
        return format!("{there} {}", obstacle.help()).into();
    }
    if let Some(help) = error.help() {
        return help;
    }
    if error.kind() == ErrorKind::Unreadable {
        "The process is there; do not create it again. Check that the API address is IDCloud's and that no proxy changes \
         its answers, and ask for the result by its id."
            .into()
    } else {
        "The process is there; do not create it again. Check the network and the proxy, and ask for the result by its id."
            .into()
    }
}

fn help_of_read(error: &Error) -> Cow<'static, str> {
    error.help().or_else(|| uncoded(error)).unwrap_or_else(|| {
        "Nothing was created. Check the network and the proxy, and run the command again.".into()
    })
}

/// A call that ended at a limit does not show whether IDCloud can be reached.
fn is_limit(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::RateLimited | ErrorKind::QueueFull | ErrorKind::QueueTimeout
    )
}

fn exit_of_read(kind: ErrorKind, delivery: CallDelivery) -> Exit {
    match exit_of_create(kind, delivery, false) {
        // A read can be repeated: nothing is ambiguous.
        Exit::Ambiguous => Exit::Unreachable,
        exit => exit,
    }
}

fn exit_of_create(kind: ErrorKind, delivery: CallDelivery, has_code: bool) -> Exit {
    match (kind, delivery) {
        // A capture token expired while it waited for the rate limit: IDCloud would have refused it
        // with that code.
        (ErrorKind::InvalidRequest, _) if has_code => Exit::RefusedHere,
        (ErrorKind::Ambiguous, _) | (ErrorKind::DeadlineExceeded, CallDelivery::Unknown) => {
            Exit::Ambiguous
        }
        (
            ErrorKind::Refused | ErrorKind::Credentials | ErrorKind::NotFound | ErrorKind::Gone,
            _,
        ) => Exit::Refused,
        (ErrorKind::Signing | ErrorKind::Hook | ErrorKind::InvalidRequest, _) => Exit::Fault,
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
                exit_of_create(kind, delivery, false),
                exit,
                "{kind:?} {delivery:?}"
            );
        }
        let invalid = |has_code| exit_of_create(ErrorKind::InvalidRequest, NotSent, has_code);
        assert_eq!(
            (invalid(true), invalid(false)),
            (Exit::RefusedHere, Exit::Fault)
        );
    }
}

//! The error of a failed call: its kind, whether the request may have run, and what to do.
//!
//! Must not hold or show a URL, a body, a credential or a personal value.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use idcloud_model::{ErrorCode, Language, ProcessId};

use crate::{BoxError, Obstacle, Operation};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// IDCloud refused the request and did not run it: a rule of the request, the API key, or an
    /// answer that permits nothing (3xx, 4xx). The same request would be refused again.
    Refused,
    /// The account, its key, the assertion or the access token was not accepted.
    Credentials,
    /// The assertion could not be signed. Nothing was sent.
    Signing,
    /// IDCloud asked to slow down (429, 425), longer or more often than the call could wait.
    RateLimited,
    /// No connection could be made. Nothing was sent.
    Unreachable,
    /// A create may have run and been billed; the answer that would say so is missing. It was not
    /// repeated.
    Ambiguous,
    /// The connection broke or the answer did not come in time, and the request changes nothing.
    Interrupted,
    /// The call's deadline passed.
    DeadlineExceeded,
    /// The queue for admission is full. Nothing was sent.
    QueueFull,
    /// The call was not admitted in time. Nothing was sent.
    QueueTimeout,
    /// This tenant has no such process.
    NotFound,
    /// The process ran, and its result is no longer kept. Never respond to this with a new create.
    Gone,
    /// An answer to a lookup or a token exchange cannot be read.
    Unreadable,
    /// IDCloud failed to answer a lookup or a token exchange (5xx, 408).
    Server,
    /// The caller's `before_dispatch` hook failed. This attempt was not sent; [`Error::delivery`]
    /// covers those before it.
    Hook,
    /// The request is invalid. Nothing was sent.
    InvalidRequest,
}

impl ErrorKind {
    /// The kind's stable name, in kebab case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Credentials => "credentials",
            Self::Signing => "signing",
            Self::RateLimited => "rate-limited",
            Self::Unreachable => "unreachable",
            Self::Ambiguous => "ambiguous",
            Self::Interrupted => "interrupted",
            Self::DeadlineExceeded => "deadline-exceeded",
            Self::QueueFull => "queue-full",
            Self::QueueTimeout => "queue-timeout",
            Self::NotFound => "not-found",
            Self::Gone => "gone",
            Self::Unreadable => "unreadable",
            Self::Server => "server",
            Self::Hook => "hook",
            Self::InvalidRequest => "invalid-request",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Refused => "IDCloud refused the request",
            Self::Credentials => "IDCloud did not accept the credentials",
            Self::Signing => "the assertion could not be signed",
            Self::RateLimited => "IDCloud asks to slow down",
            Self::Unreachable => "no connection to IDCloud; nothing was sent",
            Self::Ambiguous => {
                "IDCloud may have created and billed a process; it was not sent again"
            }
            Self::Interrupted => "the answer did not arrive",
            Self::DeadlineExceeded => "the call's deadline passed",
            Self::QueueFull => "too many calls wait for their turn; nothing was sent",
            Self::QueueTimeout => "the turn did not come in time; nothing was sent",
            Self::NotFound => "the process is not known",
            Self::Gone => "the process is no longer there",
            Self::Unreadable => "the answer cannot be read",
            Self::Server => "IDCloud failed to answer",
            Self::Hook => "the hook before dispatch failed; this attempt was not sent",
            Self::InvalidRequest => "the request cannot be sent as it is",
        }
    }

    const fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::Ambiguous => AMBIGUOUS,
            Self::Credentials => {
                "Check that account, private key and API key belong to this environment: UAT and production share none."
            }
            Self::RateLimited => {
                "Wait, then try again. If it goes on, lower the client's rate, ask Unico for a larger budget (other programs may use the same tenant), and look at the firewall and the proxy, which may have limits of their own."
            }
            Self::Unreachable => "Check the network, the proxy and the addresses.",
            Self::QueueFull | Self::QueueTimeout => {
                "More is asked for than the tenant's budget lets through; spread the calls out."
            }
            Self::Gone => {
                "The process ran. Read its result from your own records; do not create it again."
            }
            Self::NotFound => {
                "Check the id, and that it was created by this tenant in this environment."
            }
            _ => return None,
        })
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known about the delivery of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// It provably was not sent, or not completely; IDCloud did not run it.
    NotSent,
    /// It may have arrived, and may have run.
    Unknown,
    /// IDCloud answered it.
    Answered,
}

impl Delivery {
    /// The stable name: `not-sent`, `unknown` or `answered`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::Unknown => "unknown",
            Self::Answered => "answered",
        }
    }
}

/// What a repetition of the call would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryAdvice {
    /// It can be repeated without harm, after this long.
    After(Duration),
    /// It would fail in the same way until something is changed.
    Never,
    /// It may create, and bill, a second process. Only the caller can decide that.
    MayRepeatEffect,
}

const AMBIGUOUS: &str = "Do not repeat the create unless a second bill is acceptable; look for the process in your journal or ask Unico.";
const BETWEEN: &str = "something between this program and IDCloud answered";
const FOUND: &str = "The answer names the process: look it up, and do not create it again.";

/// When to try the network again: the call itself has tried for a while already.
const UNREACHABLE: Duration = Duration::from_secs(10);

/// A failed call.
///
/// Act on [`kind`](Self::kind) and [`delivery`](Self::delivery); the rest is information. `Display`
/// is one line; [`source`](std::error::Error::source) leads to the cause.
pub struct Error(Box<Inner>);

#[derive(Default)]
pub(crate) struct Details {
    pub(crate) attempts: u32,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) process_id: Option<ProcessId>,
    pub(crate) simulated: bool,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) clock_skew: Option<i64>,
    pub(crate) detail: Option<&'static str>,
    pub(crate) obstacle: Option<Obstacle>,
    pub(crate) source: Option<BoxError>,
}

struct Inner {
    kind: ErrorKind,
    delivery: Delivery,
    operation: Operation,
    details: Details,
}

impl Error {
    pub(crate) fn new(
        kind: ErrorKind,
        delivery: Delivery,
        operation: Operation,
        details: Details,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            delivery,
            operation,
            details,
        }))
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the request may have run. For a call of several attempts: whether any may have.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// What a repetition of the call would do.
    #[must_use]
    pub fn retry_advice(&self) -> RetryAdvice {
        let after = RetryAdvice::After(self.0.details.retry_after.unwrap_or_default());
        match self.0.kind {
            ErrorKind::Ambiguous => RetryAdvice::MayRepeatEffect,
            ErrorKind::Refused
            | ErrorKind::Signing
            | ErrorKind::Gone
            | ErrorKind::NotFound
            | ErrorKind::InvalidRequest => RetryAdvice::Never,
            ErrorKind::Unreachable => {
                RetryAdvice::After(self.0.details.retry_after.unwrap_or(UNREACHABLE))
            }
            ErrorKind::Credentials if self.0.details.retry_after.is_none() => RetryAdvice::Never,
            _ => after,
        }
    }

    /// The call's operation.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.0.operation
    }

    /// How many requests were sent or tried, token exchanges aside.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.details.attempts
    }

    /// The HTTP status of the last answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.details.status
    }

    /// IDCloud's code in the last answer.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.details.code.as_ref()
    }

    /// The process that an answer named although it was no success, or that the received part of an
    /// answer names.
    ///
    /// For a create it proves that a process exists, and nothing about its result: look it up, and
    /// never create it again.
    #[must_use]
    pub fn process_id(&self) -> Option<&ProcessId> {
        self.0.details.process_id.as_ref()
    }

    /// Whether the last answer carries a simulator's mark. A process that it names is then
    /// simulated too.
    #[must_use]
    pub fn simulated(&self) -> bool {
        self.0.details.simulated
    }

    /// By how many seconds IDCloud's clock is ahead of this machine's, if that is the cause.
    #[must_use]
    pub fn clock_skew_seconds(&self) -> Option<i64> {
        self.0.details.clock_skew
    }

    /// Why the last answer is unusable, or why none came, as a clause: `the answer is cut short`.
    /// Never anything of the answer itself.
    #[must_use]
    pub fn detail(&self) -> Option<&'static str> {
        self.0.details.detail
    }

    /// The device or address between this program and IDCloud that answered in its place, or
    /// prevented the connection.
    #[must_use]
    pub fn obstacle(&self) -> Option<Obstacle> {
        self.0.details.obstacle
    }

    /// What to do about it, in English.
    #[must_use]
    pub fn help(&self) -> Option<Cow<'static, str>> {
        self.help_in(Language::English)
    }

    /// What to do about it, in `language`: the catalogue's remedy for the code, if it has one.
    #[must_use]
    pub fn help_in(&self, language: Language) -> Option<Cow<'static, str>> {
        if let Some(skew) = self.0.details.clock_skew {
            let (seconds, way) = (
                skew.unsigned_abs(),
                if skew > 0 { "behind" } else { "ahead of" },
            );
            return Some(Cow::Owned(format!(
                "This machine's clock is {seconds} s {way} IDCloud's; set it by NTP."
            )));
        }
        if self.0.kind == ErrorKind::Ambiguous {
            return Some(Cow::Borrowed(match self.process_id() {
                Some(_) => FOUND,
                None => AMBIGUOUS,
            }));
        }
        if let Some(obstacle) = self.obstacle() {
            let help = obstacle.help();
            return Some(if self.0.kind == ErrorKind::RateLimited {
                Cow::Owned(format!("Wait, then try again. {help}"))
            } else {
                Cow::Borrowed(help)
            });
        }
        if let Some(entry) = self.code().and_then(ErrorCode::entry) {
            return Some(Cow::Borrowed(entry.remedy(language)));
        }
        self.0.kind.help().map(Cow::Borrowed)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            operation,
            details,
            ..
        } = &*self.0;
        // Whether it may be sent again matters more than which side answered.
        let answered = details.obstacle.is_some() && details.status.is_some();
        let comes_first = matches!(kind, ErrorKind::Ambiguous | ErrorKind::DeadlineExceeded);
        let message = if answered && !comes_first {
            BETWEEN
        } else {
            kind.message()
        };
        write!(f, "{operation}: {message}")?;
        let mut open = " (";
        let mut item = |f: &mut fmt::Formatter<'_>, text: fmt::Arguments<'_>| {
            let before = std::mem::replace(&mut open, ", ");
            write!(f, "{before}{text}")
        };
        match (details.obstacle, details.detail) {
            (Some(obstacle), _) if answered && comes_first => {
                item(f, format_args!("{BETWEEN}: {}", obstacle.message()))?;
            }
            (Some(obstacle), _) => item(f, format_args!("{}", obstacle.message()))?,
            (None, Some(detail)) => item(f, format_args!("{detail}"))?,
            (None, None) => {}
        }
        if let Some(status) = details.status {
            item(f, format_args!("HTTP {status}"))?;
        }
        if let Some(code) = &details.code {
            item(f, format_args!("code {code}"))?;
        }
        if let Some(id) = &details.process_id {
            item(f, format_args!("process {id}"))?;
        }
        if let Some(skew) = details.clock_skew {
            item(f, format_args!("clock off by {skew} s"))?;
        }
        if details.attempts > 1 {
            item(f, format_args!("{} attempts", details.attempts))?;
        }
        if open == ", " {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &self.0.details;
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("delivery", &self.0.delivery)
            .field("operation", &self.0.operation)
            .field("attempts", &details.attempts)
            .field("status", &details.status)
            .field("code", &details.code)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .details
            .source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn display_is_one_line_without_its_source() {
        let error = Error::new(
            ErrorKind::Ambiguous,
            Delivery::Unknown,
            Operation::CreateProcess,
            Details {
                attempts: 2,
                status: Some(502),
                code: ErrorCode::parse("99999"),
                source: Some("secret".into()),
                ..Details::default()
            },
        );
        let text = error.to_string();
        assert!(text.starts_with("create_process: "), "{text}");
        assert!(
            text.ends_with("(HTTP 502, code 99999, 2 attempts)"),
            "{text}"
        );
        assert!(!text.contains('\n') && !text.contains("secret"));
        assert!(!format!("{error:?}").contains("secret"));
    }
}

//! The definition of a check: data without behaviour.
//!
//! Must not hold data of a real person: the people in the requests do not exist.

use std::time::Duration;

use idcloud_model::{Capabilities, Capability};

/// One documented rule, and the requests that show whether a server keeps it.
pub(super) struct Check {
    /// Public interface: scripts refer to it.
    pub(super) id: &'static str,
    /// The page that the rule comes from.
    pub(super) page: &'static str,
    pub(super) rule: &'static str,
    /// The API keys that the steps use: `$KEY` and `$KEY2`.
    pub(super) keys: &'static [KeyNeed],
    pub(super) wants: &'static [Want],
    /// The answer of the last step is judged.
    pub(super) steps: &'static [Step],
    pub(super) expects: Expect,
}

/// The capabilities that an API key must have or lack.
#[derive(Clone, Copy)]
pub(super) struct KeyNeed {
    pub(super) has: &'static [Capability],
    pub(super) lacks: &'static [Capability],
    /// Whether plain pictures are refused; `None` if it does not matter.
    pub(super) captures_only: Option<bool>,
}

impl KeyNeed {
    pub(super) fn fits(self, capabilities: Capabilities, captures_only: bool) -> bool {
        self.has.iter().all(|one| capabilities.contains(*one))
            && !self.lacks.iter().any(|one| capabilities.contains(*one))
            && self.captures_only.is_none_or(|only| only == captures_only)
    }

    /// Describes the key.
    pub(super) fn describe(self) -> String {
        let names = |list: &[Capability]| list.iter().map(|one| one.as_str()).collect::<Vec<_>>();
        let mut parts = vec!["an API key".to_owned()];
        if !self.has.is_empty() {
            parts.push(format!("with {}", names(self.has).join(", ")));
        }
        if !self.lacks.is_empty() {
            parts.push(format!("without {}", names(self.lacks).join(", ")));
        }
        match self.captures_only {
            Some(true) => parts.push("that takes captures only".to_owned()),
            Some(false) => parts.push("that takes plain pictures".to_owned()),
            None => {}
        }
        parts.join(" ")
    }
}

/// A requirement of a check, besides keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// A simulator of this project: only it knows its test subjects and its captures.
    Simulator,
    /// A clock that can be advanced.
    VirtualTime,
    /// A process of another tenant: `$FOREIGN`.
    OtherTenant,
    /// Permission to disturb other users of the tenant.
    Leave,
}

impl Want {
    /// Why a check is skipped without it.
    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::Simulator => {
                "a simulator of this project, whose test subjects and captures are known"
            }
            Self::VirtualTime => "a clock that can be moved on: the simulator inside this program",
            Self::OtherTenant => "a process of another tenant: the simulator inside this program",
            Self::Leave => "--noisy, because it disturbs others who use the tenant",
        }
    }
}

/// One step of a check.
pub(super) enum Step {
    /// A request to the token endpoint.
    Exchange(Exchange),
    /// A request to the identity server, without credentials.
    Discover(&'static str),
    /// A request to the API.
    Call(Call),
    /// Looks up the latest process until its status is neither 1 nor 2.
    Settle,
    /// Waits.
    Pass(Duration),
    /// Fetches a new access token.
    Renew,
    /// Repeats the call until it is answered with 429, or this often.
    Burst(Call, usize),
    /// Repeats the exchange this often.
    Repeat(Exchange, usize),
}

/// A request to the token endpoint. Words with `$` in its texts are replaced; see
/// [`Words`](crate::commands::simulator::conformance::variables::Words).
#[derive(Clone, Copy)]
pub(super) struct Exchange {
    pub(super) content_type: &'static str,
    /// `$ASSERTION` is replaced by `header` and `claims`, signed.
    pub(super) form: &'static str,
    pub(super) header: &'static str,
    pub(super) claims: &'static str,
    /// Whether the signature is the account key's; otherwise it is invalid.
    pub(super) genuine: bool,
}

/// A request to the API, with words to be replaced.
#[derive(Clone, Copy)]
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) authorization: Option<&'static str>,
    pub(super) api_key: Option<&'static str>,
    pub(super) content_type: Option<&'static str>,
    pub(super) body: &'static str,
}

impl Call {
    /// A lookup with valid credentials.
    pub(super) const fn get(path: &'static str) -> Self {
        Self {
            method: "GET",
            path,
            authorization: Some("Bearer $TOKEN"),
            api_key: Some("$KEY"),
            content_type: None,
            body: "",
        }
    }

    /// A create with valid credentials.
    pub(super) const fn create(body: &'static str) -> Self {
        Self {
            method: "POST",
            path: "/processes/v1",
            content_type: Some("application/json"),
            body,
            ..Self::get("")
        }
    }

    pub(super) const fn authorized_by(mut self, authorization: Option<&'static str>) -> Self {
        self.authorization = authorization;
        self
    }

    pub(super) const fn with_key(mut self, api_key: Option<&'static str>) -> Self {
        self.api_key = api_key;
        self
    }

    pub(super) const fn announced_as(mut self, content_type: &'static str) -> Self {
        self.content_type = Some(content_type);
        self
    }
}

/// The expected answer. If generations of the documents differ, each of their answers is accepted.
pub(super) enum Expect {
    /// One of these HTTP statuses.
    Status(&'static [u16]),
    /// One of these HTTP statuses, and one of these codes in the API's envelope.
    Refused(&'static [u16], &'static [&'static str]),
    /// HTTP 200; or one of these HTTP statuses, and one of these codes in the API's envelope.
    TakenOrRefused(&'static [u16], &'static [&'static str]),
    /// HTTP 401, and one of these codes inside `error_description`.
    Denied(&'static [&'static str]),
    /// This HTTP status, and a JSON object with such members.
    Members(u16, &'static [(&'static str, Is)]),
}

/// The expected value of a member. Dots separate the parts of a path, `|` separates alternative
/// paths, and `@` begins a header's name.
#[derive(Clone, Copy)]
pub(super) enum Is {
    Absent,
    Present,
    /// A text of three parts separated by dots.
    Jwt,
    Uuid,
    /// This text, with its words replaced.
    Text(&'static str),
    /// This word, in any case.
    Word(&'static str),
    Number(i64),
    /// One of these numbers.
    OneOf(&'static [i64]),
    /// A whole number in this range.
    Within(i64, i64),
    /// Absent, or this number.
    AbsentOr(i64),
    /// A boolean, or its name as text.
    Flag(bool),
    /// A list that contains this text.
    Listing(&'static str),
    /// A list without an object that has members.
    Nothing,
}

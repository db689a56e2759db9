//! What a check is made of: data, and nothing that runs.
//!
//! Must not hold anything of a real person: whoever is named in a request does not exist.

use std::time::Duration;

use idcloud_model::{Capabilities, Capability};

/// One documented rule, and how to see whether a server keeps it.
pub(super) struct Check {
    /// Public interface: scripts name it.
    pub(super) id: &'static str,
    /// The page that the rule comes from.
    pub(super) page: &'static str,
    pub(super) rule: &'static str,
    /// The API keys that the steps present: `$KEY` and `$KEY2`.
    pub(super) keys: &'static [KeyNeed],
    pub(super) wants: &'static [Want],
    /// The answer of the last one is judged.
    pub(super) steps: &'static [Step],
    pub(super) expects: Expect,
}

/// What an API key has to be provisioned with.
#[derive(Clone, Copy)]
pub(super) struct KeyNeed {
    pub(super) has: &'static [Capability],
    pub(super) lacks: &'static [Capability],
    /// Whether plain pictures are refused; `None` where it does not matter.
    pub(super) captures_only: Option<bool>,
}

impl KeyNeed {
    pub(super) fn fits(self, capabilities: Capabilities, captures_only: bool) -> bool {
        self.has.iter().all(|one| capabilities.contains(*one))
            && !self.lacks.iter().any(|one| capabilities.contains(*one))
            && self.captures_only.is_none_or(|only| only == captures_only)
    }

    /// The key in words.
    pub(super) fn told(self) -> String {
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

/// What a check cannot do without, besides keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// A simulator of this project: its test subjects and its captures are known to nobody else.
    Simulator,
    /// A clock that can be moved on.
    VirtualTime,
    /// A process of another tenant: `$FOREIGN`.
    OtherTenant,
    /// Leave to disturb whoever else uses the tenant.
    Leave,
}

impl Want {
    /// Why a check is skipped without it.
    pub(super) const fn told(self) -> &'static str {
        match self {
            Self::Simulator => {
                "a simulator of this project, whose test subjects and captures are known"
            }
            Self::VirtualTime => "a clock that can be moved on: the simulator inside this program",
            Self::OtherTenant => "a process of another tenant: the simulator inside this program",
            Self::Leave => "--noisy, because it disturbs whoever else uses the tenant",
        }
    }
}

/// One thing that is done.
pub(super) enum Step {
    /// A request to the token endpoint.
    Exchange(Exchange),
    /// A request to the identity server, without credentials.
    Discover(&'static str),
    /// A request to the API.
    Call(Call),
    /// The latest process is looked up until its status is neither 1 nor 2.
    Settle,
    /// Time passes.
    Pass(Duration),
    /// A new access token is fetched.
    Renew,
    /// The call is repeated until it is answered with 429, or this often.
    Burst(Call, usize),
    /// The exchange is repeated this often.
    Repeat(Exchange, usize),
}

/// A request to the token endpoint. In all texts, words with `$` are filled in; see [`Words`](crate::commands::simulator::conformance::variables::Words).
#[derive(Clone, Copy)]
pub(super) struct Exchange {
    pub(super) content_type: &'static str,
    /// `$ASSERTION` is `header` and `claims`, signed.
    pub(super) form: &'static str,
    pub(super) header: &'static str,
    pub(super) claims: &'static str,
    /// Whether the account's key signs; else the signature is spoilt.
    pub(super) genuine: bool,
}

/// A request to the API, with words to be filled in.
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
    /// A lookup with good credentials.
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

    /// A create with good credentials.
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

/// What must come back. Where generations of the documents differ, each of their answers is as good as any other.
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

/// What a member is. Paths go by dots, several are divided by `|`, `@` begins a header's name.
#[derive(Clone, Copy)]
pub(super) enum Is {
    Absent,
    Present,
    /// A text in three parts divided by dots.
    Jwt,
    Uuid,
    /// This text, filled in.
    Text(&'static str),
    /// This word, in any case.
    Word(&'static str),
    Number(i64),
    /// One of these numbers.
    OneOf(&'static [i64]),
    /// A whole number from here to there.
    Within(i64, i64),
    /// Absent, or this number.
    AbsentOr(i64),
    /// A boolean, or its name as a text.
    Flag(bool),
    /// A list, with this text in it.
    Listing(&'static str),
    /// A list in which no object has a member.
    Nothing,
}

//! Compares an answer with the expected one.
//!
//! Must not repeat a text of an answer that could be more than a plain word.

use bytes::Bytes;
use idcloud_model::ProcessId;
use serde_json::Value;

use super::check::{Expect, Is};
use crate::commands::simulator::conformance::variables::Words;

const LONGEST_WORD: usize = 40;

/// A received answer.
pub(super) struct Answer {
    response: http::Response<Bytes>,
    json: Value,
}

impl Answer {
    pub(super) fn new(response: http::Response<Bytes>) -> Self {
        let json = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        Self { response, json }
    }

    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The member at the first of several paths that exists.
    pub(super) fn member(&self, paths: &str) -> Option<&Value> {
        paths.split('|').find_map(|path| {
            path.split('.')
                .try_fold(&self.json, |value, name| match name.parse::<usize>() {
                    Ok(position) => value.get(position),
                    Err(_) => value.get(name),
                })
                .filter(|value| !value.is_null())
        })
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.member(path)?.as_str()
    }

    /// The code in the API's envelope, which is a text or a number.
    fn code(&self) -> Option<String> {
        match self.member("error.code|Error.code")? {
            Value::String(code) => Some(word(code)),
            Value::Number(code) => Some(code.to_string()),
            _ => None,
        }
    }

    /// The code within the identity server's error description.
    fn oauth_code(&self) -> Option<&str> {
        let digits = |part: &&str| part.split('.').count() == 3 && part.len() <= 10;
        self.text("error_description")?
            .split(|c: char| !(c.is_ascii_digit() || c == '.'))
            .find(digits)
    }

    /// Whether the answer is as expected, and a description of it.
    pub(super) fn judge(&self, expects: &Expect, words: &Words) -> (bool, String) {
        let status = self.status();
        match expects {
            Expect::Status(statuses) => (statuses.contains(&status), format!("HTTP {status}")),
            Expect::TakenOrRefused(..) if status == 200 => (true, format!("HTTP {status}")),
            Expect::Refused(statuses, codes) | Expect::TakenOrRefused(statuses, codes) => {
                let code = self.code();
                let right = statuses.contains(&status)
                    && code.as_deref().is_some_and(|code| codes.contains(&code));
                (right, refusal(status, code.as_deref()))
            }
            Expect::Denied(codes) => {
                let code = self.oauth_code();
                let right = status == 401 && code.is_some_and(|code| codes.contains(&code));
                (right, refusal(status, code))
            }
            Expect::Members(expected, members) => {
                if status != *expected {
                    let code = self.code();
                    let code = code.as_deref().or_else(|| self.oauth_code());
                    return (false, refusal(status, code));
                }
                let wrong: Vec<_> = members
                    .iter()
                    .filter(|(path, is)| !self.is(path, *is, words))
                    .map(|(path, _)| format!("{path} {}", self.describe(path)))
                    .collect();
                let found = if wrong.is_empty() {
                    format!("HTTP {status}, as expected")
                } else {
                    format!("HTTP {status}, {}", wrong.join(", "))
                };
                (wrong.is_empty(), found)
            }
        }
    }

    fn is(&self, path: &str, is: Is, words: &Words) -> bool {
        if let Some(name) = path.strip_prefix('@') {
            return match (self.header(name), is) {
                (Some(text), Is::Within(from, to)) => text
                    .parse()
                    .is_ok_and(|number: i64| (from..=to).contains(&number)),
                (Some(text), Is::Word(word)) => text
                    .split(';')
                    .next()
                    .is_some_and(|text| text.trim().eq_ignore_ascii_case(word)),
                (text, Is::Present) => text.is_some(),
                _ => false,
            };
        }
        let Some(value) = self.member(path) else {
            return matches!(is, Is::Absent | Is::AbsentOr(_));
        };
        let text = value.as_str();
        let number = value.as_i64();
        match is {
            Is::Absent => false,
            Is::Present => true,
            Is::Jwt => text.is_some_and(|text| text.split('.').count() == 3),
            Is::Uuid => text.is_some_and(|text| text.parse::<ProcessId>().is_ok()),
            Is::Text(expected) => text == Some(&**words.fill(expected)),
            Is::Word(word) => text.is_some_and(|text| text.eq_ignore_ascii_case(word)),
            Is::Number(expected) | Is::AbsentOr(expected) => number == Some(expected),
            Is::OneOf(numbers) => number.is_some_and(|number| numbers.contains(&number)),
            Is::Within(from, to) => number.is_some_and(|number| (from..=to).contains(&number)),
            Is::Flag(flag) => {
                value.as_bool() == Some(flag) || text == Some(if flag { "true" } else { "false" })
            }
            Is::Listing(item) => value.as_array().is_some_and(|list| {
                let item = words.fill(item);
                list.iter().any(|one| one.as_str() == Some(&**item))
            }),
            Is::Nothing => value.as_array().is_some_and(|list| {
                list.iter()
                    .all(|one| one.as_object().is_some_and(serde_json::Map::is_empty))
            }),
        }
    }

    /// Describes a member.
    fn describe(&self, path: &str) -> String {
        if let Some(name) = path.strip_prefix('@') {
            return match self.header(name) {
                Some(text) => format!("is {}", word(text)),
                None => "is absent".to_owned(),
            };
        }
        match self.member(path) {
            None => "is absent".to_owned(),
            Some(Value::String(text)) => format!("is {}", word(text)),
            Some(Value::Number(number)) => format!("is {number}"),
            Some(Value::Bool(flag)) => format!("is {flag}"),
            Some(Value::Array(list)) => format!("is a list of {}", list.len()),
            Some(_) => "is an object".to_owned(),
        }
    }
}

impl Expect {
    /// Describes the expected answer.
    pub(super) fn describe(&self) -> String {
        let either = |statuses: &[u16]| {
            let statuses: Vec<_> = statuses.iter().map(u16::to_string).collect();
            statuses.join(" or ")
        };
        match self {
            Self::Status(statuses) => format!("HTTP {}", either(statuses)),
            Self::Refused(statuses, codes) => {
                format!("HTTP {} with code {}", either(statuses), codes.join(" or "))
            }
            Self::TakenOrRefused(statuses, codes) => format!(
                "HTTP 200, or {} with code {}",
                either(statuses),
                codes.join(" or ")
            ),
            Self::Denied(codes) => format!("HTTP 401 with code {}", codes.join(" or ")),
            Self::Members(status, members) => {
                let members: Vec<_> = members
                    .iter()
                    .map(|(path, is)| format!("{path} {}", is.describe()))
                    .collect();
                format!("HTTP {status}, {}", members.join(", "))
            }
        }
    }
}

impl Is {
    fn describe(self) -> String {
        match self {
            Self::Absent => "is absent".to_owned(),
            Self::Present => "is there".to_owned(),
            Self::Jwt => "is a JWT".to_owned(),
            Self::Uuid => "is a UUID".to_owned(),
            Self::Text(text) => format!("is {}", text.trim_start_matches('$')),
            Self::Word(word) => format!("is {word}"),
            Self::Number(number) => format!("is {number}"),
            Self::OneOf(numbers) => {
                let numbers: Vec<_> = numbers.iter().map(i64::to_string).collect();
                format!("is {}", numbers.join(" or "))
            }
            Self::Within(from, to) => format!("is from {from} to {to}"),
            Self::AbsentOr(number) => format!("is absent or {number}"),
            Self::Flag(flag) => format!("is {flag}"),
            Self::Listing(item) => format!("lists {}", item.trim_start_matches('$')),
            Self::Nothing => "lists nothing".to_owned(),
        }
    }
}

fn refusal(status: u16, code: Option<&str>) -> String {
    match code {
        Some(code) => format!("HTTP {status} with code {code}"),
        None => format!("HTTP {status} without a code"),
    }
}

/// The text, if it is a plain word; otherwise only that it is a text.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphabetic() || "-_/;=.".contains(c);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let known = text.chars().all(|c| plain(c) || c.is_ascii_digit()) && digits <= 6;
    if known && !text.is_empty() && text.len() <= LONGEST_WORD {
        text.to_owned()
    } else {
        "another text".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let response = http::Response::builder().status(status);
        Answer::new(response.body(Bytes::from(body.to_owned())).unwrap())
    }

    /// Both envelopes, both types of code and both forms of a flag are accepted.
    #[test]
    fn generations_are_as_good_as_each_other() {
        let words = Words::default();
        for body in [
            r#"{"error":{"code":"20004"}}"#,
            r#"{"Error":{"code":"20004"}}"#,
            r#"{"error":{"code":20004}}"#,
        ] {
            let expects = Expect::Refused(&[400], &["20004"]);
            assert!(answer(400, body).judge(&expects, &words).0, "{body}");
            assert!(!answer(403, body).judge(&expects, &words).0, "{body}");
        }
        for body in [
            r#"{"biometryToken":{"result":"true"}}"#,
            r#"{"authenticated":true}"#,
        ] {
            const SAME: &[(&str, Is)] = &[("biometryToken.result|authenticated", Is::Flag(true))];
            let judged = answer(200, body).judge(&Expect::Members(200, SAME), &words);
            assert!(judged.0, "{body}");
        }
        for text in [
            "Falha na autenticação 1.2.7",
            "Authentication failed (1.2.7)",
        ] {
            let body = serde_json::json!({ "error_description": text }).to_string();
            let judged = answer(401, &body).judge(&Expect::Denied(&["1.2.7"]), &words);
            assert!(judged.0, "{text}");
        }
    }

    /// Where generations differ in whether they take a request, another refusal is still wrong.
    #[test]
    fn a_create_that_some_generations_refuse() {
        let words = Words::default();
        let expects = Expect::TakenOrRefused(&[400], &["20003"]);
        for (status, body, right) in [
            (200, r#"{"id":"1"}"#, true),
            (400, r#"{"error":{"code":"20003"}}"#, true),
            (400, r#"{"error":{"code":"20004"}}"#, false),
            (400, "{}", false),
            (403, r#"{"error":{"code":"20003"}}"#, false),
            (500, "", false),
        ] {
            let judged = answer(status, body).judge(&expects, &words);
            assert_eq!(judged.0, right, "{status} {body}");
        }
    }

    /// A description of an answer has no text that could be personal.
    #[test]
    fn found_texts_are_not_repeated() {
        let body = r#"{"code":"52998224725","unicoId":"yes"}"#;
        for (path, told) in [
            ("code", "is another text"),
            ("unicoId", "is yes"),
            ("none", "is absent"),
        ] {
            assert_eq!(answer(200, body).describe(path), told);
        }
    }
}

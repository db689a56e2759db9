//! An answer that refuses: its code, wherever the generation put it.
//!
//! Must never lose a code, and never print the body around it.

use std::fmt;

use serde_json::Value;

use crate::ErrorCode;

/// Most bytes of a body that are kept.
const MAX_KEPT: usize = 4096;

/// What an answer with an error status says.
///
/// Codes stand at `error.code`, `Error.code` or `code`, as text or integer, or inside `error_description` behind the identity server's words.
/// The first 4 KiB of the body are kept for whoever asks for them; they may name fields of the request, and never print themselves.
#[derive(Clone, PartialEq)]
pub struct ErrorAnswer {
    code: Option<ErrorCode>,
    body: Box<[u8]>,
}

impl ErrorAnswer {
    /// Reads a body of any form.
    #[must_use]
    pub fn from_body(body: &[u8]) -> Self {
        let code = serde_json::from_slice(body)
            .ok()
            .as_ref()
            .and_then(find_code);
        Self {
            code,
            body: body.get(..MAX_KEPT).unwrap_or(body).into(),
        }
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Option<&ErrorCode> {
        self.code.as_ref()
    }

    /// The first 4 KiB of the body. It may hold personal data: do not log it.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorAnswer")
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

fn find_code(body: &Value) -> Option<ErrorCode> {
    let envelope = member(body, "error")
        .filter(|value| value.is_object())
        .unwrap_or(body);
    member(envelope, "code")
        .and_then(code_of)
        .or_else(|| code_in_words(member(body, "error_description")?.as_str()?))
}

fn code_of(value: &Value) -> Option<ErrorCode> {
    match value {
        Value::String(text) => ErrorCode::parse(text),
        Value::Number(number) => ErrorCode::parse(&number.as_i64()?.to_string()),
        _ => None,
    }
}

/// The dotted number in a sentence such as `Authentication failed (1.2.7)`.
fn code_in_words(sentence: &str) -> Option<ErrorCode> {
    sentence
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|word| word.trim_matches('.'))
        .filter(|word| word.contains('.'))
        .find_map(ErrorCode::parse)
}

/// A member by its name, whatever the case.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value
        .as_object()?
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A code is found in every documented envelope.
    #[test]
    fn envelopes() {
        for (body, code) in [
            (
                r#"{"error":{"code":"20507","description":"x"}}"#,
                Some("20507"),
            ),
            (
                r#"{"Error":{"code":"40004","description":"x"}}"#,
                Some("40004"),
            ),
            (r#"{"error":{"code":20507}}"#, Some("20507")),
            (r#"{"Error":{"Code":20507}}"#, Some("20507")),
            (r#"{"code":"10201","message":"x"}"#, Some("10201")),
            (r#"{"code":10201}"#, Some("10201")),
            (
                r#"{"error":"server_error","error_description":"Falha na autenticação 1.2.7"}"#,
                Some("1.2.7"),
            ),
            (
                r#"{"error":"server_error","error_description":"Authentication failed (1.2.21)."}"#,
                Some("1.2.21"),
            ),
            (
                r#"{"error":"server_error","error_description":"no code"}"#,
                None,
            ),
            (
                r#"{"error":"server_error","error_description":"CPF 111.444.777-35: Falha 1.2.7"}"#,
                Some("1.2.7"),
            ),
            (r#"{"code":"11144477735"}"#, None),
            (r#"{"code":11144477735}"#, None),
            (r#"{"error":{"description":"x"}}"#, None),
            (r#"{"error":null}"#, None),
            ("[1,2]", None),
            ("<html>502</html>", None),
            ("", None),
        ] {
            let answer = ErrorAnswer::from_body(body.as_bytes());
            assert_eq!(answer.code().map(ErrorCode::as_str), code, "{body}");
        }
    }

    #[test]
    fn the_body_is_kept_short_and_unprinted() {
        let answer = ErrorAnswer::from_body(&b"marker".repeat(10_000));
        assert_eq!(answer.body().len(), MAX_KEPT);
        assert!(!format!("{answer:?}").contains("marker"));
    }
}

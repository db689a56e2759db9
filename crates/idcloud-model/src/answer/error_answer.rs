//! An answer with an error: its code, in every generation's place.
//!
//! Must not lose a code, nor print the body around it.

use std::fmt;

use serde_json::Value;

use crate::ErrorCode;
use crate::answer::wire;

/// The most bytes of a body that are kept.
const MAX_KEPT: usize = 4096;

/// The words of OAuth's errors (RFC 6749, sections 4.1.2.1 and 5.2).
const OAUTH_ERRORS: [&str; 9] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "access_denied",
    "server_error",
    "temporarily_unavailable",
];

/// An answer with an error status.
///
/// A code is found at `error.code`, `Error.code` or `code`, as text or integer, or inside
/// `error_description` after the identity server's text. The first 4 KiB of the body are kept for
/// callers that ask for them; they may quote fields of the request, and are never printed by
/// default.
#[derive(Clone, PartialEq)]
pub struct ErrorAnswer {
    code: Option<ErrorCode>,
    is_oauth_error: bool,
    body: Box<[u8]>,
}

impl ErrorAnswer {
    /// Reads a body of any form.
    #[must_use]
    pub fn from_body(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.strip_prefix(wire::BYTE_ORDER_MARK).unwrap_or(&text);
        let (code, is_oauth_error) = match serde_json::from_str(text) {
            Ok(json) => (find_code(&json), is_oauth_error(&json)),
            Err(_) => (code_in_fragments(text), false),
        };
        Self {
            code,
            is_oauth_error,
            body: body.get(..MAX_KEPT).unwrap_or(body).into(),
        }
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Option<&ErrorCode> {
        self.code.as_ref()
    }

    /// Whether it is an error in the form of OAuth servers (RFC 6749, section 5.2): `error` is a
    /// word of the standard, or another lowercase word beside an `error_description`.
    #[must_use]
    pub const fn is_oauth_error(&self) -> bool {
        self.is_oauth_error
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

/// Searches every documented place, in every spelling, until a code is found.
fn find_code(body: &Value) -> Option<ErrorCode> {
    let root = body.as_object()?;
    let envelopes = wire::members(root, "error").chain(
        wire::members(root, "errors").flat_map(|errors| errors.as_array().into_iter().flatten()),
    );
    let mut objects = envelopes.clone().filter_map(Value::as_object).chain([root]);
    objects
        .find_map(|object| wire::members(object, "code").find_map(code_of))
        .or_else(|| envelopes.clone().find_map(code_of))
        .or_else(|| {
            let mut sentences = wire::members(root, "error_description").filter_map(Value::as_str);
            sentences.find_map(code_in_words)
        })
}

fn code_of(value: &Value) -> Option<ErrorCode> {
    match value {
        Value::String(text) => ErrorCode::parse(text),
        Value::Number(number) => ErrorCode::parse(&number.as_i64()?.to_string()),
        _ => None,
    }
}

fn is_oauth_error(body: &Value) -> bool {
    let Some(word) = body.get("error").and_then(Value::as_str) else {
        return false;
    };
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let is_described = body.get("error_description").is_some_and(Value::is_string);
    OAUTH_ERRORS.contains(&word) || (is_described && is_word(word))
}

/// The code in a sentence such as `Authentication failed (1.2.7)`; one of the catalogue is
/// preferred to another of the same form.
fn code_in_words(sentence: &str) -> Option<ErrorCode> {
    let codes = sentence
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|word| word.trim_matches('.'))
        .filter(|word| word.split('.').count() == 3)
        .filter_map(ErrorCode::parse);
    let mut known = codes.clone().filter(|code| code.entry().is_some());
    known.next().or_else(|| codes.clone().next())
}

/// The code of a body that is not valid JSON as a whole: cut short, or in another encoding.
fn code_in_fragments(text: &str) -> Option<ErrorCode> {
    let mut after_names = text.split("\"code\"").chain(text.split("\"Code\"")).skip(1);
    after_names.find_map(|rest| {
        let value = rest.trim_start().strip_prefix(':')?.trim_start();
        let digits = value.strip_prefix('"').unwrap_or(value);
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        ErrorCode::parse(digits.get(..end)?)
    })
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
            (
                r#"{"error":{"description":"x"},"code":"20507"}"#,
                Some("20507"),
            ),
            (r#"{"Error":{},"error":{"code":"20507"}}"#, Some("20507")),
            (r#"{"Error":null,"error":{"code":"20507"}}"#, Some("20507")),
            (r#"{"error":{"Code":null,"code":"20507"}}"#, Some("20507")),
            (r#"{"error":"20507"}"#, Some("20507")),
            (r#"{"errors":[{"code":20507}]}"#, Some("20507")),
            ("\u{feff}{\"code\":\"20507\"}", Some("20507")),
            (
                r#"{"error":{"code":"20507","description":"tr"#,
                Some("20507"),
            ),
            (
                r#"{"error":{"code": 20507 ,"description":"tr"#,
                Some("20507"),
            ),
            (r#"{"error":{"code":"2050"#, None),
            (
                r#"{"error_description":"IP 10.0.0.1 bloqueado 1.3.1"}"#,
                Some("1.3.1"),
            ),
            (
                r#"{"error_description":"v2.0: Falha 1.2.7"}"#,
                Some("1.2.7"),
            ),
            (
                r#"{"error_description":"release 9.9.9: falha 1.2.7"}"#,
                Some("1.2.7"),
            ),
            // Answers of gateways.
            (r#"{"code":403,"message":"Forbidden"}"#, None),
            (r#"{"code":"403"}"#, None),
            (r#"{"errors":[{"code":1020}]}"#, None),
            (r#"{"error":{"code":7,"status":"PERMISSION_DENIED"}}"#, None),
            (r#"{"code":"0","message":"blocked"}"#, None),
            (r#"{"code":"ACCESS_DENIED"}"#, None),
            (r#"{"error":"403"}"#, None),
            (r#"{"code":"403","message":"cut sho"#, None),
            ("[1,2]", None),
            ("<html>502</html>", None),
            ("", None),
        ] {
            let answer = ErrorAnswer::from_body(body.as_bytes());
            assert_eq!(answer.code().map(ErrorCode::as_str), code, "{body}");
        }
    }

    /// OAuth servers' errors are distinguished from what gateways put under the same name.
    #[test]
    fn oauth_errors() {
        let standard = OAUTH_ERRORS.map(|word| format!(r#"{{"error":"{word}"}}"#));
        let standard = standard.iter().map(|body| (body.as_str(), true));
        let others = [
            (
                r#"{"error":"account_locked","error_description":"x"}"#,
                true,
            ),
            (
                "\u{feff}{\"error\":\"server_error\",\"error_description\":\"x\"}",
                true,
            ),
            (r#"{"error":"account_locked"}"#, false),
            (r#"{"error":"Forbidden"}"#, false),
            (r#"{"error":"Forbidden","error_description":"x"}"#, false),
            (r#"{"error":"","error_description":"x"}"#, false),
            (r#"{"error":403,"error_description":"x"}"#, false),
            (r#"{"error":{"code":"20507"}}"#, false),
            (r#"{"message":"invalid_grant"}"#, false),
            ("invalid_grant", false),
            ("", false),
        ];
        for (body, is_oauth) in standard.chain(others) {
            let answer = ErrorAnswer::from_body(body.as_bytes());
            assert_eq!(answer.is_oauth_error(), is_oauth, "{body}");
        }
    }

    /// A message in another encoding does not hide the code beside it.
    #[test]
    fn latin_1() {
        let answer = ErrorAnswer::from_body(
            b"{\"error\":{\"code\":\"20507\",\"description\":\"inv\xe1lido\"}}",
        );
        assert_eq!(answer.code().map(ErrorCode::as_str), Some("20507"));
    }

    #[test]
    fn the_body_is_kept_short_and_unprinted() {
        let answer = ErrorAnswer::from_body(&b"marker".repeat(10_000));
        assert_eq!(answer.body().len(), MAX_KEPT);
        assert!(!format!("{answer:?}").contains("marker"));
    }
}

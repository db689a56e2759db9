//! Errors inside an answer about a process.
//!
//! Must not miss an error beside evidence, and must take no other unknown member for one.

use serde_json::Value;

use super::names::is_same;
use crate::ErrorCode;

/// The members that hold evidence as an object, which may contain an error too.
pub(crate) const EVIDENCE_OBJECTS: [&str; 7] = [
    "unicoId",
    "identityFraudsters",
    "government",
    "biometryToken",
    "idCloud",
    "riskLevel",
    "document",
];

/// Whether an unknown member, a nested one as `outer.inner`, reports an error.
///
/// `error` and `errors` do, at the top level and within an evidence object, unless their value is
/// empty; so does a top-level `code` in the form of a documented code. `message` alone does not.
pub(crate) fn is_error(name: &str, value: &Value) -> bool {
    match name.split_once('.') {
        Some((outer, inner)) => {
            EVIDENCE_OBJECTS.iter().any(|known| is_same(known, outer))
                && is_error_name(inner)
                && says_something(value)
        }
        None => (is_error_name(name) && says_something(value)) || is_code(name, value),
    }
}

/// Whether a top-level member belongs to errors, even if its value is empty.
pub(crate) fn is_error_member(name: &str, value: &Value) -> bool {
    is_error_name(name) || is_code(name, value)
}

pub(crate) fn is_error_name(name: &str) -> bool {
    is_same("error", name) || is_same("errors", name)
}

fn is_code(name: &str, value: &Value) -> bool {
    is_same("code", name)
        && match value {
            Value::String(text) => ErrorCode::parse(text).is_some(),
            Value::Number(number) => number
                .as_u64()
                .is_some_and(|number| ErrorCode::parse(&number.to_string()).is_some()),
            _ => false,
        }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What counts as an error, and what does not.
    #[test]
    fn errors_and_what_is_none() {
        for (name, value, error) in [
            ("error", json!({"code": "10201"}), true),
            ("Error", json!("server_error"), true),
            ("errors", json!([{"code": 20507}]), true),
            ("unicoId.error", json!(true), true),
            ("Document.Errors", json!("x"), true),
            ("code", json!("10201"), true),
            ("Code", json!(20507), true),
            ("code", json!("1.2.7"), true),
            ("code", json!("510"), true),
            ("code", json!("200"), false),
            ("code", json!(200), false),
            ("code", json!("E10201"), false),
            ("code", json!("1.2"), false),
            ("code", json!(-20507), false),
            ("unicoId.code", json!("10201"), false),
            ("processAdditionalInfo.error", json!("x"), false),
            ("other.error", json!("x"), false),
            ("message", json!("failed"), false),
            ("error", json!(null), false),
            ("error", json!(false), false),
            ("error", json!(0), false),
            ("error", json!(""), false),
            ("error", json!({}), false),
            ("errors", json!([]), false),
        ] {
            assert_eq!(is_error(name, &value), error, "{name} {value}");
        }
    }
}

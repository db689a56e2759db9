//! The capture SDK's result, in the forms in which programs pass it on: the token, or the object
//! that holds it.
//!
//! Must not take the object's preview for the capture: only the token's liveness is checked.

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::catalogue::violation::{Rule, Violations};
use crate::person::personal::Text;
use crate::selfie::base64_input::between_quotes;
use crate::selfie::capture_token::has_form;

const PATH: &str = "imageBase64";

/// The SDK's result: `encrypted` for the API, `base64` for a preview on the screen. Other members
/// are for the program that captured.
#[derive(Deserialize)]
struct CaptureResult {
    #[serde(default)]
    encrypted: Option<Text>,
}

/// The capture token in `text`; `None` if it is something else, such as base64 of a picture.
///
/// # Errors
/// It is the SDK's result, and has no token.
pub(crate) fn token(text: &str) -> Result<Option<Zeroizing<String>>, Violations> {
    let text = text.trim();
    if text.starts_with('{') {
        return from_object(text);
    }
    Ok(from_text(between_quotes(text).unwrap_or(text)))
}

/// Other objects are left to the picture reader, which refuses them.
fn from_object(text: &str) -> Result<Option<Zeroizing<String>>, Violations> {
    let without_token = || Err(Violations::one(PATH, Rule::CaptureResult));
    let Ok(result) = serde_json::from_str::<CaptureResult>(text) else {
        // If `encrypted` is no text, or the text is no JSON, there is no token, but it may still be
        // the SDK's result.
        return if text.contains("\"encrypted\"") {
            without_token()
        } else {
            Ok(None)
        };
    };
    match result.encrypted {
        Some(Text(encrypted)) => {
            from_text(encrypted.trim()).map_or_else(without_token, |token| Ok(Some(token)))
        }
        None if text.contains("\"base64\"") => without_token(),
        None => Ok(None),
    }
}

/// The text without the line breaks that mail programs and `base64 -w` insert, if it has a token's
/// form.
fn from_text(text: &str) -> Option<Zeroizing<String>> {
    if !text.contains('.') {
        return None;
    }
    // Allocated at once, so that no unwiped piece is left behind.
    let mut token = Zeroizing::new(String::with_capacity(text.len()));
    token.extend(text.chars().filter(|c| !matches!(c, '\r' | '\n')));
    has_form(&token).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every form in which the token is passed on gives the same token, and the preview is never
    /// taken instead.
    #[test]
    fn forms() {
        for (text, expected) in [
            ("a.b.c", Ok(Some("a.b.c"))),
            (" a..c.d.e\n", Ok(Some("a..c.d.e"))),
            ("\"a.b.c\"", Ok(Some("a.b.c"))),
            ("'a.b.c'\r\n", Ok(Some("a.b.c"))),
            ("aaaa\r\naa.bb\r\nb.cc", Ok(Some("aaaaaa.bbb.cc"))),
            (
                r#"{"base64":"data:image/jpeg;base64,AAAA","encrypted":"a.b.c"}"#,
                Ok(Some("a.b.c")),
            ),
            (
                r#"{"encrypted":"a.b.c","more":{"x":[1]}}"#,
                Ok(Some("a.b.c")),
            ),
            (r#"{"base64":"/9j/AAAA"}"#, Err(())),
            (r#"{"base64":"/9j/AAAA","encrypted":null}"#, Err(())),
            (r#"{"base64":"/9j/AAAA","encrypted":""}"#, Err(())),
            (r#"{"base64":"/9j/AAAA","encrypted":"/9j/AAAA"}"#, Err(())),
            (r#"{"encrypted":1}"#, Err(())),
            (r#"{"encrypted":"a.b.c""#, Err(())),
            (r#"{"cpf":"52998224725"}"#, Ok(None)),
            ("/9j/AAAA", Ok(None)),
            ("a.b", Ok(None)),
            ("a. b.c", Ok(None)),
        ] {
            let read = token(text);
            let read = read
                .as_ref()
                .map(|token| token.as_ref().map(|token| token.as_str()));
            assert_eq!(read.map_err(|_| ()), expected, "{text}");
        }
    }
}

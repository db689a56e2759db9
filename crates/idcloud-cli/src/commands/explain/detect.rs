//! Detects the kind of a text that came from IDCloud or its SDK.
//!
//! Pure. Must not guess between similar kinds: an object with a `state` or a `processId` is a
//! notification, whatever else it has. Of the others, one with evidence is an answer, and one
//! without is a notification.

use std::time::UNIX_EPOCH;

use idcloud_model::{
    CaptureToken, ErrorAnswer, ErrorCode, Evidence, Notification, Process, Status, saved_text,
    without_mark,
};

use serde_json::Value;
use zeroize::Zeroizing;

use super::oauth_error::OAuthError;
use super::token_answer::TokenAnswer;

/// A text that can be explained.
#[derive(Debug, PartialEq)]
pub(super) enum Recognised {
    Code(ErrorCode),
    Process(Box<Process>),
    Notification(Notification),
    CaptureToken(CaptureToken),
    OAuthError(OAuthError),
    TokenAnswer(TokenAnswer),
}

/// A text that cannot be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unrecognised {
    Empty,
    /// An HTML page of a firewall, a proxy or a login between this program and IDCloud.
    Page,
    Other,
}

impl Unrecognised {
    pub(super) const fn rule(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::Page => {
                "is a page, which IDCloud never sends: something between this program and IDCloud answered"
            }
            Self::Other => {
                "is nothing that IDCloud answers or posts: it has neither a code nor a process"
            }
        }
    }

    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::Page => "look at the firewall, the proxy and the addresses",
            Self::Empty | Self::Other => {
                "give an error answer, a process's answer, a webhook's payload or a capture token, as it came"
            }
        }
    }
}

/// Detects the kind of a file's content.
///
/// # Errors
/// It is none of these kinds: what it seems to be instead.
pub(super) fn recognise(bytes: &[u8]) -> Result<Recognised, Unrecognised> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Unrecognised::Empty);
    }
    if let Ok(text) = saved_text(bytes) {
        if let Some(code) = ErrorCode::parse(text) {
            return Ok(Recognised::Code(code));
        }
        // Parsed as of 1970, when no token is expired: the explanation reports the age.
        if let Ok(Some(token)) = CaptureToken::from_text(text, UNIX_EPOCH) {
            return Ok(Recognised::CaptureToken(token));
        }
    }
    let notification = Notification::from_json(bytes).ok();
    if let Some(notification) = notification.as_ref().filter(|it| it.is_certain()) {
        return Ok(Recognised::Notification(notification.clone()));
    }
    if let Ok(process) = Process::from_json(bytes)
        && shows_something(&process)
    {
        return Ok(Recognised::Process(Box::new(process)));
    }
    let answer = ErrorAnswer::from_body(bytes);
    match (notification, answer.code()) {
        (_, Some(code)) => Ok(Recognised::Code(code.clone())),
        (Some(notification), None) => Ok(Recognised::Notification(notification)),
        (None, None) => token_endpoint(bytes),
    }
}

/// An answer of the token endpoint without a code: a token, an OAuth error, or the answer of a
/// proxy in its place.
fn token_endpoint(bytes: &[u8]) -> Result<Recognised, Unrecognised> {
    // A lossy conversion of Latin-1 loses accents, but no word.
    let text = String::from_utf8_lossy(without_mark(bytes));
    let text = Zeroizing::new(text.trim().to_owned());
    if let Ok(answer) = serde_json::from_str::<Value>(&text) {
        if let Some(answer) = TokenAnswer::of(&answer) {
            return Ok(Recognised::TokenAnswer(answer));
        }
        if let Some(error) = OAuthError::of_answer(&answer) {
            return Ok(Recognised::OAuthError(error));
        }
    }
    if let Some(error) = OAuthError::of_word(&text).or_else(|| of_form(&text)) {
        return Ok(Recognised::OAuthError(error));
    }
    if text.starts_with('<') {
        return Err(Unrecognised::Page);
    }
    Err(Unrecognised::Other)
}

/// A form-encoded error, as some identity servers answer:
/// `error=invalid_grant&error_description=…`.
fn of_form(text: &str) -> Option<OAuthError> {
    text.split('&')
        .find_map(|pair| OAuthError::of_word(pair.strip_prefix("error=")?))
}

/// Whether an answer has more than an id.
fn shows_something(process: &Process) -> bool {
    let status_is_absent =
        matches!(process.status(), Status::Unknown(value) if value.json().is_null());
    !status_is_absent || has_evidence(process.evidence())
}

fn has_evidence(evidence: &Evidence) -> bool {
    evidence.identity().is_some()
        || evidence.liveness().is_some()
        || evidence.behavior_alert().is_some()
        || evidence.risk_score().is_some()
        || evidence.serpro().is_some()
        || evidence.face_match().is_some()
        || evidence.trust_decision().is_some()
        || evidence.risk_level().is_some()
        || evidence.document().is_some()
        || evidence.additional_info().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "80371b2a-3ac7-432e-866d-57fe37896ac6";

    /// Every documented form, and forms that look similar.
    #[test]
    fn forms_are_told_apart() {
        for (text, expected) in [
            ("20507\n", "code"),
            ("1.2.7", "code"),
            (r#"{"error":{"code":"20507","description":"x"}}"#, "code"),
            (r#"{"Error":{"Code":20507}}"#, "code"),
            (
                r#"{"error":"server_error","error_description":"Falha na autenticação 1.2.7"}"#,
                "code",
            ),
            (r#"{"error":{"code":"20507","description":"cut sho"#, "code"),
            (
                r#"{"error":"invalid_grant","error_description":"Bad assertion"}"#,
                "oauth",
            ),
            (r#"{"error":"invalid_client"}"#, "oauth"),
            (
                "\u{feff}{\"error\":\"server_error\",\"error_description\":\"x\"}",
                "oauth",
            ),
            (
                r#"{"error":"new_word","error_uri":"https://example"}"#,
                "oauth",
            ),
            ("error=invalid_grant&error_description=x", "oauth"),
            ("invalid_grant\n", "oauth"),
            (
                r#"{"access_token":"a.b.c","expires_in":3600,"token_type":"Bearer"}"#,
                "access",
            ),
            (r#"{"access_token":"opaque"}"#, "access"),
            (
                r#"{"id":"ID","status":3,"unicoId":{"result":"yes"}}"#,
                "process",
            ),
            (r#"{"id":"ID","status":1}"#, "process"),
            (r#"{"id":"ID","status":5}"#, "process"),
            (r#"{"id":"ID","authenticated":true}"#, "process"),
            (r#"{"Id":"ID","Status":3}"#, "process"),
            (
                r#"{"processId":"ID","state":"PROCESS_STATE_FINISHED","flow":"id"}"#,
                "notification",
            ),
            (r#"{"id":"ID","state":"finished"}"#, "notification"),
            (r#"{"processId":"ID","status":3}"#, "notification"),
            (
                r#"{"id":"ID","state":"PROCESS_STATE_FINISHED","status":3,"unicoId":{"result":"yes"}}"#,
                "notification",
            ),
            (
                r#"{"id":"ID","State":"new","authenticated":true,"status":3}"#,
                "notification",
            ),
            (
                r#"{"id":"ID","process_id":"ID","liveness":1,"status":3}"#,
                "notification",
            ),
            (
                r#"{"id":"ID","state":null,"status":3,"liveness":1}"#,
                "process",
            ),
            (r#"{"id":"ID"}"#, "notification"),
            (
                "eyJhbGciOiJSUzI1NiJ9.eyJpYXQiOjE1MDAwMDAwMDB9.c2ln\n",
                "token",
            ),
            ("a..c.d.e", "token"),
            ("\u{feff}\"a.b.c\"\n", "token"),
            (
                r#"{"base64":"data:image/jpeg;base64,AAAA","encrypted":"a.b.c"}"#,
                "token",
            ),
            ("\u{feff}20507", "code"),
        ] {
            let found = recognise(text.replace("ID", ID).as_bytes());
            let found = match found {
                Ok(Recognised::Code(_)) => "code",
                Ok(Recognised::Process(_)) => "process",
                Ok(Recognised::Notification(_)) => "notification",
                Ok(Recognised::CaptureToken(_)) => "token",
                Ok(Recognised::OAuthError(_)) => "oauth",
                Ok(Recognised::TokenAnswer(_)) => "access",
                Err(unknown) => unknown.rule(),
            };
            assert_eq!(found, expected, "{text}");
        }
        for text in [
            "",
            " \n",
            "{}",
            "[1]",
            "hello",
            r#"{"name":"x"}"#,
            r#"{"error":{"description":"x"}}"#,
            r#"{"access_token":""}"#,
            "<html>no</html>",
        ] {
            assert!(recognise(text.as_bytes()).is_err(), "{text}");
        }
    }

    /// Only for pages the message names the sender.
    #[test]
    fn a_page_is_none_of_them() {
        for (text, unknown) in [
            ("<html>no</html>", Unrecognised::Page),
            ("\u{feff}\n <!DOCTYPE html>", Unrecognised::Page),
            ("hello <b>", Unrecognised::Other),
            (" ", Unrecognised::Empty),
        ] {
            assert_eq!(recognise(text.as_bytes()), Err(unknown), "{text}");
        }
        let quoted = "<html>error code: 20507, {\"code\":\"20507\"}</html>";
        assert!(!matches!(
            recognise(quoted.as_bytes()),
            Ok(Recognised::Process(_))
        ));
    }
}

//! Whole requests to the webhook's endpoint, with every kind of credentials.
//!
//! Must not decide by the endpoint's own code which request is authorized.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use idcloud_flows::Hints;
use idcloud_flows::webhook::{Credentials, Endpoint, VerifyBearer};
use idcloud_http::BoxError;
use idcloud_model::Notification;

use crate::world::blocking::block_on;

/// Requests in their wire form, each with valid credentials of one kind.
pub(super) const TEXTS: &[&str] = &[
    "POST /hook HTTP/1.1\r\nauthorization: Basic dXNlcjpwYXNz\r\ncontent-type: application/json\r\n\r\n{\"processId\":\"80371b2a-3ac7-432e-866d-57fe37896ac6\",\"state\":\"PROCESS_STATE_FINISHED\",\"flow\":\"Markername\"}",
    "POST /hook HTTP/1.1\r\nx-hook-key: a:secret\r\n\r\n{\"id\":\"80371b2a-3ac7-432e-866d-57fe37896ac6\",\"lastEvent\":\"finished\"}",
    "POST /hook HTTP/1.1\r\nAuthorization: raw:secret\r\n\r\n{\"id\":\"80371b2a-3ac7-432e-866d-57fe37896ac6\"}",
    "POST /hook HTTP/1.1\r\nauthorization: Bearer good\r\n\r\n{\"id\":\"80371b2a-3ac7-432e-866d-57fe37896ac6\"}",
    "POST /hook HTTP/1.1\r\nauthorization: Bearer good\r\nauthorization: Basic dXNlcjpwYXNz\r\nx-hook-key: Markername\r\n\r\n{}",
    "GET / HTTP/1.1\r\n\r\n",
];

/// The kinds of credentials, and the only header that authorizes a request for each.
const DOORS: [(&str, &str); 4] = [
    ("authorization", "Basic dXNlcjpwYXNz"),
    ("x-hook-key", "a:secret"),
    ("authorization", "raw:secret"),
    ("authorization", "Bearer good"),
];

struct Only(&'static str);

#[async_trait]
impl VerifyBearer for Only {
    async fn verify(&self, token: &str) -> Result<bool, BoxError> {
        Ok(token == self.0)
    }
}

/// No request is accepted without the credentials, and only notifications are accepted.
pub(super) fn read(input: &[u8]) -> Result<String, String> {
    let Some(request) = parsed(input) else {
        return Ok(String::new());
    };
    let wrong = |error| format!("the credentials cannot be made: {error}");
    let credentials = [
        Credentials::basic("user", "pass").map_err(wrong)?,
        Credentials::api_key("x-hook-key:a:secret").map_err(wrong)?,
        Credentials::authorization("raw:secret").map_err(wrong)?,
        Credentials::bearer(Arc::new(Only("good"))),
    ];
    let notification = Notification::from_json(request.body());
    let mut shown = format!("{notification:?}");
    for (credentials, door) in credentials.into_iter().zip(DOORS) {
        let endpoint = Endpoint::new(Hints::default(), credentials);
        let answer = block_on(endpoint.handle(request.clone().map(Full::new)));
        let taken = answer.status().is_success();
        let may =
            carries(&request, door) && request.method() == Method::POST && notification.is_ok();
        if taken != may {
            return Err(format!(
                "{door:?}: answered {}, and may be taken: {may}",
                answer.status()
            ));
        }
        if !answer.body().is_empty() {
            return Err("an answer has a body".to_owned());
        }
        // Writing to a `String` cannot fail.
        let _ = write!(shown, "{endpoint:?} {answer:?}");
    }
    let anyone = Endpoint::new(Hints::default(), Credentials::insecure_anyone());
    let answer = block_on(anyone.handle(request.map(Full::new)));
    if answer.status() == StatusCode::UNAUTHORIZED {
        return Err("somebody was refused where anyone is let in".to_owned());
    }
    Ok(shown)
}

/// Whether the request has the header exactly once: the scheme in any case, followed by blanks and
/// the credentials.
fn carries(request: &Request<Bytes>, (name, expected): (&str, &str)) -> bool {
    let mut values = request.headers().get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    match (value.split_once(' '), expected.split_once(' ')) {
        (Some((scheme, rest)), Some((expected, secret))) => {
            scheme.eq_ignore_ascii_case(expected) && rest.trim_ascii() == secret
        }
        _ => value == expected,
    }
}

/// Parses a text as a server would; `None` if it is not a request.
fn parsed(input: &[u8]) -> Option<Request<Bytes>> {
    let end = input.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = input.split_at_checked(end)?;
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut first = lines.next()?.split(|byte| *byte == b' ');
    let mut request = Request::builder().method(first.next()?).uri(first.next()?);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        request = request.header(name, value.get(1..)?.trim_ascii());
    }
    request.body(Bytes::copy_from_slice(body.get(4..)?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each kind of credentials has a text that passes and texts that do not: otherwise nothing
    /// would be compared.
    #[test]
    fn every_door_opens_and_stays_shut() {
        let requests: Vec<_> = TEXTS
            .iter()
            .map(|text| parsed(text.as_bytes()).unwrap())
            .collect();
        for door in DOORS {
            let opened = requests.iter().filter(|request| carries(request, door));
            assert!((1..requests.len()).contains(&opened.count()), "{door:?}");
        }
    }

    /// An endpoint that accepts every request would be noticed.
    #[test]
    fn a_request_is_let_in_by_its_own_header_alone() {
        for text in TEXTS {
            assert!(read(text.as_bytes()).is_ok(), "{text}");
            let without = text.replace("secret", "secreT").replace("good", "gooD");
            assert!(read(without.as_bytes()).is_ok(), "{without}");
        }
    }
}

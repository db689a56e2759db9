//! Devices and addresses between this program and IDCloud that answer or refuse in its place.
//!
//! Must not be reported for an answer that carries a code of IDCloud's.

use std::fmt;

use http::StatusCode;
use idcloud_model::ErrorAnswer;

/// Something between this program and IDCloud: a firewall, a proxy, a gateway, or a wrong address.
///
/// Either it answered, in a way that IDCloud does not, or it prevented the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Obstacle {
    /// A page, or another text that is no JSON, came instead of IDCloud's answer.
    Page,
    /// The token endpoint refuses in JSON that has neither a published code nor an OAuth error.
    NoOAuthError,
    /// The answer redirects (3xx). IDCloud never does.
    Redirect,
    /// A proxy wants credentials (407).
    ProxyAuthentication,
    /// The request is too large for a device on the way (413), and no code of IDCloud's says so.
    TooLarge,
    /// The server's certificate is not trusted: a proxy that inspects TLS has one of its own.
    Certificate,
}

impl Obstacle {
    /// Every obstacle.
    pub const ALL: [Self; 6] = [
        Self::Page,
        Self::NoOAuthError,
        Self::Redirect,
        Self::ProxyAuthentication,
        Self::TooLarge,
        Self::Certificate,
    ];

    /// The obstacle's stable name, in kebab case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::NoOAuthError => "no-oauth-error",
            Self::Redirect => "redirect",
            Self::ProxyAuthentication => "proxy-authentication",
            Self::TooLarge => "too-large",
            Self::Certificate => "certificate",
        }
    }

    /// The obstacle, as a clause.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Page => "the answer is not JSON",
            Self::NoOAuthError => "the refusal has neither a published code nor an OAuth error",
            Self::Redirect => "the answer leads elsewhere",
            Self::ProxyAuthentication => "a proxy requires a login",
            Self::TooLarge => "the request is too large for something on the way",
            Self::Certificate => "the server's certificate is not trusted",
        }
    }

    /// What to check.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Page | Self::NoOAuthError => {
                "Something between this program and IDCloud answered: look at the firewall, the proxy and the addresses."
            }
            Self::Redirect => {
                "Something between this program and IDCloud answered, and redirects are never followed: look at the addresses, and at a proxy that wants a login."
            }
            Self::ProxyAuthentication => {
                "Give the proxy's user name and password in HTTPS_PROXY (http://user:password@host:port), or have the proxy let IDCloud's hosts through."
            }
            Self::TooLarge => {
                "Something between this program and IDCloud turns large requests away: send a smaller picture, or raise the limit of the proxy or gateway."
            }
            Self::Certificate => {
                "If a proxy inspects TLS, trust its root certificate (on the command line --ca-file); otherwise install the system's CA certificates, and check this machine's clock."
            }
        }
    }

    /// The obstacle that answered in IDCloud's place, if one did: by the answer's status, whether
    /// it has a code of IDCloud's, and its body.
    pub(crate) fn that_answered(status: StatusCode, has_code: bool, body: &[u8]) -> Option<Self> {
        if has_code {
            return None;
        }
        match status.as_u16() {
            407 => Some(Self::ProxyAuthentication),
            413 => Some(Self::TooLarge),
            300..=399 => Some(Self::Redirect),
            _ => is_page(status, body).then_some(Self::Page),
        }
    }

    /// The obstacle that refused a token in the identity server's place, if one did. OAuth servers
    /// name the error in every refusal (RFC 6749, section 5.2). A rate limit proves nothing, and an
    /// empty body may come from IDCloud's own gateway.
    pub(crate) fn that_refused_a_token(
        status: StatusCode,
        body: &[u8],
        answer: &ErrorAnswer,
    ) -> Option<Self> {
        let refuses = status.is_client_error() && !matches!(status.as_u16(), 408 | 425 | 429);
        // Five digits may be a gateway's own: at this endpoint only a published code is IDCloud's.
        let has_code = answer
            .code()
            .is_some_and(|code| code.entry().is_some() || code.as_str().contains('.'));
        let says_why = has_code || answer.is_oauth_error();
        (refuses && !body.is_empty() && !says_why).then_some(Self::NoOAuthError)
    }
}

/// Whether a body is another server's text. An empty body is no documented refusal of IDCloud's,
/// but any server fails, or does not find, that way.
fn is_page(status: StatusCode, body: &[u8]) -> bool {
    // A byte order mark, and the zero bytes that UTF-16 puts between ASCII letters.
    let ignored = |byte: &&u8| {
        !matches!(byte, 0xef | 0xbb | 0xbf | 0xfe | 0xff | 0) && !byte.is_ascii_whitespace()
    };
    if let Some(first) = body.iter().find(ignored) {
        return !matches!(first, b'{' | b'[');
    }
    let refuses = status.is_client_error() || status.as_u16() == 511;
    refuses && !matches!(status.as_u16(), 401 | 404 | 408 | 410 | 425 | 429)
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer of IDCloud's is never taken for an obstacle's, and one that IDCloud never gives
    /// is.
    #[test]
    fn who_answered() {
        use Obstacle::{Page, ProxyAuthentication, Redirect, TooLarge};
        let html = "<html>no</html>";
        for (status, has_code, body, who) in [
            (200, false, html, Some(Page)),
            (200, false, "\u{feff} <!doctype html>", Some(Page)),
            (200, false, "hello", Some(Page)),
            (200, false, "\u{feff}{}", None),
            (200, false, "[]", None),
            (200, false, "", None),
            (302, false, "", Some(Redirect)),
            (307, false, "{}", Some(Redirect)),
            (400, false, r#"{"message":"no"}"#, None),
            (401, false, "", None),
            (401, false, html, Some(Page)),
            (403, false, "", Some(Page)),
            (403, false, html, Some(Page)),
            (403, true, html, None),
            (404, false, "", None),
            (404, false, html, Some(Page)),
            (407, false, "{}", Some(ProxyAuthentication)),
            (413, false, "{}", Some(TooLarge)),
            (413, true, "{}", None),
            (429, false, "", None),
            (499, false, "", Some(Page)),
            (502, false, "", None),
            (502, false, html, Some(Page)),
            (511, false, "", Some(Page)),
        ] {
            let answered = Obstacle::that_answered(
                StatusCode::from_u16(status).unwrap(),
                has_code,
                body.as_bytes(),
            );
            assert_eq!(answered, who, "{status} {body:?}");
        }
        for (status, body, foreign) in [
            (403, r#"{"code":403}"#, true),
            (403, r#"{"errors":[{"code":1020}]}"#, true),
            (403, r#"{"errors":[{"code":10000}]}"#, true),
            (401, r#"{"message":"Unauthorized"}"#, true),
            (401, r#"{"error":"Unauthorized"}"#, true),
            (400, r#"{"code":"ACCESS_DENIED"}"#, true),
            (404, "{}", true),
            (451, "[]", true),
            (401, "", false),
            (403, r#"{"error":"access_denied"}"#, false),
            (
                400,
                r#"{"error":"invalid_grant","error_description":"x"}"#,
                false,
            ),
            (
                401,
                r#"{"error":"server_error","error_description":"Falha 1.2.99"}"#,
                false,
            ),
            (403, r#"{"error":{"code":"10201"}}"#, false),
            (408, "{}", false),
            (425, "{}", false),
            (429, "{}", false),
            (500, r#"{"message":"x"}"#, false),
            (200, r#"{"message":"x"}"#, false),
        ] {
            let who = Obstacle::that_refused_a_token(
                StatusCode::from_u16(status).unwrap(),
                body.as_bytes(),
                &ErrorAnswer::from_body(body.as_bytes()),
            );
            assert_eq!(who.is_some(), foreign, "{status} {body:?}");
        }
        for obstacle in Obstacle::ALL {
            assert_eq!(obstacle.to_string(), obstacle.as_str());
            assert!(obstacle.help().ends_with('.'));
        }
    }
}

//! The two addresses of an environment: the API's and the identity server's.
//!
//! Must not accept plain http to another machine.

use http::Uri;

use crate::environment::config_error::{ConfigError, ConfigErrorKind};

/// Where the API and the identity server are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    api: Box<str>,
    identity: Box<str>,
}

impl Endpoints {
    /// Parses two addresses such as `https://api.example.com`.
    ///
    /// Each needs `https`, or plain `http` if the host is this machine (`localhost`, `127.0.0.0/8`
    /// or `[::1]`); user names, queries and fragments are refused. A path is kept and put before
    /// IDCloud's own; a trailing slash is dropped. The identity address is also the assertion's
    /// `aud`.
    pub fn parse(api_url: &str, identity_url: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            api: parse_one(api_url, "api_url")?,
            identity: parse_one(identity_url, "identity_url")?,
        })
    }

    /// Whether both addresses are plain http, and so on this machine.
    #[must_use]
    pub fn are_on_this_machine(&self) -> bool {
        let is_plain = |url: &str| {
            let scheme = url
                .parse::<Uri>()
                .ok()
                .and_then(|uri| uri.scheme().cloned());
            scheme == Some(http::uri::Scheme::HTTP)
        };
        is_plain(&self.api) && is_plain(&self.identity)
    }

    /// The API's origin, normalized: scheme, host and port, such as `https://api.example.com:8443`.
    /// Letters are lowercase, a scheme's default port is left out, and a path is not part of it
    /// (RFC 6454, section 4).
    #[must_use]
    pub fn api_origin(&self) -> String {
        let Ok(uri) = self.api.parse::<Uri>() else {
            return self.api.to_ascii_lowercase();
        };
        let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.host());
        let usual = if scheme == "http" { 80 } else { 443 };
        let port = uri.port_u16().filter(|port| *port != usual);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{}{port}", host.unwrap_or_default()).to_ascii_lowercase()
    }

    /// Whether the API's host always means this machine: `localhost`, `127.0.0.0/8` or `[::1]`.
    #[must_use]
    pub fn api_is_on_this_machine(&self) -> bool {
        let uri = self.api.parse::<Uri>();
        uri.is_ok_and(|uri| uri.host().is_some_and(is_loopback))
    }

    pub(crate) fn fixed(api: &str, identity: &str) -> Self {
        Self {
            api: api.into(),
            identity: identity.into(),
        }
    }

    /// The API's address, without a slash at the end.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.api
    }

    /// The identity server's address, without a slash at the end: the assertion's `aud`.
    #[must_use]
    pub fn identity_url(&self) -> &str {
        &self.identity
    }
}

fn parse_one(url: &str, field: &'static str) -> Result<Box<str>, ConfigError> {
    const REMEDY: &str = "give an address such as https://api.example.com";
    let malformed = |rule| ConfigError::new(ConfigErrorKind::Malformed, field, rule, REMEDY);
    if url.is_empty() {
        return Err(ConfigError::new(
            ConfigErrorKind::Missing,
            field,
            "it is empty",
            REMEDY,
        ));
    }
    if url.contains(['#', '?']) {
        return Err(malformed("it has a query or a fragment"));
    }
    let uri: Uri = url
        .parse()
        .map_err(|_| malformed("it is not an absolute address"))?;
    let host = uri
        .host()
        .filter(|host| !host.is_empty())
        .ok_or_else(|| malformed("it names no host"))?;
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(malformed("it holds a user name"));
    }
    // If the text after the host is no valid port, `port` is `None`.
    let after_host = uri.authority().map_or(0, |authority| {
        authority.as_str().len().saturating_sub(host.len())
    });
    if after_host > 0 && uri.port_u16().is_none_or(|port| port == 0) {
        return Err(malformed("its port is not a number from 1 to 65535"));
    }
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_loopback(host) => {}
        Some("http") => {
            return Err(ConfigError::new(
                ConfigErrorKind::NotAllowed,
                field,
                "plain http would send credentials and faces in the clear",
                "use https; plain http is for this machine alone (localhost, 127.0.0.1, [::1])",
            ));
        }
        _ => return Err(malformed("its scheme is neither https nor http")),
    }
    Ok(url.trim_end_matches('/').into())
}

/// Whether `host`, as a URI has it, always means this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    bare.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plain http never leaves this machine.
    #[test]
    fn plain_http_is_for_loopback_alone() {
        for good in [
            "https://api.example.com",
            "https://api.example.com:8443/base/",
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://127.9.9.9",
            "http://[::1]:80",
            "HTTP://LOCALHOST",
        ] {
            assert!(parse_one(good, "api_url").is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://api.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "ftp://localhost",
            "api.example.com",
            "/relative",
            "https://user@api.example.com",
            "http://localhost@example.com",
            "https://api.example.com/?a=b",
            "https://api.example.com/#x",
            "https://",
            "http://127.0.0.1:99999",
            "http://[::1]:99999",
            "https://api.example.com:0",
            "https://api.example.com:",
            "not a url",
        ] {
            assert!(parse_one(bad, "api_url").is_err(), "{bad}");
        }
    }

    #[test]
    fn only_plain_http_stays_on_this_machine() {
        for (api, identity, stays) in [
            ("http://127.0.0.1:1", "http://localhost:2", true),
            ("HTTP://127.0.0.1:1", "http://[::1]:2", true),
            ("https://127.0.0.1:1", "http://localhost:2", false),
            ("http://127.0.0.1:1", "https://identity.example", false),
        ] {
            let endpoints = Endpoints::parse(api, identity).unwrap();
            assert_eq!(endpoints.are_on_this_machine(), stays, "{api} {identity}");
        }
    }

    /// One place has one origin however it is written, and two places have two.
    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (url, origin, here) in [
            (
                "https://API.example.com:443/base",
                "https://api.example.com",
                false,
            ),
            ("HTTPS://api.example.com/", "https://api.example.com", false),
            (
                "https://api.example.com:8443",
                "https://api.example.com:8443",
                false,
            ),
            ("http://LOCALHOST:80", "http://localhost", true),
            ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080", true),
            ("https://[::1]:9", "https://[::1]:9", true),
        ] {
            let endpoints = Endpoints::parse(url, url).unwrap();
            assert_eq!(endpoints.api_origin(), origin, "{url}");
            assert_eq!(endpoints.api_is_on_this_machine(), here, "{url}");
        }
    }

    #[test]
    fn a_slash_at_the_end_is_dropped() {
        let endpoints = Endpoints::parse("https://a.example/", "https://b.example/x/").unwrap();
        assert_eq!(endpoints.api_url(), "https://a.example");
        assert_eq!(endpoints.identity_url(), "https://b.example/x");
    }
}

//! What shows that a request from this machine speaks for somebody else: a web page, a proxy, or a foreign name.
//! Never proves that it speaks for itself: a proxy that adds nothing cannot be seen.

use http::header::{FORWARDED, HOST, MAX_FORWARDS, ORIGIN, VIA};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderName};

use super::control::is_this_machine;

/// Headers that proxies, gateways and content networks add about the request that they pass on.
const PASSED_ON: [&str; 17] = [
    "client-ip",
    "fastly-client-ip",
    "front-end-https",
    "proxy-client-ip",
    "remote-addr",
    "remote-user",
    "true-client-ip",
    "wl-proxy-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-host",
    "x-http-host-override",
    "x-proxyuser-ip",
    "x-remote-addr",
    "x-remote-ip",
    "x-scheme",
    "x-url-scheme",
];

/// How the names of such headers begin. `X-Real-IP` and `X-Real-Port` are nginx's custom, `X-Envoy-…` Envoy's.
const PASSED_ON_BEGINNINGS: [&str; 12] = [
    "cdn-",
    "cf-",
    "proxy-",
    "x-amz-cf-",
    "x-amzn-",
    "x-appengine-",
    "x-arr-",
    "x-azure-",
    "x-envoy-",
    "x-forwarded",
    "x-original-",
    "x-real-",
];

/// Why a request is a stranger's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// The target has a host of its own, as requests to a proxy have.
    Target,
    /// There is no `Host`, more than one, one with user information, or one that is not this machine's.
    Host,
    /// A proxy has added something.
    Proxy,
    /// A browser speaks for a page.
    Page,
}

impl Sign {
    /// What the refusal says of the request.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Target => "this one names a host in its target, as requests to a proxy do",
            Self::Host => "this one has no Host, or not exactly one that is this machine",
            Self::Proxy => "this one has a header that a proxy added",
            Self::Page => "this one comes from a web page",
        }
    }
}

/// The first sign that there is.
pub(super) fn sign_of(head: &Parts) -> Option<Sign> {
    let headers = &head.headers;
    if head.uri.authority().is_some() || head.uri.scheme().is_some() {
        return Some(Sign::Target);
    }
    if !is_meant_for_here(headers) {
        return Some(Sign::Host);
    }
    if headers.keys().any(is_added_by_proxies) {
        return Some(Sign::Proxy);
    }
    is_a_pages(headers).then_some(Sign::Page)
}

fn is_meant_for_here(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let host = host.to_str().ok().filter(|host| !host.contains('@'));
    host.and_then(|host| host.parse::<Authority>().ok())
        .is_some_and(|host| {
            let name = host.host().trim_matches(['[', ']']);
            name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_this_machine)
        })
}

fn is_added_by_proxies(name: &HeaderName) -> bool {
    [FORWARDED, VIA, MAX_FORWARDS].contains(name)
        || PASSED_ON.contains(&name.as_str())
        || PASSED_ON_BEGINNINGS
            .iter()
            .any(|beginning| name.as_str().starts_with(beginning))
}

/// A browser says with `Sec-Fetch-Site` whose page asks. `none` is the person, at the address line.
fn is_a_pages(headers: &HeaderMap) -> bool {
    let foreign = headers
        .get_all("sec-fetch-site")
        .iter()
        .any(|site| !["none", "same-origin"].contains(&site.to_str().unwrap_or_default()));
    foreign || headers.contains_key(ORIGIN)
}

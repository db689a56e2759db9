//! Signs that a local request was made on behalf of somebody else: by a web page, through a proxy,
//! or to a foreign host name.
//!
//! Must not count as proof that a request is the user's own: a proxy that adds nothing is
//! invisible.

use http::header::{HOST, ORIGIN, REFERER};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::control::is_this_machine;

/// Parts of header names that proxies, gateways, caches, tunnels and logins add to forwarded
/// requests. A dash stands for the beginning or end of a name, or separates its words.
///
/// None occurs in a header that curl, a browser or an HTTP library sends by itself.
const PASSED_ON: &[&str] = &[
    // The original client, and the path of the request.
    "forward",
    "proxy",
    "clientip",
    "realip",
    "-ip-",
    "-addr-",
    "-address-",
    "-real-",
    "-remote-",
    "-originating-",
    "-connecting-",
    "-coming-from-",
    "-via-",
    "-hop-",
    "-gateway-",
    "-tunnel-",
    // The original target, before a rewrite.
    "-original-",
    "-rewrite-",
    "-host-override-",
    "-x-host-",
    "-x-scheme-",
    "-url-scheme-",
    "-front-end-",
    // Content networks, balancers and caches.
    "cdn",
    "-cf-",
    "-amzn-",
    "-appengine-",
    "-arr-",
    "-azure-",
    "akamai",
    "edgeconnect",
    "envoy",
    "fastly",
    "ngrok",
    "squid",
    "surrogate",
    "tailscale",
    "traefik",
    "varnish",
    "vercel",
    // The user of a login at the proxy.
    "-auth-request-",
    "-authenticated-user-",
    "-client-principal-",
    "webauth",
];

/// Why a request is a stranger's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// The target includes a host, as in requests to a proxy.
    Target,
    /// There is no `Host`, more than one, one with user information, or one that is not this
    /// machine's.
    Host,
    /// A proxy has added a header.
    Proxy,
    /// A browser made the request for a page.
    Page,
}

impl Sign {
    /// The reason in the refusal.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Target => "this one names a host in its target, as requests to a proxy do",
            Self::Host => "this one has no Host, or not exactly one that is this machine",
            Self::Proxy => "this one has a header that a proxy added",
            Self::Page => "this one comes from a web page",
        }
    }
}

/// The first sign that the request has.
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
    // Servers treat `X_Real_IP` as `X-Real-IP`.
    let name = format!("-{}-", name.as_str().replace('_', "-"));
    PASSED_ON.iter().any(|part| name.contains(part))
}

/// A browser names the origin of the request in `Sec-Fetch-Site`; `none` is the user, in the
/// address bar. Older browsers have only `Referer`.
fn is_a_pages(headers: &HeaderMap) -> bool {
    let foreign = headers
        .get_all("sec-fetch-site")
        .iter()
        .any(|site| !["none", "same-origin"].contains(&site.to_str().unwrap_or_default()));
    let host = headers.get(HOST).map_or(&b""[..], HeaderValue::as_bytes);
    let mut pages = headers.get_all(REFERER).iter();
    foreign || headers.contains_key(ORIGIN) || pages.any(|page| is_elsewhere(page, host))
}

/// Whether a `Referer` is a page of another origin than the one that `Host` names.
fn is_elsewhere(page: &HeaderValue, host: &[u8]) -> bool {
    let text = page.as_bytes();
    if text.is_empty() || (text.starts_with(b"/") && !text.starts_with(b"//")) {
        return false;
    }
    let page = Uri::try_from(text).unwrap_or_default();
    page.authority()
        .is_none_or(|there| !there.as_str().as_bytes().eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sign in a request of curl with these additional headers.
    fn sign(extra: &[(&str, &str)]) -> Option<Sign> {
        let mut request = http::Request::get("/_simulator/state").header(HOST, "127.0.0.1:8080");
        for (name, value) in extra {
            request = request.header(*name, *value);
        }
        sign_of(&request.body(()).unwrap().into_parts().0)
    }

    /// A proxy is recognised by any of the headers that it adds.
    #[test]
    fn headers_of_proxies() {
        for name in [
            "Via",
            "Forwarded",
            "Max-Forwards",
            "Forwarded-For",
            "X-Forwarded",
            "X-Forwarded-For",
            "X-Forwarded-Ssl",
            "X-Forwarder-For",
            "X_Forwarded_For",
            "X-Vercel-Forwarded-For",
            "X-Original-Forwarded-For",
            "Client-IP",
            "Client_IP",
            "True-Client-IP",
            "Fastly-Client-IP",
            "Fly-Client-IP",
            "Incap-Client-IP",
            "X-Nf-Client-Connection-Ip",
            "X-Sucuri-ClientIP",
            "X-Cluster-Client-Ip",
            "X-Azure-ClientIP",
            "X-Real-IP",
            "X-Real_IP",
            "X-Real-Port",
            "X-RealIP",
            "Ali-Cdn-Real-Ip",
            "CF-Connecting-IP",
            "CF-Ray",
            "CDN-Loop",
            "X-Originating-IP",
            "X-Originating-URL",
            "X-Original-URL",
            "X-Original-Host",
            "X-Rewrite-URL",
            "X-Host",
            "X-HTTP-Host-Override",
            "X-Scheme",
            "X-URL-Scheme",
            "Front-End-Https",
            "Remote-User",
            "X-Remote-Addr",
            "X-Remote-IP",
            "X-ProxyUser-Ip",
            "X-Proxy-ID",
            "Proxy-Connection",
            "WL-Proxy-Client-IP",
            "X-BlueCoat-Via",
            "X-Coming-From",
            "X-Gateway",
            "X-Tunnel-ID",
            "Akamai-Origin-Hop",
            "X-Akamai-Edgescape",
            "X-EdgeConnect-MidMile-RTT",
            "X-Amzn-Trace-Id",
            "X-Appengine-Country",
            "X-ARR-SSL",
            "X-Envoy-External-Address",
            "X-Varnish",
            "X-Squid-Error",
            "X-Traefik-Router",
            "X-Ngrok-Trace",
            "Surrogate-Capability",
            "Tailscale-User-Login",
            "X-Auth-Request-User",
            "X-Webauth-User",
            "X-Goog-Authenticated-User-Email",
            "X-MS-Client-Principal",
        ] {
            assert_eq!(sign(&[(name, "1")]), Some(Sign::Proxy), "{name}");
        }
    }

    /// Headers that curl, browsers, HTTP libraries and tracing send by themselves are not signs.
    #[test]
    fn headers_of_programs_and_people() {
        for name in [
            "Accept",
            "Accept-Charset",
            "Accept-Encoding",
            "Accept-Language",
            "Access-Control-Request-Method",
            "Authorization",
            "Baggage",
            "B3",
            "Cache-Control",
            "Connection",
            "Content-Encoding",
            "Content-Length",
            "Content-Type",
            "Cookie",
            "Correlation-Context",
            "DNT",
            "Date",
            "Device-Memory",
            "Downlink",
            "ECT",
            "Expect",
            "From",
            "HTTP2-Settings",
            "Idempotency-Key",
            "If-Match",
            "If-Modified-Since",
            "If-None-Match",
            "If-Range",
            "If-Unmodified-Since",
            "Keep-Alive",
            "Last-Event-ID",
            "Postman-Token",
            "Pragma",
            "Priority",
            "Purpose",
            "RTT",
            "Range",
            "Save-Data",
            "Sec-CH-Prefers-Color-Scheme",
            "Sec-CH-Prefers-Reduced-Motion",
            "Sec-CH-UA",
            "Sec-CH-UA-Full-Version-List",
            "Sec-CH-UA-Mobile",
            "Sec-CH-UA-Platform",
            "Sec-CH-Viewport-Width",
            "Sec-Fetch-Dest",
            "Sec-Fetch-Mode",
            "Sec-Fetch-User",
            "Sec-GPC",
            "Sec-Purpose",
            "Sec-WebSocket-Key",
            "Sentry-Trace",
            "Service-Worker",
            "TE",
            "Traceparent",
            "Tracestate",
            "Trailer",
            "Transfer-Encoding",
            "Upgrade",
            "Upgrade-Insecure-Requests",
            "User-Agent",
            "X-B3-TraceId",
            "X-Correlation-ID",
            "X-Csrf-Token",
            "X-Datadog-Parent-Id",
            "X-HTTP-Method-Override",
            "X-Moz",
            "X-Request-ID",
            "X-Requested-With",
            "APIKEY",
        ] {
            assert_eq!(sign(&[(name, "1")]), None, "{name}");
        }
    }

    /// A page of another origin is a stranger, in every form in which a browser names it.
    #[test]
    fn pages() {
        for (name, value, is_strange) in [
            ("referer", "http://127.0.0.1:8080/", false),
            (
                "referer",
                "http://127.0.0.1:8080/_simulator/state?x=1",
                false,
            ),
            ("referer", "https://127.0.0.1:8080", false),
            ("referer", "/", false),
            ("referer", "/page", false),
            ("referer", "", false),
            ("referer", "http://evil.test/", true),
            ("referer", "https://evil.test/127.0.0.1:8080", true),
            ("referer", "http://127.0.0.1:8080.evil.test/", true),
            ("referer", "http://127.0.0.1:8080@evil.test/", true),
            ("referer", "http://127.0.0.1:3000/", true),
            ("referer", "http://localhost:8080/", true),
            ("referer", "//evil.test/", true),
            ("referer", "evil.test", true),
            ("referer", "about:client", true),
            ("referer", "android-app://com.example", true),
            ("referer", "http://\u{e9}vil.test/", true),
            ("origin", "http://evil.test", true),
            ("origin", "null", true),
            ("sec-fetch-site", "none", false),
            ("sec-fetch-site", "same-origin", false),
            ("sec-fetch-site", "same-site", true),
            ("sec-fetch-site", "cross-site", true),
        ] {
            let expected = is_strange.then_some(Sign::Page);
            assert_eq!(sign(&[(name, value)]), expected, "{name}: {value}");
        }
        let both = [("referer", "/"), ("referer", "http://evil.test/")];
        assert_eq!(sign(&both), Some(Sign::Page));
    }
}

//! The proxy that the environment names, and whether it can be used.
//!
//! Must not show the variable's value: it may hold a password.

use http::Uri;

use crate::environment::config_error::{ConfigError, ConfigErrorKind};

/// Why the proxy that the environment names cannot be used: its address is invalid, so that
/// requests would be sent without it, or it is no HTTP proxy. Of several variables the effective
/// one is checked.
pub(crate) fn unusable(variable: &dyn Fn(&str) -> Option<String>) -> Option<ConfigError> {
    let everywhere = ["NO_PROXY", "no_proxy"];
    let skipped = everywhere.into_iter().find_map(variable);
    if skipped.is_some_and(|hosts| hosts.trim() == "*") {
        return None;
    }
    let pairs = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];
    let mut named = pairs.into_iter().filter_map(|names| {
        let mut set = names.into_iter();
        set.find_map(|name| variable(name).map(|value| (name, value)))
    });
    let (name, value) = named.find(|(_, value)| !value.is_empty())?;
    wrong(&value).map(|(kind, rule)| {
        ConfigError::new(
            kind,
            name,
            rule,
            "give http://host:port, or name the hosts that need no proxy in NO_PROXY and unset it",
        )
    })
}

fn wrong(value: &str) -> Option<(ConfigErrorKind, &'static str)> {
    let malformed = Some((
        ConfigErrorKind::Malformed,
        "it is not a proxy's address: requests would leave without it",
    ));
    let Ok(uri) = value.parse::<Uri>() else {
        return malformed;
    };
    match uri.scheme_str().map(str::to_ascii_lowercase).as_deref() {
        Some(scheme) if scheme.starts_with("socks") => Some((
            ConfigErrorKind::Unsupported,
            "it names a SOCKS proxy, which is not supported",
        )),
        None | Some("http" | "https") if has_host(&uri) => None,
        _ => malformed,
    }
}

fn has_host(uri: &Uri) -> bool {
    let Some(authority) = uri.authority() else {
        return false;
    };
    let host = authority.host();
    let address = authority.as_str().rsplit('@').next().unwrap_or_default();
    // A port out of range is no port to `http`: only its text is there.
    let port = address.strip_prefix(host).unwrap_or_default();
    let is_port = port
        .strip_prefix(':')
        .map_or(port.is_empty(), |port| port.parse::<u16>().is_ok());
    !host.is_empty() && is_port && matches!(uri.path(), "" | "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "marker-of-a-password";

    fn field(set: &[(&str, &str)]) -> Option<&'static str> {
        let variable = |name: &str| {
            let found = set.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        unusable(&variable).map(|error| {
            assert!(!error.to_string().contains(PASSWORD));
            error.field()
        })
    }

    /// The tenant's secrets go where the settings say, or nowhere.
    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_by_name() {
        for good in [
            "",
            "http://proxy:3128",
            "HTTP://proxy:3128/",
            "https://user:password@proxy.example:443",
            "proxy:3128",
            "10.0.0.1:3128",
            "http://[::1]:3128",
        ] {
            assert_eq!(field(&[("HTTPS_PROXY", good)]), None, "{good}");
        }
        for bad in [
            "http//proxy",
            "http//user:marker-of-a-password@proxy",
            "socks5://user:marker-of-a-password@proxy:1080",
            "::::garbage",
            "http://",
            "socks5://127.0.0.1:1080",
            "socks5h://127.0.0.1:1080",
            "SOCKS4://127.0.0.1:1080",
            "ftp://proxy:21",
            "http://proxy:99999",
            "http://proxy/path",
            "/proxy",
            " ",
        ] {
            assert_eq!(field(&[("HTTPS_PROXY", bad)]), Some("HTTPS_PROXY"), "{bad}");
        }
        for (set, refused) in [
            (&[("ALL_PROXY", "socks5://a:1")][..], Some("ALL_PROXY")),
            (&[("all_proxy", "socks5://a:1")], Some("all_proxy")),
            (
                &[("https_proxy", "x//y"), ("ALL_PROXY", "http://a:1")],
                Some("https_proxy"),
            ),
            (
                &[("HTTPS_PROXY", ""), ("ALL_PROXY", "x//y")],
                Some("ALL_PROXY"),
            ),
            (
                &[("HTTPS_PROXY", "http://a:1"), ("ALL_PROXY", "socks5://a:1")],
                None,
            ),
            (&[("HTTPS_PROXY", "x//y"), ("NO_PROXY", "*")], None),
            (&[("HTTP_PROXY", "x//y")], None),
        ] {
            assert_eq!(field(set), refused, "{set:?}");
        }
    }
}

//! Whether a proxy stands between this machine and IDCloud.
//!
//! Must not show a proxy's address: it may hold a password.

use idcloud_http::ReqwestTransportBuilder;

use super::Variable;
use super::finding::Finding;
use crate::config::target::{Address, Remote};
use crate::failure::exit::Exit;

const CHECK: &str = "proxy";

/// The variable that sends HTTPS requests through a proxy, if one is set.
pub(super) fn finding(remote: &Remote, variable: Variable<'_>) -> Finding {
    if let Address::Custom {
        api_url,
        identity_url,
    } = &remote.address
        && [api_url, identity_url]
            .iter()
            .all(|url| url.starts_with("http://"))
    {
        return Finding::ok(CHECK, "none is used for plain http to this machine");
    }
    if let Some(unusable) = ReqwestTransportBuilder::unusable_proxy(&|name| {
        variable(name).and_then(|value| value.into_string().ok())
    }) {
        let message = format!("{}: {}", unusable.field(), unusable.rule());
        return Finding::wrong(CHECK, message, unusable.remedy(), Exit::Usage);
    }
    let named = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .find(|name| variable(name).is_some_and(|value| !value.is_empty()));
    match named {
        None => Finding::ok(CHECK, "no variable names one"),
        Some(name) => Finding::ok(
            CHECK,
            format!(
                "{name} names one: requests go through it unless NO_PROXY excludes the hosts; if it inspects TLS, its certificate \
                 belongs into --ca-file"
            ),
        ),
    }
}

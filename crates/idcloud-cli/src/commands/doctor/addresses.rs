//! Finds mix-ups of `iss`, `aud` and environment without sending a request.
//!
//! Must not refuse a value that may be intended: one that only looks odd is a warning.

use super::finding::Finding;
use crate::config::target::{Address, Remote};
use crate::failure::exit::Exit;

/// The longest account name that Unico gives out (Obtaining credentials page).
const LONGEST_ACCOUNT: usize = 12;

/// An environment of Unico's, recognised by its host names (Authentication page).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Uat,
    Production,
    Elsewhere,
}

impl Place {
    fn of_api(url: &str) -> Self {
        match host(url) {
            "api.id.uat.unico.app" => Self::Uat,
            "api.id.unico.app" => Self::Production,
            _ => Self::Elsewhere,
        }
    }

    fn of_identity(url: &str) -> Self {
        match host(url) {
            "identityhomolog.acesso.io" => Self::Uat,
            "identity.acesso.io" => Self::Production,
            _ => Self::Elsewhere,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Uat => "uat",
            Self::Production => "production",
            Self::Elsewhere => "custom",
        }
    }
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or_default()
}

/// The findings about a remote environment's names and addresses.
pub(super) fn findings(remote: &Remote) -> Vec<Finding> {
    let mut findings = vec![addresses(&remote.address)];
    findings.extend(issuer(&remote.account, &remote.tenant_id));
    findings
}

fn addresses(address: &Address) -> Finding {
    const CHECK: &str = "addresses";
    let (api_url, identity_url) = match address {
        Address::Uat => return Finding::ok(CHECK, "aud is the identity server of uat"),
        Address::Production => {
            return Finding::ok(CHECK, "aud is the identity server of production");
        }
        Address::Custom {
            api_url,
            identity_url,
        } => (api_url, identity_url),
    };
    let (api, identity) = (Place::of_api(api_url), Place::of_identity(identity_url));
    match (api, identity) {
        (Place::Uat, Place::Production) | (Place::Production, Place::Uat) => Finding::wrong(
            CHECK,
            format!(
                "the API is that of {} and the identity server that of {}: a token of one is refused by the other",
                api.name(),
                identity.name()
            ),
            "use --env uat or --env production, which keep the two together",
            Exit::Usage,
        ),
        (Place::Elsewhere, _) | (_, Place::Elsewhere) => {
            Finding::ok(CHECK, "aud is the identity URL that is configured")
        }
        (place, _) => Finding::warning(
            CHECK,
            format!("both addresses are those of {}", place.name()),
            format!("use --env {} and leave the addresses out", place.name()),
        ),
    }
}

fn issuer(account: &str, tenant_id: &str) -> Vec<Finding> {
    const CHECK: &str = "issuer";
    let mut findings = Vec::new();
    if account.contains('@') || account.contains(".iam.") {
        findings.push(Finding::wrong(
            CHECK,
            "the account holds more than its name: iss would name the tenant twice",
            "give the part before the @ as the account, and the tenant's id by itself",
            Exit::Usage,
        ));
    } else if account.chars().count() > LONGEST_ACCOUNT {
        findings.push(Finding::warning(
            CHECK,
            format!("the account's name is longer than the {LONGEST_ACCOUNT} characters that Unico gives out"),
            "compare it with the service account that Unico sent",
        ));
    }
    if !is_uuid(tenant_id) {
        findings.push(Finding::warning(
            CHECK,
            "the tenant's id is no UUID, as all published ones are",
            "compare it with the service account that Unico sent",
        ));
    }
    if findings.is_empty() {
        let message = "iss has the form account@tenant.iam.acesso.io";
        findings.push(Finding::ok(CHECK, message));
    }
    findings
}

fn is_uuid(text: &str) -> bool {
    text.parse::<idcloud_model::ProcessId>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    const UAT: (&str, &str) = (
        "https://api.id.uat.unico.app",
        "https://identityhomolog.acesso.io",
    );
    const PRODUCTION: (&str, &str) = ("https://api.id.unico.app", "https://identity.acesso.io");

    #[test]
    fn mixed_environments_are_told() {
        for (api_url, identity_url, status) in [
            (UAT.0, PRODUCTION.1, Status::Failed),
            (PRODUCTION.0, UAT.1, Status::Failed),
            (UAT.0, UAT.1, Status::Warning),
            (PRODUCTION.0, PRODUCTION.1, Status::Warning),
            ("https://api.id.uat.unico.app:443/", UAT.1, Status::Warning),
            (UAT.0, "http://127.0.0.1:1", Status::Ok),
            ("http://127.0.0.1:1", "http://127.0.0.1:1", Status::Ok),
        ] {
            let address = Address::Custom {
                api_url: api_url.into(),
                identity_url: identity_url.into(),
            };
            assert_eq!(
                addresses(&address).status,
                status,
                "{api_url} {identity_url}"
            );
        }
    }

    #[test]
    fn odd_names_are_told() {
        let tenant = "3f0b4a52-7c0e-4f0c-9d1c-2b1f6d0a9e11";
        let statuses = |account: &str, tenant: &str| {
            let findings = issuer(account, tenant);
            findings
                .iter()
                .map(|finding| finding.status)
                .collect::<Vec<_>>()
        };
        assert_eq!(statuses("tester", tenant), [Status::Ok]);
        assert_eq!(statuses("a@b.iam.acesso.io", tenant), [Status::Failed]);
        assert_eq!(
            statuses("a-much-too-long-name", "acme"),
            [Status::Warning, Status::Warning]
        );
    }
}

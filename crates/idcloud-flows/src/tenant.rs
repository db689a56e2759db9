//! The tenant that a process belongs to, in its environment.
//!
//! Must keep apart tenants and environments, and must not depend on the tenant's account.

use idcloud_http::Environment;

use crate::journal::{JournalKey, Origin};

/// Where a process lives: a process id means nothing to another tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tenant {
    pub(crate) environment: String,
    /// In lowercase.
    pub(crate) id: String,
    /// The origin of a custom environment; unknown in data that an earlier version stored.
    pub(crate) origin: Option<Origin>,
}

impl Tenant {
    pub(crate) fn of(environment: &Environment) -> Self {
        Self {
            environment: environment.name().as_str().to_owned(),
            id: environment.account().tenant_id().to_ascii_lowercase(),
            origin: Origin::of(environment),
        }
    }

    /// The tenant of a key, in a custom environment at `origin`.
    pub(crate) fn of_key(key: &JournalKey, origin: Option<Origin>) -> Self {
        Self {
            environment: key.environment().as_str().to_owned(),
            id: key.tenant_id().to_owned(),
            origin,
        }
    }

    /// Whether `other`, whose origin is known, is this tenant in this environment.
    pub(crate) fn is_of(&self, other: &Self) -> bool {
        (&self.environment, &self.id) == (&other.environment, &other.id)
            && (self.origin.is_none() || self.origin == other.origin)
    }
}

/// The tenant of an issuer, `account@tenant.iam.acesso.io`, as earlier versions stored it; in
/// lowercase.
pub(crate) fn tenant_id_of(issuer: &str) -> String {
    const DOMAIN: &str = ".iam.acesso.io";
    let issuer = issuer.to_ascii_lowercase();
    let tenant = issuer
        .split_once('@')
        .map_or(&*issuer, |(_, tenant)| tenant);
    tenant.strip_suffix(DOMAIN).unwrap_or(tenant).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every account of a tenant belongs to that tenant, in any case of its id.
    #[test]
    fn the_tenant_of_an_issuer() {
        for (issuer, tenant) in [
            ("a@Tenant-ONE.iam.acesso.io", "tenant-one"),
            ("other@tenant-one.iam.acesso.io", "tenant-one"),
            ("a@x.iam.acesso.io.iam.acesso.io", "x.iam.acesso.io"),
            ("a@tenant", "tenant"),
            ("tenant", "tenant"),
        ] {
            assert_eq!(tenant_id_of(issuer), tenant);
        }
    }
}

//! A named IDCloud environment together with the one account that may act there.
//!
//! Must not let an account of one environment be used in another by default.

pub(crate) mod api_key;
pub(crate) mod config_error;
pub(crate) mod endpoints;
#[cfg(feature = "reqwest")]
pub(crate) mod pem_signer;
#[cfg(feature = "reqwest")]
pub(crate) mod pem_text;
pub(crate) mod service_account;
pub(crate) mod signer;

use std::fmt;

use crate::{ConfigError, Endpoints, ServiceAccount};

/// Which IDCloud is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EnvironmentName {
    /// The simulator, on this machine.
    Local,
    /// Unico's test environment, called UAT, sandbox or homologation. Nothing is billed.
    Uat,
    /// Production: creates are billed.
    Production,
    /// Addresses of the caller's choice, for instance a gateway or a test server.
    Custom,
}

impl EnvironmentName {
    /// The name as configuration has it: `local`, `uat`, `production` or `custom`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Uat => "uat",
            Self::Production => "production",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An environment and the account that acts there.
///
/// An account reaches a client only inside this value, so that the environment is named wherever a
/// credential is. UAT and production share no credentials (IDCloud documentation, Authentication
/// page); mixing them is the most common cause of a 401.
#[derive(Clone, Debug)]
pub struct Environment {
    name: EnvironmentName,
    endpoints: Endpoints,
    account: ServiceAccount,
}

impl Environment {
    /// The nominal address of a local simulator's API. No resolver knows the name (RFC 6761), so a
    /// request that is sent there by mistake finds no server.
    pub const LOCAL_API_URL: &str = "https://api.idcloud.invalid";
    /// The nominal address of a local simulator's identity server.
    pub const LOCAL_IDENTITY_URL: &str = "https://identity.idcloud.invalid";

    /// The simulator in this process. Needs the simulator as its transport.
    #[must_use]
    pub fn local(account: ServiceAccount) -> Self {
        Self {
            name: EnvironmentName::Local,
            endpoints: Endpoints::fixed(Self::LOCAL_API_URL, Self::LOCAL_IDENTITY_URL),
            account,
        }
    }

    /// Unico's test environment (IDCloud documentation, "Environments").
    #[must_use]
    pub fn uat(account: ServiceAccount) -> Self {
        Self {
            name: EnvironmentName::Uat,
            endpoints: Endpoints::fixed(
                "https://api.id.uat.unico.app",
                "https://identityhomolog.acesso.io",
            ),
            account,
        }
    }

    /// Production. Creates are billed.
    #[must_use]
    pub fn production(account: ServiceAccount) -> Self {
        Self {
            name: EnvironmentName::Production,
            endpoints: Endpoints::fixed("https://api.id.unico.app", "https://identity.acesso.io"),
            account,
        }
    }

    /// Addresses of the caller's choice.
    #[must_use]
    pub const fn custom(endpoints: Endpoints, account: ServiceAccount) -> Self {
        Self {
            name: EnvironmentName::Custom,
            endpoints,
            account,
        }
    }

    /// Which IDCloud is meant.
    #[must_use]
    pub const fn name(&self) -> EnvironmentName {
        self.name
    }

    /// Its addresses.
    #[must_use]
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The account that acts there.
    #[must_use]
    pub const fn account(&self) -> &ServiceAccount {
        &self.account
    }

    /// Whether `other` is the same tenant in the same environment, so that its account may take
    /// over. The case of a tenant's id is ignored.
    pub(crate) fn accepts(&self, other: &Self) -> Result<(), ConfigError> {
        let tenant_id = self.account.tenant_id();
        if self.name == other.name
            && self.endpoints == other.endpoints
            && tenant_id.eq_ignore_ascii_case(other.account.tenant_id())
        {
            return Ok(());
        }
        Err(ConfigError::new(
            crate::ConfigErrorKind::NotAllowed,
            "environment",
            "new credentials must be of the same environment and tenant",
            "build another client for another environment or tenant",
        ))
    }
}

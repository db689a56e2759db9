//! The target of requests: the embedded simulator, or a remote IDCloud with its credentials.
//!
//! Must not guess an environment when credentials are configured, nor show the API key.

use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum as _;
use zeroize::Zeroizing;

use crate::args::EnvironmentArg;
use crate::config::settings::{Layers, Setting, Source};
use crate::failure::{Refusal, keep};

/// The target of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The simulator inside this program.
    Local,
    /// A remote IDCloud.
    Remote(Box<Remote>),
}

/// A remote IDCloud, and the credentials for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) address: Address,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) account: String,
    pub(crate) tenant_id: String,
    pub(crate) private_key_file: PathBuf,
    /// `None` for a command that does not need it.
    pub(crate) api_key: Option<ApiKeySource>,
}

impl Target {
    /// The environment's name: `local`, `uat`, `production` or `custom`.
    pub(crate) const fn environment(&self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Remote(remote) => remote.environment(),
        }
    }
}

impl Remote {
    /// The environment's name: `uat`, `production` or `custom`.
    pub(crate) const fn environment(&self) -> &'static str {
        match self.address {
            Address::Uat => "uat",
            Address::Production => "production",
            Address::Custom { .. } => "custom",
        }
    }
}

/// The credentials that a command requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// The service account and the API key.
    AccountAndKey,
    /// The service account: enough for an access token.
    Account,
}

/// An environment that is reached over the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Uat,
    Production,
    Custom,
}

impl Place {
    const fn name(self) -> &'static str {
        match self {
            Self::Uat => "uat",
            Self::Production => "production",
            Self::Custom => "custom",
        }
    }
}

/// The address of an IDCloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Uat,
    Production,
    Custom {
        api_url: String,
        identity_url: String,
    },
}

/// The source of the API key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum ApiKeySource {
    File(PathBuf),
    Value(Zeroizing<String>),
}

impl fmt::Debug for ApiKeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::File(_) => "ApiKeySource::File",
            Self::Value(_) => "ApiKeySource::Value([redacted])",
        })
    }
}

/// The settings that are credentials: with any of them, an environment must be named.
pub(crate) const CREDENTIALS: [Setting; 5] = [
    Setting::Account,
    Setting::TenantId,
    Setting::PrivateKeyFile,
    Setting::ApiKeyFile,
    Setting::ApiKey,
];

/// Determines the target.
///
/// # Errors
/// Every rule that the configuration breaks, each naming the flag, variable or profile key.
pub(crate) fn resolve(layers: &Layers, needs: Needs) -> Result<Target, Vec<Refusal>> {
    let environment = match layers.find(Setting::Env) {
        Some((value, _)) => value
            .to_str()
            .and_then(|text| EnvironmentArg::from_str(text, false).ok())
            .ok_or_else(|| {
                vec![Refusal::new(
                    layers.label(Setting::Env),
                    "is not an environment",
                    "use local, uat, production or custom",
                )]
            })?,
        None => unnamed_environment(layers)?,
    };
    let misplaced = misplaced_urls(layers, environment);
    if !misplaced.is_empty() {
        return Err(misplaced);
    }
    let place = match environment {
        EnvironmentArg::Local => return Ok(Target::Local),
        EnvironmentArg::Uat => Place::Uat,
        EnvironmentArg::Production => Place::Production,
        EnvironmentArg::Custom => Place::Custom,
    };
    remote(layers, place, needs)
        .map(Box::new)
        .map(Target::Remote)
}

/// The simulator is the default only without any configuration: a forgotten variable must never
/// lead to a simulated approval.
fn unnamed_environment(layers: &Layers) -> Result<EnvironmentArg, Vec<Refusal>> {
    let configured = CREDENTIALS
        .into_iter()
        .chain([Setting::ApiUrl, Setting::IdentityUrl])
        .find(|setting| layers.find(*setting).is_some());
    match configured {
        None => Ok(EnvironmentArg::Local),
        Some(setting) => Err(vec![Refusal::new(
            "--env",
            format!(
                "no environment is named, but {} is configured",
                layers.label(setting)
            ),
            "name one with --env or IDCLOUD_ENV: uat, production or custom, or local for the simulator",
        )]),
    }
}

/// A base URL for an environment with built-in addresses would have no effect, although the user
/// set it.
fn misplaced_urls(layers: &Layers, environment: EnvironmentArg) -> Vec<Refusal> {
    if environment == EnvironmentArg::Custom {
        return Vec::new();
    }
    [Setting::ApiUrl, Setting::IdentityUrl]
        .into_iter()
        .filter(|setting| match layers.find(*setting) {
            // The simulator needs no address: a sourced file of variables does no harm there.
            Some((_, source)) => environment != EnvironmentArg::Local || source == Source::Flag,
            None => false,
        })
        .map(|setting| {
            Refusal::new(
                layers.label(setting),
                "is for the custom environment alone",
                "leave it out, or use --env custom",
            )
        })
        .collect()
}

fn remote(layers: &Layers, place: Place, needs: Needs) -> Result<Remote, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut need = |setting: Setting| -> Option<String> {
        let Some((value, _)) = layers.find(setting) else {
            refusals.push(missing(setting, place));
            return None;
        };
        keep(
            layers.text(setting, value).map(str::to_owned),
            &mut refusals,
        )
    };
    let address = match place {
        Place::Uat => Some(Address::Uat),
        Place::Production => Some(Address::Production),
        Place::Custom => {
            let (api_url, identity_url) = (need(Setting::ApiUrl), need(Setting::IdentityUrl));
            api_url
                .zip(identity_url)
                .map(|(api_url, identity_url)| Address::Custom {
                    api_url,
                    identity_url,
                })
        }
    };
    let account = need(Setting::Account);
    let tenant_id = need(Setting::TenantId);
    let private_key_file = layers
        .find(Setting::PrivateKeyFile)
        .map(|(path, _)| PathBuf::from(path));
    if private_key_file.is_none() {
        refusals.push(missing(Setting::PrivateKeyFile, place));
    }
    let api_key = match api_key(layers) {
        Ok(None) if needs == Needs::AccountAndKey => {
            refusals.push(missing(Setting::ApiKeyFile, place));
            None
        }
        read => keep(read, &mut refusals).flatten(),
    };
    match (address, account, tenant_id, private_key_file) {
        (Some(address), Some(account), Some(tenant_id), Some(private_key_file))
            if refusals.is_empty() =>
        {
            Ok(Remote {
                address,
                ca_file: layers
                    .find(Setting::CaFile)
                    .map(|(path, _)| PathBuf::from(path)),
                account,
                tenant_id,
                private_key_file,
                api_key,
            })
        }
        _ => Err(refusals),
    }
}

/// First the file from a flag, then the key from the variable, then the file from the profile.
pub(crate) fn api_key(layers: &Layers) -> Result<Option<ApiKeySource>, Refusal> {
    if let Some(path) = layers.flags.value(Setting::ApiKeyFile) {
        return Ok(Some(ApiKeySource::File(PathBuf::from(path))));
    }
    if let Some(key) = layers.variables.value(Setting::ApiKey) {
        let key = layers.text(Setting::ApiKey, key)?;
        return Ok(Some(ApiKeySource::Value(Zeroizing::new(key.to_owned()))));
    }
    Ok(layers
        .profile
        .value(Setting::ApiKeyFile)
        .map(|path| ApiKeySource::File(PathBuf::from(path))))
}

fn missing(setting: Setting, place: Place) -> Refusal {
    Refusal::new(
        format!("--{}", setting.name()),
        format!(
            "is not configured, and the {} environment needs it",
            place.name()
        ),
        format!("set {}", setting.how()),
    )
}

//! Builds a client from a configuration.
//!
//! Must not use an account of one environment for another, nor show a credential.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use idcloud_http::{
    ApiKey, Client, Clock, ConfigError, Endpoints, Environment, ReqwestTransport, ServiceAccount,
    Transport,
};
use idcloud_simulator::{Simulator, SimulatorTransport};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::config::settings::{Layers, Setting};
use crate::config::target::{Address, ApiKeySource, Remote, Target};
use crate::failure::{Failure, Refusal};
use crate::input::file_mode::{SecretRefusal, open_secret, refuse_writable};
use crate::input::opening::open_file;
use crate::input::private_key;
use crate::input::{self, unreadable};

/// Limit of the API key file in bytes: far more than any key.
const MAX_KEY_FILE: u64 = 16 * 1024;

/// The tenant of the embedded simulator. It is the same in every run, so that a journal finds what
/// earlier runs submitted.
///
/// Its processes do not outlive the run, so that a row which was left pending stays pending.
const LOCAL_TENANT: &str = "00000000-0000-4000-8000-000000000001";

/// A client and the key it presents.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) api_key: ApiKey,
}

/// Wraps the transport before the client uses it.
pub(crate) type Wrap<'a> = &'a dyn Fn(Arc<dyn Transport>) -> Arc<dyn Transport>;

/// Builds the client that the configuration describes. Errors name each setting by its source in
/// `layers`.
///
/// # Errors
/// A credential cannot be read or used, or an address is not allowed. Nothing has been sent.
pub(crate) fn open(
    config: &Config,
    layers: &Layers,
    clock: Arc<dyn Clock>,
) -> Result<Connection, Failure> {
    let remote = match &config.target {
        Target::Local => return local(config, clock, &|transport| transport),
        Target::Remote(remote) => remote,
    };
    endpoints(remote, layers)?;
    let api_key = api_key(remote, config, layers)?
        .ok_or_else(|| Failure::fault("the API key is needed and was not asked for"))?;
    let account = account(remote, layers)?;
    let client = client(remote, account, config, layers, clock, &|transport| {
        transport
    })?;
    Ok(Connection { client, api_key })
}

/// A client of a simulator in this process, with an account and a key of its own.
///
/// # Errors
/// The operating system cannot provide randomness for a key.
pub(crate) fn local(
    config: &Config,
    clock: Arc<dyn Clock>,
    wrap: Wrap<'_>,
) -> Result<Connection, Failure> {
    let Config {
        capabilities, rate, ..
    } = *config;
    // This simulator loses its processes when the program ends. With this option a command may
    // still refer to a process of an earlier run.
    let config = idcloud_simulator::Config::new(seed(&*clock)).with_unknown_references(true);
    let mut simulator = Simulator::new(config);
    let account = simulator
        .issue_account_in(LOCAL_TENANT)
        .map_err(|_| Failure::fault("the embedded simulator could not make an RSA key"))?;
    let api_key = simulator.issue_api_key_in(LOCAL_TENANT, capabilities);
    let transport = SimulatorTransport::new(simulator, Arc::clone(&clock));
    let unexpected =
        |error: ConfigError| Failure::fault(format!("the embedded simulator: {error}"));
    let account = ServiceAccount::from_pem(
        account.account(),
        account.tenant_id(),
        account.private_key_pem().as_bytes(),
    )
    .map_err(unexpected)?;
    let client = Client::builder(Environment::local(account))
        .transport(wrap(Arc::new(transport)))
        .clock(clock)
        .rate(rate.into())
        .build()
        .map_err(unexpected)?;
    let api_key = ApiKey::new(api_key, capabilities).map_err(unexpected)?;
    Ok(Connection { client, api_key })
}

/// The addresses of a custom environment; `None` for the others, whose addresses are built in.
///
/// # Errors
/// An address is not allowed.
pub(crate) fn endpoints(remote: &Remote, layers: &Layers) -> Result<Option<Endpoints>, Failure> {
    match &remote.address {
        Address::Custom {
            api_url,
            identity_url,
        } => Endpoints::parse(api_url, identity_url)
            .map(Some)
            .map_err(|error| usage(&error, remote, layers)),
        Address::Uat | Address::Production => Ok(None),
    }
}

/// The API key, if one is configured.
///
/// # Errors
/// It cannot be read, or is not a valid key.
pub(crate) fn api_key(
    remote: &Remote,
    config: &Config,
    layers: &Layers,
) -> Result<Option<ApiKey>, Failure> {
    let Some(source) = &remote.api_key else {
        return Ok(None);
    };
    let text = read_api_key(source, layers)?;
    ApiKey::new(text.as_str(), config.capabilities)
        .map(Some)
        .map_err(|error| usage(&error, remote, layers))
}

/// The service account, with its private key.
///
/// # Errors
/// The key file cannot be read, others may read it, or it does not hold a usable key.
pub(crate) fn account(remote: &Remote, layers: &Layers) -> Result<ServiceAccount, Failure> {
    let label = layers.label(Setting::PrivateKeyFile);
    let pem = private_key::read(&label, &remote.private_key_file)
        .map_err(|refusal| Failure::refused_here(vec![refusal]))?;
    ServiceAccount::from_pem(&remote.account, &remote.tenant_id, &pem).map_err(|error| match error
        .field()
    {
        "account" | "tenant_id" => usage(&error, remote, layers),
        _ => Failure::refused_here(vec![Refusal::new(label, error.rule(), error.remedy())]),
    })
}

/// A client of a remote IDCloud.
///
/// # Errors
/// An address is not allowed, or a root certificate cannot be used.
pub(crate) fn client(
    remote: &Remote,
    account: ServiceAccount,
    config: &Config,
    layers: &Layers,
    clock: Arc<dyn Clock>,
    wrap: Wrap<'_>,
) -> Result<Client, Failure> {
    let (environment, transport) = reach(remote, account, layers)?;
    Client::builder(environment)
        .transport(wrap(Arc::new(transport)))
        .clock(clock)
        .rate(config.rate.into())
        .build()
        .map_err(|error| usage(&error, remote, layers))
}

/// The environment and the transport to it.
///
/// # Errors
/// As for [`client`].
pub(crate) fn reach(
    remote: &Remote,
    account: ServiceAccount,
    layers: &Layers,
) -> Result<(Environment, ReqwestTransport), Failure> {
    let environment = match (&remote.address, endpoints(remote, layers)?) {
        (Address::Production, _) => Environment::production(account),
        (_, Some(endpoints)) => Environment::custom(endpoints, account),
        (_, None) => Environment::uat(account),
    };
    let mut transport = ReqwestTransport::builder()
        .this_machine_alone(environment.endpoints().are_on_this_machine());
    if let Some(path) = &remote.ca_file {
        transport = transport
            .root_certificates(&read_roots(path, layers)?)
            .map_err(|error| {
                let label = layers.label(Setting::CaFile);
                Failure::usage(vec![Refusal::new(label, error.rule(), error.remedy())])
            })?;
    }
    let transport = transport
        .build()
        .map_err(|error| usage(&error, remote, layers))?;
    Ok((environment, transport))
}

fn usage(error: &ConfigError, remote: &Remote, layers: &Layers) -> Failure {
    let label = label(error.field(), remote.api_key.as_ref(), layers);
    Failure::usage(vec![Refusal::new(label, error.rule(), error.remedy())])
}

/// The user's name for the setting that the library calls `field`, by the source of its value.
fn label(field: &str, api_key: Option<&ApiKeySource>, layers: &Layers) -> String {
    let name = field.replace('_', "-");
    let setting = Setting::ALL
        .into_iter()
        .find(|setting| setting.name() == name);
    match (setting, api_key) {
        (Some(Setting::ApiKey), Some(ApiKeySource::File(_))) => layers.label(Setting::ApiKeyFile),
        (Some(setting), _) => layers.label(setting),
        // A variable that this program shares with others and has no flag for, such as
        // `HTTPS_PROXY`.
        (None, _) if field.to_ascii_lowercase().ends_with("_proxy") => field.to_owned(),
        (None, _) => format!("--{name}"),
    }
}

/// The API key from its configured source.
///
/// # Errors
/// Its file cannot be read.
pub(crate) fn read_api_key(
    source: &ApiKeySource,
    layers: &Layers,
) -> Result<Zeroizing<String>, Failure> {
    let path = match source {
        ApiKeySource::Value(key) => return Ok(key.clone()),
        ApiKeySource::File(path) => path,
    };
    let field = layers.label(Setting::ApiKeyFile);
    let refused = |refusal| Failure::usage(vec![refusal]);
    let mut file = open_secret(&field, "the API key", path).map_err(|refusal| match refusal {
        SecretRefusal::Unread(refusal) => refused(refusal),
        SecretRefusal::Shared(refusal) => Failure::refused_here(vec![refusal]),
    })?;
    let bytes = input::read_open(&field, &mut file, MAX_KEY_FILE).map_err(refused)?;
    let text = input::text(&field, &bytes).map_err(refused)?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

/// The certificates that are trusted in addition to the public ones. A user who can change this
/// file can intercept every request: it is protected like a secret, although its content is public.
fn read_roots(path: &Path, layers: &Layers) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let field = layers.label(Setting::CaFile);
    let refused = |refusal| Failure::usage(vec![refusal]);
    let (mut file, metadata) =
        open_file(path).map_err(|error| refused(unreadable(&field, &error)))?;
    refuse_writable(&field, &metadata, path).map_err(refused)?;
    input::read_open(&field, &mut file, 1024 * 1024).map_err(refused)
}

/// A seed that differs between runs, so that process ids differ.
pub(crate) fn seed(clock: &dyn Clock) -> u64 {
    let since = clock
        .now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    since
        .as_secs()
        .wrapping_mul(1_000_000_007)
        .wrapping_add(u64::from(since.subsec_nanos()))
}

//! The configuration. Flags win over variables, variables over the profile, the profile over
//! defaults.
//!
//! Pure. Must not read a file, a variable or a clock, nor guess an environment when credentials are
//! configured.

pub(crate) mod connection;
pub(crate) mod profile;
pub(crate) mod redirected;
pub(crate) mod settings;
pub(crate) mod target;

use clap::ValueEnum as _;
use idcloud_model::{Capabilities, Capability, CapabilityError};

use crate::args::Format;
use crate::config::settings::{Layers, Setting};
use crate::config::target::{Needs, Target};
use crate::failure::{Refusal, keep, keep_all};

/// The default rate in requests a second: Unico's default for a tenant.
pub(crate) const DEFAULT_RATE: u16 = 10;

/// The configuration of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) target: Target,
    /// The capabilities that the API key is declared to have.
    pub(crate) capabilities: Capabilities,
    pub(crate) rate: u16,
}

/// Resolves the configuration of a command that talks to IDCloud. The command implies that the key
/// has the capability `implied`.
///
/// # Errors
/// Every rule that the configuration breaks, each naming the flag, variable or profile key.
pub(crate) fn resolve(layers: &Layers, implied: Capability) -> Result<Config, Vec<Refusal>> {
    resolve_for(layers, Some(implied), Needs::AccountAndKey)
}

/// Resolves the configuration of a command that needs only the service account: the API key may be
/// missing.
///
/// # Errors
/// As for [`resolve`].
pub(crate) fn resolve_account(layers: &Layers) -> Result<Config, Vec<Refusal>> {
    resolve_for(layers, None, Needs::Account)
}

fn resolve_for(
    layers: &Layers,
    implied: Option<Capability>,
    needs: Needs,
) -> Result<Config, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let capabilities = keep(capabilities(layers, implied), &mut refusals);
    let rate = keep(rate(layers), &mut refusals);
    let target = keep_all(target::resolve(layers, needs), &mut refusals);
    match (target, capabilities, rate) {
        (Some(target), Some(capabilities), Some(rate)) if refusals.is_empty() => Ok(Config {
            target,
            capabilities,
            rate,
        }),
        _ => Err(refusals),
    }
}

/// The format of results and errors; every command needs it.
///
/// # Errors
/// The value is not one of the formats.
pub(crate) fn format(layers: &Layers) -> Result<Format, Refusal> {
    let Some((value, _)) = layers.find(Setting::Format) else {
        return Ok(Format::default());
    };
    value
        .to_str()
        .and_then(|text| Format::from_str(text, false).ok())
        .ok_or_else(|| {
            Refusal::new(
                layers.label(Setting::Format),
                "is not a format",
                "use text or json",
            )
        })
}

/// The declared capabilities of the API key, with the one that the command implies.
///
/// # Errors
/// A name is unknown, or IDCloud does not offer the combination.
pub(crate) fn capabilities(
    layers: &Layers,
    implied: Option<Capability>,
) -> Result<Capabilities, Refusal> {
    let listed = match layers.find(Setting::Capabilities) {
        Some((value, _)) => layers.text(Setting::Capabilities, value)?,
        None => "",
    };
    let names = listed
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let read = names
        .map(str::parse)
        .chain(implied.map(Ok))
        .collect::<Result<Vec<Capability>, _>>()
        .and_then(Capabilities::try_from_iter);
    read.map_err(|error| {
        let label = layers.label(Setting::Capabilities);
        if let CapabilityError::NeedsIdentity(extra) = error {
            let rule = format!("{extra} exists only together with identity");
            return Refusal::new(label, rule, "add identity to the list");
        }
        let names = Capability::ALL.map(Capability::as_str).join(", ");
        Refusal::new(
            label,
            "has a name that is no capability",
            format!("list some of {names}"),
        )
    })
}

/// The rate limit, in requests a second.
///
/// # Errors
/// The value is not a number in the allowed range.
pub(crate) fn rate(layers: &Layers) -> Result<u16, Refusal> {
    let Some((value, _)) = layers.find(Setting::Rate) else {
        return Ok(DEFAULT_RATE);
    };
    value
        .to_str()
        .and_then(|text| text.parse().ok())
        .filter(|rate| *rate > 0)
        .ok_or_else(|| {
            Refusal::new(
                layers.label(Setting::Rate),
                "is not a number of requests a second",
                "use a whole number from 1 to 65535, such as 10",
            )
        })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use zeroize::Zeroizing;

    use super::*;
    use crate::config::settings::Layer;
    use crate::config::target::{Address, ApiKeySource, CREDENTIALS, api_key};

    fn resolve(layers: &Layers) -> Result<Config, Vec<Refusal>> {
        super::resolve(layers, Capability::Identity)
    }

    fn layer(values: &[(Setting, &str)]) -> Layer {
        let mut layer = Layer::default();
        for (setting, value) in values {
            layer.set(*setting, value);
        }
        layer
    }

    fn layers(
        flags: &[(Setting, &str)],
        variables: &[(Setting, &str)],
        profile: &[(Setting, &str)],
    ) -> Layers {
        Layers {
            flags: layer(flags),
            variables: layer(variables),
            profile: layer(profile),
        }
    }

    const ACCOUNT: [(Setting, &str); 4] = [
        (Setting::Account, "acc"),
        (Setting::TenantId, "ten"),
        (Setting::PrivateKeyFile, "/key.pem"),
        (Setting::ApiKey, "secret-key"),
    ];

    fn with(more: &[(Setting, &'static str)]) -> Vec<(Setting, &'static str)> {
        [&ACCOUNT[..], more].concat()
    }

    fn fields(layers: &Layers) -> Vec<String> {
        resolve(layers)
            .unwrap_err()
            .into_iter()
            .map(|refusal| refusal.field)
            .collect()
    }

    #[test]
    fn nothing_configured_is_the_local_simulator_with_the_defaults() {
        let config = resolve(&Layers::default()).unwrap();
        assert_eq!(
            config,
            Config {
                target: Target::Local,
                capabilities: "identity".parse().unwrap(),
                rate: DEFAULT_RATE
            }
        );
        assert_eq!(format(&Layers::default()), Ok(Format::Text));
    }

    /// Flags win over variables, variables over the profile, the profile over defaults.
    #[test]
    fn the_strongest_layer_wins() {
        use Setting::Rate;
        for (layers, expected) in [
            (layers(&[(Rate, "1")], &[(Rate, "2")], &[(Rate, "3")]), 1),
            (layers(&[], &[(Rate, "2")], &[(Rate, "3")]), 2),
            (layers(&[], &[], &[(Rate, "3")]), 3),
            (layers(&[], &[(Rate, "")], &[(Rate, "3")]), 3),
        ] {
            assert_eq!(resolve(&layers).unwrap().rate, expected);
        }
    }

    /// A forgotten variable must never lead to a simulated approval.
    #[test]
    fn any_credential_without_a_named_environment_is_a_usage_error() {
        for setting in CREDENTIALS
            .into_iter()
            .chain([Setting::ApiUrl, Setting::IdentityUrl])
        {
            for position in 0..3 {
                let mut layers = Layers::default();
                match position {
                    0 => layers.flags.set(setting, "x"),
                    1 => layers.variables.set(setting, "x"),
                    _ => layers.profile.set(setting, "x"),
                }
                assert_eq!(
                    fields(&layers),
                    ["--env"],
                    "{setting:?} in layer {position}"
                );
            }
        }
        assert_eq!(
            fields(&layers(&[], &with(&[(Setting::Env, "")]), &[])),
            ["--env"]
        );
    }

    #[test]
    fn credentials_do_no_harm_where_local_is_named() {
        let layers = layers(
            &[(Setting::Env, "local")],
            &with(&[(Setting::ApiUrl, "http://x")]),
            &[],
        );
        assert_eq!(resolve(&layers).unwrap().target, Target::Local);
    }

    #[test]
    fn a_remote_environment_takes_its_parts_from_any_layer() {
        let layers = layers(
            &[(Setting::Env, "custom"), (Setting::Account, "other")],
            &with(&[
                (Setting::Env, "uat"),
                (Setting::ApiUrl, "https://a"),
                (Setting::IdentityUrl, "https://i"),
            ]),
            &[(Setting::CaFile, "/ca.pem")],
        );
        let Target::Remote(remote) = resolve(&layers).unwrap().target else {
            panic!("local")
        };
        assert_eq!(
            remote.address,
            Address::Custom {
                api_url: "https://a".into(),
                identity_url: "https://i".into()
            }
        );
        assert_eq!(remote.account, "other");
        assert_eq!(remote.tenant_id, "ten");
        assert_eq!(remote.ca_file, Some(PathBuf::from("/ca.pem")));
    }

    #[test]
    fn everything_missing_is_listed_at_once() {
        assert_eq!(
            fields(&layers(&[(Setting::Env, "custom")], &[], &[])),
            [
                "--api-url",
                "--identity-url",
                "--account",
                "--tenant-id",
                "--private-key-file",
                "--api-key-file"
            ]
        );
        assert_eq!(
            fields(&layers(&[(Setting::Env, "uat")], &ACCOUNT[1..], &[])),
            ["--account"]
        );
    }

    #[test]
    fn a_url_beside_an_environment_that_has_its_own_is_refused() {
        for environment in ["uat", "production"] {
            let layers = layers(
                &[(Setting::Env, environment)],
                &with(&[(Setting::ApiUrl, "https://a")]),
                &[],
            );
            assert_eq!(fields(&layers), ["IDCLOUD_API_URL"]);
        }
        let layers = layers(
            &[(Setting::Env, "local"), (Setting::ApiUrl, "https://a")],
            &[],
            &[],
        );
        assert_eq!(fields(&layers), ["--api-url"]);
    }

    #[test]
    fn the_api_key_comes_from_the_strongest_of_its_two_forms() {
        let file = |path: &str| Some(ApiKeySource::File(PathBuf::from(path)));
        let value = Some(ApiKeySource::Value(Zeroizing::new("v".into())));
        for (layers, expected) in [
            (
                layers(
                    &[(Setting::ApiKeyFile, "f")],
                    &[(Setting::ApiKey, "v")],
                    &[(Setting::ApiKeyFile, "p")],
                ),
                file("f"),
            ),
            (
                layers(
                    &[],
                    &[(Setting::ApiKey, "v")],
                    &[(Setting::ApiKeyFile, "p")],
                ),
                value,
            ),
            (layers(&[], &[], &[(Setting::ApiKeyFile, "p")]), file("p")),
            (Layers::default(), None),
        ] {
            assert_eq!(api_key(&layers).unwrap(), expected);
        }
    }

    #[test]
    fn values_that_mean_nothing_are_named_by_their_source() {
        for (setting, label) in [
            (Setting::Env, "IDCLOUD_ENV"),
            (Setting::Rate, "IDCLOUD_RATE"),
            (Setting::Capabilities, "IDCLOUD_CAPABILITIES"),
        ] {
            assert_eq!(fields(&layers(&[], &[(setting, "nonsense")], &[])), [label]);
        }
        assert_eq!(
            fields(&layers(&[], &[(Setting::Rate, "0")], &[])),
            ["IDCLOUD_RATE"]
        );
        let layers = layers(&[], &[], &[(Setting::Format, "xml")]);
        assert_eq!(format(&layers).unwrap_err().field, "format in the profile");
    }

    #[test]
    fn capabilities_are_read_as_a_set() {
        let layers = layers(&[(Setting::Capabilities, "liveness,identity")], &[], &[]);
        let capabilities = resolve(&layers).unwrap().capabilities;
        assert!(
            capabilities.contains(Capability::Liveness)
                && capabilities.contains(Capability::Identity)
        );
        assert!(!capabilities.contains(Capability::RiskScore));
    }

    /// The command's own capability need not be listed, and capabilities that depend on it are
    /// accepted.
    #[test]
    fn the_commands_own_capability_is_implied() {
        let layers = layers(&[(Setting::Capabilities, "risk-score")], &[], &[]);
        let capabilities = resolve(&layers).unwrap().capabilities;
        assert_eq!(capabilities.to_string(), "identity,risk-score");
        let refusal = super::capabilities(&layers, None).unwrap_err();
        assert_eq!(refusal.remedy, "add identity to the list");
    }

    #[test]
    fn debug_shows_no_key() {
        let layers = layers(&[(Setting::Env, "uat")], &ACCOUNT, &[]);
        assert!(!format!("{:?}", resolve(&layers)).contains("secret-key"));
    }
}

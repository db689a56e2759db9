//! Warns if an address from an environment variable gets credentials from the profile: the user may
//! not know where the credentials go.
//!
//! Must not refuse: the precedence of the settings allows it.

use http::Uri;

use crate::config::settings::{Layers, Setting, Source};
use crate::config::target::CREDENTIALS;
use crate::output::sanitize::harmless;

/// The note if a variable sets an address or an environment, and the profile has a credential for
/// it.
pub(crate) fn note(layers: &Layers) -> Option<String> {
    let from = |setting, source| {
        layers
            .find(setting)
            .is_some_and(|(_, found)| found == source)
    };
    let credential = CREDENTIALS
        .into_iter()
        .find(|setting| from(*setting, Source::Profile))?;
    let address = [Setting::ApiUrl, Setting::IdentityUrl, Setting::Env]
        .into_iter()
        .find(|setting| from(*setting, Source::Variable))?;
    // The variable names the same environment as the profile: nothing is redirected.
    let (value, _) = layers.find(address)?;
    if address == Setting::Env && layers.profile.value(Setting::Env) == Some(value) {
        return None;
    }
    let value = value.to_str()?;
    let place = match address {
        Setting::Env => harmless(value),
        _ => value
            .parse::<Uri>()
            .ok()
            .and_then(|url| {
                let port = url
                    .port()
                    .map(|port| format!(":{port}"))
                    .unwrap_or_default();
                Some(format!("{}{port}", url.host()?))
            })
            .map_or_else(|| "an address".to_owned(), |host| harmless(&host)),
    };
    Some(format!(
        "note: {} leads to {place}, and the credentials for it are the profile's ({})",
        layers.label(address),
        layers.label(credential)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Layer;

    fn layer(values: &[(Setting, &str)]) -> Layer {
        let mut layer = Layer::default();
        for (setting, value) in values {
            layer.set(*setting, value);
        }
        layer
    }

    /// Credentials do not go to another host without a note.
    #[test]
    fn an_address_of_the_environment_over_credentials_of_the_profile_is_said() {
        use Setting::{Account, ApiUrl, Env, IdentityUrl};
        let profile = [
            (Env, "custom"),
            (ApiUrl, "https://a.test"),
            (Account, "acc"),
        ];
        for (variables, flags, said) in [
            (
                &[(ApiUrl, "http://user:word@127.0.0.1:9001/x")][..],
                &[][..],
                Some("IDCLOUD_API_URL leads to 127.0.0.1:9001,"),
            ),
            (
                &[(IdentityUrl, "https://b.test")],
                &[],
                Some("IDCLOUD_IDENTITY_URL leads to b.test,"),
            ),
            (&[(Env, "uat")], &[], Some("IDCLOUD_ENV leads to uat,")),
            (&[(Env, "custom")], &[], None),
            (&[], &[(ApiUrl, "https://b.test")], None),
            (
                &[(ApiUrl, "https://b.test")],
                &[(ApiUrl, "https://c.test")],
                None,
            ),
            (&[(ApiUrl, "https://b.test"), (Account, "other")], &[], None),
        ] {
            let layers = Layers {
                flags: layer(flags),
                variables: layer(variables),
                profile: layer(&profile),
            };
            let note = note(&layers);
            match (&note, said) {
                (Some(note), Some(said)) => {
                    assert!(note.contains(said) && !note.contains("word"), "{note}");
                }
                (None, None) => {}
                _ => panic!("{note:?} for {variables:?} {flags:?}"),
            }
        }
    }
}

//! The settings by name, and the layers they come from.
//!
//! Must not interpret a value, nor show one: a layer may hold the API key.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::ValueEnum as _;
use zeroize::{Zeroize as _, Zeroizing};

use crate::args::SettingArgs;
use crate::failure::Refusal;

/// A setting, independent of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    Env,
    ApiUrl,
    IdentityUrl,
    CaFile,
    Account,
    TenantId,
    PrivateKeyFile,
    /// A file with the API key: as a flag or in the profile.
    ApiKeyFile,
    /// The API key itself: only as a variable, never as a flag.
    ApiKey,
    Capabilities,
    Rate,
    Format,
}

impl Setting {
    /// Every setting.
    pub(crate) const ALL: [Self; 12] = [
        Self::Env,
        Self::ApiUrl,
        Self::IdentityUrl,
        Self::CaFile,
        Self::Account,
        Self::TenantId,
        Self::PrivateKeyFile,
        Self::ApiKeyFile,
        Self::ApiKey,
        Self::Capabilities,
        Self::Rate,
        Self::Format,
    ];

    /// The name: the flag without its dashes, and the key in the profile file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::ApiUrl => "api-url",
            Self::IdentityUrl => "identity-url",
            Self::CaFile => "ca-file",
            Self::Account => "account",
            Self::TenantId => "tenant-id",
            Self::PrivateKeyFile => "private-key-file",
            Self::ApiKeyFile => "api-key-file",
            Self::ApiKey => "api-key",
            Self::Capabilities => "capabilities",
            Self::Rate => "rate",
            Self::Format => "format",
        }
    }

    /// The environment variable, if there is one.
    pub(crate) fn variable(self) -> Option<&'static str> {
        match self {
            Self::Env => Some("IDCLOUD_ENV"),
            Self::ApiUrl => Some("IDCLOUD_API_URL"),
            Self::IdentityUrl => Some("IDCLOUD_IDENTITY_URL"),
            Self::CaFile => Some("IDCLOUD_CA_FILE"),
            Self::Account => Some("IDCLOUD_ACCOUNT"),
            Self::TenantId => Some("IDCLOUD_TENANT_ID"),
            Self::PrivateKeyFile => Some("IDCLOUD_PRIVATE_KEY_FILE"),
            Self::ApiKeyFile => None,
            Self::ApiKey => Some("IDCLOUD_API_KEY"),
            Self::Capabilities => Some("IDCLOUD_CAPABILITIES"),
            Self::Rate => Some("IDCLOUD_RATE"),
            Self::Format => Some("IDCLOUD_FORMAT"),
        }
    }

    /// Whether the value names a file.
    pub(crate) fn is_path(self) -> bool {
        matches!(self, Self::CaFile | Self::PrivateKeyFile | Self::ApiKeyFile)
    }

    /// Whether the profile file may hold it. A secret may not be there.
    pub(crate) fn in_profile(self) -> bool {
        self != Self::ApiKey
    }

    /// The ways to set it, for a remedy.
    pub(crate) fn how(self) -> String {
        match (self, self.variable()) {
            (Self::ApiKey | Self::ApiKeyFile, _) => "--api-key-file or IDCLOUD_API_KEY".to_owned(),
            (_, Some(variable)) => format!("--{} or {variable}", self.name()),
            (_, None) => format!("--{}", self.name()),
        }
    }
}

/// The source of a value, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Flag,
    Variable,
    Profile,
}

/// The settings from one source.
#[derive(Clone, Default)]
pub(crate) struct Layer(Vec<(Setting, Stored)>);

#[derive(Clone)]
enum Stored {
    Plain(OsString),
    Secret(Zeroizing<String>),
}

impl Stored {
    /// Takes over the memory of the secret, so that it is wiped on drop.
    fn secret(value: OsString) -> Self {
        Self::Secret(Zeroizing::new(
            String::from_utf8(value.into_encoded_bytes()).unwrap_or_else(|error| {
                // Not a valid API key: it will be refused because it is not ASCII.
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                error.into_bytes().zeroize();
                text
            }),
        ))
    }

    fn as_os_str(&self) -> &OsStr {
        match self {
            Self::Plain(value) => value,
            Self::Secret(value) => OsStr::new(value.as_str()),
        }
    }
}

impl Layer {
    /// Adds a value. An empty value counts as absent, because shells leave empty variables behind.
    pub(crate) fn set(&mut self, setting: Setting, value: impl Into<OsString>) {
        let value = value.into();
        if value.is_empty() {
            return;
        }
        let stored = match setting {
            Setting::ApiKey => Stored::secret(value),
            _ => Stored::Plain(value),
        };
        self.0.push((setting, stored));
    }

    /// The value of a setting.
    pub(crate) fn value(&self, setting: Setting) -> Option<&OsStr> {
        self.0
            .iter()
            .find(|(key, _)| *key == setting)
            .map(|(_, value)| value.as_os_str())
    }

    /// The settings from flags.
    pub(crate) fn from_flags(flags: &SettingArgs) -> Self {
        let mut layer = Self::default();
        let texts = [
            (Setting::ApiUrl, flags.api_url.as_ref()),
            (Setting::IdentityUrl, flags.identity_url.as_ref()),
            (Setting::Account, flags.account.as_ref()),
            (Setting::TenantId, flags.tenant_id.as_ref()),
            (Setting::Capabilities, flags.capabilities.as_ref()),
        ];
        for (setting, value) in texts {
            if let Some(value) = value {
                layer.set(setting, value);
            }
        }
        let paths = [
            (Setting::CaFile, flags.ca_file.as_ref()),
            (Setting::PrivateKeyFile, flags.private_key_file.as_ref()),
            (Setting::ApiKeyFile, flags.api_key_file.as_ref()),
        ];
        for (setting, value) in paths {
            if let Some(value) = value {
                layer.set(setting, value);
            }
        }
        if let Some(value) = flags.env.and_then(|env| env.to_possible_value()) {
            layer.set(Setting::Env, value.get_name());
        }
        if let Some(value) = flags.format.and_then(|format| format.to_possible_value()) {
            layer.set(Setting::Format, value.get_name());
        }
        if let Some(rate) = flags.rate {
            layer.set(Setting::Rate, rate.to_string());
        }
        layer
    }

    /// The settings from environment variables.
    ///
    /// `variable` looks one up.
    pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let mut layer = Self::default();
        for setting in Setting::ALL {
            if let Some(value) = setting.variable().and_then(&variable) {
                layer.set(setting, value);
            }
        }
        layer
    }
}

/// The three sources, strongest first.
#[derive(Clone, Default)]
pub(crate) struct Layers {
    pub(crate) flags: Layer,
    pub(crate) variables: Layer,
    pub(crate) profile: Layer,
}

impl Layers {
    /// The strongest value of a setting, and its source.
    pub(crate) fn find(&self, setting: Setting) -> Option<(&OsStr, Source)> {
        [
            (&self.flags, Source::Flag),
            (&self.variables, Source::Variable),
            (&self.profile, Source::Profile),
        ]
        .into_iter()
        .find_map(|(layer, source)| layer.value(setting).map(|value| (value, source)))
    }

    /// The value as text.
    pub(crate) fn text<'a>(&self, setting: Setting, value: &'a OsStr) -> Result<&'a str, Refusal> {
        value.to_str().ok_or_else(|| {
            Refusal::new(
                self.label(setting),
                "is not valid UTF-8",
                "check its characters",
            )
        })
    }

    /// Every file that a setting names, in any layer, with the user's name for the setting.
    pub(crate) fn files(&self) -> Vec<(String, PathBuf)> {
        let layers = [&self.flags, &self.variables, &self.profile];
        let paths = Setting::ALL.into_iter().filter(|setting| setting.is_path());
        paths
            .flat_map(|setting| {
                let label = self.label(setting);
                layers
                    .into_iter()
                    .filter_map(move |layer| Some((label.clone(), layer.value(setting)?.into())))
            })
            .collect()
    }

    /// The user's name for the setting, by its source: `--env`, `IDCLOUD_ENV`, "env in the
    /// profile".
    pub(crate) fn label(&self, setting: Setting) -> String {
        match (
            self.find(setting).map(|(_, source)| source),
            setting.variable(),
        ) {
            (Some(Source::Variable), Some(variable)) => variable.to_owned(),
            (Some(Source::Profile), _) => format!("{} in the profile", setting.name()),
            _ => format!("--{}", setting.name()),
        }
    }
}

/// The configuration that every command gets.
pub(crate) struct Settings {
    pub(crate) layers: Layers,
    /// Whether the exit code depends on the verdict.
    pub(crate) exit_verdict: bool,
    /// The path of the profile file, if there is a place for one.
    pub(crate) profile_file: Option<PathBuf>,
    /// The journal of single commands without `--journal`.
    pub(crate) default_journal: Option<PathBuf>,
}

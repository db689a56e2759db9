//! The profile file: a TOML table for each profile, with the configuration flags' names as keys.
//!
//! Must not hold a secret (it names the files that do). Its errors must not quote its text.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::config::settings::{Layer, Setting};
use crate::failure::Refusal;
use crate::input;
use crate::input::file_mode::refuse_writable;
use crate::input::opening::open_file;
use crate::output::sanitize::one_word;

/// The profile that is read if the user names none.
pub(crate) const DEFAULT_PROFILE: &str = "default";

/// The field that errors name.
const FILE: &str = "profile file";

/// Limit of the profile file in bytes: far more than profiles need.
const MAX_FILE: u64 = 1024 * 1024;

/// The path of the profile file: `$XDG_CONFIG_HOME/idcloud/config.toml`, or the same below
/// `~/.config`.
pub(crate) fn path(xdg_config_home: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let configured = xdg_config_home
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let directory = configured.or_else(|| {
        home.filter(|home| !home.is_empty())
            .map(|home| PathBuf::from(home).join(".config"))
    })?;
    Some(directory.join("idcloud").join("config.toml"))
}

/// Reads the profile `name` from the file; without a name, the default profile.
///
/// # Errors
/// The file cannot be read or parsed, or does not have the named profile. A missing file is an
/// error only if a profile was named.
pub(crate) fn load(
    path: Option<&Path>,
    name: Option<&str>,
    home: Option<&Path>,
) -> Result<Layer, Refusal> {
    let opened = path.map_or_else(|| Err(io::ErrorKind::NotFound.into()), open_file);
    let bytes = match opened {
        Ok((mut file, metadata)) => {
            refuse_writable(FILE, &metadata, path.unwrap_or(Path::new("")))?;
            input::read_open(FILE, &mut file, MAX_FILE)?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return match name {
                None => Ok(Layer::default()),
                Some(_) => Err(Refusal::new(
                    "--profile",
                    "there is no profile file",
                    "write ~/.config/idcloud/config.toml, or leave --profile out",
                )),
            };
        }
        Err(_) => {
            return Err(Refusal::new(
                FILE,
                "cannot be read",
                "check ~/.config/idcloud/config.toml and who may read it",
            ));
        }
    };
    let text = input::text(FILE, &bytes)?;
    let directory = path.and_then(Path::parent).unwrap_or(Path::new("."));
    parse(text, name, directory, home)
}

/// Parses one profile from the file's text. Relative paths start at `directory`, `~/` at `home`.
fn parse(
    text: &str,
    name: Option<&str>,
    directory: &Path,
    home: Option<&Path>,
) -> Result<Layer, Refusal> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| {
            text.bytes()
                .take(span.start)
                .filter(|byte| *byte == b'\n')
                .count()
                + 1
        });
        Refusal::new(
            "profile file",
            line.map_or("is not valid TOML".to_owned(), |line| {
                format!("is not valid TOML, line {line}")
            }),
            "correct ~/.config/idcloud/config.toml",
        )
    })?;
    let profile = match (table.get(name.unwrap_or(DEFAULT_PROFILE)), name) {
        (Some(Value::Table(profile)), _) => profile,
        (None, None) => return Ok(Layer::default()),
        (Some(_), None) => {
            return Err(Refusal::new(
                "profile file",
                "default is not a table",
                "start the profile with [default]",
            ));
        }
        (_, Some(_)) => {
            let known: Vec<String> = table
                .iter()
                .filter(|(_, value)| value.is_table())
                .map(|(key, _)| one_word(key))
                .collect();
            return Err(Refusal::new(
                "--profile",
                "the profile file has no profile of this name",
                format!(
                    "it has: {}",
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                ),
            ));
        }
    };
    let mut layer = Layer::default();
    for (key, value) in profile {
        let setting = Setting::ALL
            .into_iter()
            .find(|setting| setting.name() == key)
            .ok_or_else(|| Refusal::new("profile file", "has a key that is no setting", keys()))?;
        if !setting.in_profile() {
            return Err(Refusal::new(
                "api-key in the profile",
                "a secret may not stand in the profile file",
                "put the key into a file of its own and name it with api-key-file",
            ));
        }
        let text = as_text(value).ok_or_else(|| {
            Refusal::new(
                format!("{key} in the profile"),
                "must be text",
                format!("write {key} = \"…\""),
            )
        })?;
        if setting.is_path() {
            layer.set(setting, located(&text, directory, home));
        } else {
            layer.set(setting, text);
        }
    }
    Ok(layer)
}

/// A value as text: strings unchanged, numbers as digits, lists joined with commas.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Array(items) => {
            let items: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            items.map(|items| items.join(","))
        }
        _ => None,
    }
}

fn located(text: &str, directory: &Path, home: Option<&Path>) -> PathBuf {
    match (text.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => directory.join(text),
    }
}

fn keys() -> String {
    let names: Vec<&str> = Setting::ALL
        .into_iter()
        .filter(|setting| setting.in_profile())
        .map(Setting::name)
        .collect();
    format!("the keys are {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    const FILE: &str = r#"
[default]
env = "uat"
account = "acc"
private-key-file = "key.pem"
capabilities = ["liveness", "identity"]
rate = 4

[load]
env = "custom"
api-key-file = "~/load.key"
"#;

    fn read(text: &str, name: Option<&str>) -> Result<Layer, Refusal> {
        parse(
            text,
            name,
            Path::new("/etc/idcloud"),
            Some(Path::new("/home/u")),
        )
    }

    #[test]
    fn the_default_profile_is_read_unless_another_is_named() {
        let layer = read(FILE, None).unwrap();
        assert_eq!(layer.value(Setting::Env), Some(OsStr::new("uat")));
        assert_eq!(layer.value(Setting::Rate), Some(OsStr::new("4")));
        assert_eq!(
            layer.value(Setting::Capabilities),
            Some(OsStr::new("liveness,identity"))
        );
        assert_eq!(
            read(FILE, Some("load")).unwrap().value(Setting::Env),
            Some(OsStr::new("custom"))
        );
    }

    #[test]
    fn paths_hang_on_the_file_or_on_the_home_directory() {
        let value = |name, setting| {
            read(FILE, name)
                .unwrap()
                .value(setting)
                .map(OsStr::to_owned)
        };
        assert_eq!(
            value(None, Setting::PrivateKeyFile),
            Some("/etc/idcloud/key.pem".into())
        );
        assert_eq!(
            value(Some("load"), Setting::ApiKeyFile),
            Some("/home/u/load.key".into())
        );
    }

    #[test]
    fn an_unknown_profile_names_the_known_ones() {
        let refusal = read(FILE, Some("nope")).err().unwrap();
        assert_eq!(
            (refusal.field.as_str(), refusal.remedy.as_str()),
            ("--profile", "it has: default, load")
        );
        assert!(read("", None).is_ok(), "no default profile is no error");
    }

    /// The file may hold a secret by mistake: errors do not quote it.
    #[test]
    fn broken_text_is_refused_without_quoting_it() {
        for text in [
            "[default]\nenv = secret-thing",
            "[default]\nsecret-thing = 1",
            "[default]\napi-key = \"secret-thing\"",
        ] {
            let refusal = read(text, None).err().unwrap();
            assert!(
                !format!("{refusal:?}").contains("secret-thing"),
                "{refusal:?}"
            );
        }
        assert!(
            read("[default]\nenv = x", None)
                .err()
                .unwrap()
                .rule
                .contains("line 2")
        );
        assert!(read("[default]\nenv = true", None).is_err());
    }

    #[test]
    fn the_file_stands_where_the_desktop_rules_say() {
        let at =
            |xdg: Option<&str>, home: Option<&str>| path(xdg.map(Into::into), home.map(Into::into));
        assert_eq!(
            at(None, Some("/home/u")),
            Some("/home/u/.config/idcloud/config.toml".into())
        );
        assert_eq!(
            at(Some("/cfg"), Some("/home/u")),
            Some("/cfg/idcloud/config.toml".into())
        );
        assert_eq!(
            at(Some("relative"), Some("/home/u")),
            Some("/home/u/.config/idcloud/config.toml".into())
        );
        assert_eq!(at(None, None), None);
    }

    #[test]
    fn a_missing_file_matters_only_where_a_profile_was_named() {
        let nowhere = Path::new("/nonexistent/idcloud/config.toml");
        assert!(load(Some(nowhere), None, None).is_ok());
        assert!(load(Some(nowhere), Some("x"), None).is_err());
        assert!(load(None, None, None).is_ok());
    }
}

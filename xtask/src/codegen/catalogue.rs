//! The error catalogue of the spec.
//!
//! Must not repair an entry: an incomplete or unknown one is refused, with its code.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::words::words;
use crate::Failure;

/// Every error code, by its text.
pub(crate) struct Catalogue(BTreeMap<String, Entry>);

/// One text in both languages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    pub(crate) en: String,
    pub(crate) pt: String,
}

/// The spec's entry for one code.
pub(crate) struct Entry {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) http_status: Vec<u16>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) messages: Vec<String>,
    pub(crate) retry: Retry,
    pub(crate) actor: Actor,
    pub(crate) source: String,
    pub(crate) meaning: Text,
    pub(crate) cause: Text,
    pub(crate) remedy: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    defaults: Defaults,
    code: Vec<Row>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Defaults {
    http_status: Option<Vec<u16>>,
    endpoints: Option<Vec<Endpoint>>,
    messages: Option<Vec<String>>,
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    code: String,
    name: String,
    http_status: Option<Vec<u16>>,
    endpoints: Option<Vec<Endpoint>>,
    messages: Option<Vec<String>>,
    source: Option<String>,
    retry: Retry,
    actor: Actor,
    meaning: Text,
    cause: Text,
    remedy: Text,
}

words! {
    /// An operation of the API.
    Endpoint {
        Token = "token",
        CreateProcess = "create-process",
        Process = "process",
        ProcessDetails = "process-details",
        ReusableDocuments = "reusable-documents",
    }
}
words! {
    /// What may be repeated.
    Retry {
        Never = "never",
        NewAssertion = "new-assertion",
        FreshToken = "fresh-token",
        NewCapture = "new-capture",
        Later = "later",
        ReadsOnly = "reads-only",
    }
}
words! {
    /// The party that must act.
    Actor {
        Developer = "developer",
        Operator = "operator",
        Person = "person",
        Unico = "unico",
        Nobody = "nobody",
    }
}

impl Catalogue {
    /// Reads both files of codes.
    pub(crate) fn read(spec: &Path) -> Result<Self, Failure> {
        let mut codes = BTreeMap::new();
        for name in ["error_codes.toml", "oauth_codes.toml"] {
            let path = spec.join(name);
            let text = fs::read_to_string(&path)
                .map_err(|failure| format!("{}: {failure}", path.display()))?;
            for entry in parse(&text).map_err(|failure| format!("{name}: {failure}"))? {
                if let Some(twice) = codes.insert(entry.code.clone(), entry) {
                    return Err(format!("{name}: the code {} stands twice", twice.code).into());
                }
            }
        }
        Ok(Self(codes))
    }

    /// Every entry, sorted by its code's text.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.values()
    }
}

fn parse(text: &str) -> Result<Vec<Entry>, Failure> {
    let File { defaults, code } = toml::from_str(text)?;
    code.into_iter()
        .map(|row| {
            let missing = |member: &str| format!("{} has no {member}", row.code);
            let fill = |message: &String| message.replace("{code}", &row.code);
            let messages = row
                .messages
                .as_ref()
                .or(defaults.messages.as_ref())
                .ok_or_else(|| missing("messages"))?;
            Ok(Entry {
                messages: messages.iter().map(fill).collect(),
                http_status: row
                    .http_status
                    .clone()
                    .or_else(|| defaults.http_status.clone())
                    .ok_or_else(|| missing("http-status"))?,
                endpoints: row
                    .endpoints
                    .clone()
                    .or_else(|| defaults.endpoints.clone())
                    .ok_or_else(|| missing("endpoints"))?,
                source: row
                    .source
                    .clone()
                    .or_else(|| defaults.source.clone())
                    .ok_or_else(|| missing("source"))?,
                code: row.code,
                name: row.name,
                retry: row.retry,
                actor: row.actor,
                meaning: row.meaning,
                cause: row.cause,
                remedy: row.remedy,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "[[code]]\ncode = '1'\nname = 'one'\nretry = 'never'\nactor = 'unico'\n\
        meaning = { en = 'a', pt = 'b' }\ncause = { en = 'a', pt = 'b' }\nremedy = { en = 'a', pt = 'b' }\n";
    const DEFAULTS: &str = "[defaults]\nhttp-status = [401]\nendpoints = ['token']\nmessages = ['code {code}']\nsource = 'a page'\n";

    #[test]
    fn defaults_fill_what_a_code_leaves_out() {
        let entries = parse(&format!("{DEFAULTS}{ROW}")).unwrap();
        assert_eq!(entries[0].messages, ["code 1"]);
        assert_eq!(entries[0].http_status, [401]);
    }

    #[test]
    fn an_incomplete_or_misspelt_code_is_refused() {
        assert!(parse(ROW).is_err());
        assert!(parse(&format!("{DEFAULTS}{ROW}retri = 'never'\n")).is_err());
        assert!(
            parse(&format!(
                "{DEFAULTS}{}",
                ROW.replace("'never'", "'sometimes'")
            ))
            .is_err()
        );
        assert!(parse(&format!("{DEFAULTS}{}", ROW.replace(", pt = 'b'", ""))).is_err());
    }
}

//! The spec's parameters, enums, limits, endpoints and glossary.
//!
//! Must not fill a gap: an undefined name is refused where it is used.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::catalogue::Endpoint;
use super::words::words;
use crate::Failure;

/// The spec without error codes and scenarios.
pub(crate) struct Vocabulary {
    pub(crate) groups: Vec<Group>,
    pub(crate) enums: Vec<OpenEnum>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) terms: Vec<Term>,
}

/// Parameters of one place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) place: Place,
    pub(crate) title: String,
    /// The group whose parameters belong here too.
    pub(crate) extends: Option<String>,
    /// The name of the group's object in the OpenAPI document; groups with one name form one
    /// object.
    pub(crate) schema: Option<String>,
    /// The names of the objects inside, by their dotted paths.
    #[serde(default)]
    pub(crate) objects: BTreeMap<String, String>,
    #[serde(rename = "parameter")]
    pub(crate) parameters: Vec<Parameter>,
}

/// One member, header, claim or query parameter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: Type,
    /// Another type that a page gives.
    pub(crate) also: Option<Type>,
    pub(crate) need: Need,
    pub(crate) text: String,
    #[serde(rename = "enum")]
    pub(crate) values: Option<String>,
    #[serde(default)]
    pub(crate) spellings: Vec<String>,
    pub(crate) example: Option<toml::Value>,
}

/// A list of values that may grow without notice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenEnum {
    pub(crate) name: String,
    pub(crate) member: String,
    #[serde(rename = "type")]
    pub(crate) kind: Type,
    /// The type of idcloud-model that parses it.
    pub(crate) rust: Option<String>,
    pub(crate) source: String,
    pub(crate) note: String,
    #[serde(rename = "value")]
    pub(crate) values: Vec<Value>,
}

/// One value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Value {
    pub(crate) wire: String,
    #[serde(default)]
    pub(crate) aliases: Vec<String>,
    pub(crate) meaning: String,
}

/// A limit with its unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    pub(crate) name: String,
    pub(crate) value: u64,
    pub(crate) unit: Unit,
    pub(crate) code: Option<String>,
    pub(crate) meaning: String,
    pub(crate) source: String,
}

/// An operation of the API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operation {
    pub(crate) id: Endpoint,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) server: Server,
    /// The group of operations that it belongs to.
    pub(crate) tag: Tag,
    /// The groups of the request.
    pub(crate) takes: Vec<String>,
    /// The group of the successful answer.
    pub(crate) answers: String,
    pub(crate) summary: String,
    pub(crate) text: String,
    /// The description of the successful answer.
    pub(crate) good: String,
    /// Statuses that are documented without a code.
    #[serde(default)]
    pub(crate) other: Vec<OtherStatus>,
    #[serde(rename = "example")]
    pub(crate) examples: Vec<Example>,
}

/// A status that is documented without a code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OtherStatus {
    pub(crate) http: u16,
    pub(crate) text: String,
}

/// An invented successful answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Example {
    pub(crate) name: String,
    pub(crate) value: toml::Value,
}

/// A term.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Term {
    pub(crate) name: String,
    pub(crate) portuguese: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) meaning: String,
}

words! {
    /// The place of a group's parameters.
    Place {
        Form = "form",
        Claims = "claims",
        Header = "header",
        Path = "path",
        Query = "query",
        Body = "body",
        Answer = "answer",
        Webhook = "webhook",
    }
}
words! {
    /// The type of a parameter.
    Type {
        String = "string",
        Integer = "integer",
        Boolean = "boolean",
        Object = "object",
        ListOfObject = "list of object",
        ListOfString = "list of string",
    }
}
words! {
    /// Whether a parameter is required.
    Need {
        Always = "always",
        Sometimes = "sometimes",
        Optional = "optional",
    }
}
words! {
    /// What a limit counts.
    Unit {
        Characters = "characters",
        Bytes = "bytes",
        Pixels = "pixels",
        Seconds = "seconds",
        Rate = "requests a second",
    }
}
words! {
    /// The subject of an operation.
    Tag {
        Tokens = "tokens",
        Processes = "processes",
        Documents = "documents",
    }
}
/// The host that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Server {
    Identity,
    Api,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enums {
    #[serde(rename = "enum")]
    lists: Vec<OpenEnum>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    limit: Vec<Limit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Endpoints {
    endpoint: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Glossary {
    term: Vec<Term>,
}

impl Vocabulary {
    /// Parses the five files, and checks their references to one another.
    pub(crate) fn read(spec: &Path) -> Result<Self, Failure> {
        let vocabulary = Self {
            groups: file::<Parameters>(spec, "parameters.toml")?.group,
            enums: file::<Enums>(spec, "enums.toml")?.lists,
            limits: file::<Limits>(spec, "limits.toml")?.limit,
            operations: file::<Endpoints>(spec, "endpoints.toml")?.endpoint,
            terms: file::<Glossary>(spec, "glossary.toml")?.term,
        };
        vocabulary.check_names()?;
        Ok(vocabulary)
    }

    /// The group with this id.
    pub(crate) fn group(&self, id: &str) -> Result<&Group, Failure> {
        self.groups
            .iter()
            .find(|group| group.id == id)
            .ok_or_else(|| format!("no group {id}").into())
    }

    /// The list with this name.
    pub(crate) fn list(&self, name: &str) -> Result<&OpenEnum, Failure> {
        self.enums
            .iter()
            .find(|list| list.name == name)
            .ok_or_else(|| format!("no enum {name}").into())
    }

    /// A group's parameters, those of the group that it extends first.
    pub(crate) fn parameters<'a>(
        &'a self,
        group: &'a Group,
    ) -> Result<Vec<&'a Parameter>, Failure> {
        let mut parameters = match &group.extends {
            Some(base) => self.parameters(self.group(base)?)?,
            None => Vec::new(),
        };
        parameters.extend(&group.parameters);
        Ok(parameters)
    }

    fn check_names(&self) -> Result<(), Failure> {
        for operation in &self.operations {
            for id in operation.takes.iter().chain([&operation.answers]) {
                self.group(id)?;
            }
        }
        for group in &self.groups {
            for parameter in self.parameters(group)? {
                if let Some(name) = &parameter.values {
                    self.list(name)?;
                }
            }
        }
        Ok(())
    }
}

fn file<T: DeserializeOwned>(spec: &Path, name: &str) -> Result<T, Failure> {
    let path = spec.join(name);
    let text =
        fs::read_to_string(&path).map_err(|failure| format!("{}: {failure}", path.display()))?;
    Ok(toml::from_str(&text).map_err(|failure| format!("{name}: {failure}"))?)
}

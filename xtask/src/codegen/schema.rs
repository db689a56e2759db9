//! Groups of parameters as named JSON Schemas, for the OpenAPI document.
//!
//! Must not close a list or a type that the documents leave open.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::vocabulary::{Group, Need, OpenEnum, Parameter, Type, Vocabulary};
use crate::Failure;

/// The path of a named schema in the document.
const SCHEMAS: &str = "#/components/schemas/";

/// A reference to the schema of this name.
pub(crate) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{SCHEMAS}{name}") })
}

/// A reference to the object of these groups.
pub(crate) fn object_of(groups: &[&Group]) -> Result<Value, Failure> {
    let names: BTreeSet<&str> = groups
        .iter()
        .filter_map(|group| group.schema.as_deref())
        .collect();
    match Vec::from_iter(names).as_slice() {
        [name] => Ok(reference(name)),
        names => {
            let ids: Vec<&str> = groups.iter().map(|group| group.id.as_str()).collect();
            let ids = ids.join(", ");
            Err(format!("the groups {ids} make one object, and name {names:?}").into())
        }
    }
}

/// Every named schema: the groups' objects, the objects inside them, and the lists of values.
pub(crate) fn named(vocabulary: &Vocabulary) -> Result<Map<String, Value>, Failure> {
    let mut schemas = Map::new();
    let mut trees: BTreeMap<&str, Tree<'_>> = BTreeMap::new();
    for group in &vocabulary.groups {
        if let Some(name) = &group.schema {
            trees.entry(name).or_default().grow(group);
        }
    }
    for (name, tree) in &trees {
        let object = object(tree, vocabulary, &mut schemas)?;
        define(&mut schemas, name, object)?;
    }
    let lists: BTreeSet<&str> = vocabulary
        .groups
        .iter()
        .flat_map(|group| &group.parameters)
        .filter_map(|parameter| parameter.values.as_deref())
        .collect();
    for name in lists {
        let list = vocabulary.list(name)?;
        define(&mut schemas, &known_name(name), known(list)?)?;
    }
    Ok(schemas)
}

/// Two schemas of one name would make one of them unreachable.
fn define(schemas: &mut Map<String, Value>, name: &str, schema: Value) -> Result<(), Failure> {
    match schemas.insert(name.to_owned(), schema) {
        None => Ok(()),
        Some(_) => Err(format!("two schemas have the name {name}").into()),
    }
}

/// A tree of parameters, built from their dotted names.
#[derive(Default)]
struct Tree<'a> {
    leaf: Option<&'a Parameter>,
    /// The name of the object at this node.
    name: Option<&'a str>,
    children: BTreeMap<&'a str, Tree<'a>>,
}

impl<'a> Tree<'a> {
    fn grow(&mut self, group: &'a Group) {
        for parameter in &group.parameters {
            self.at(&parameter.name).leaf = Some(parameter);
        }
        for (path, name) in &group.objects {
            self.at(path).name = Some(name);
        }
    }

    fn at(&mut self, path: &'a str) -> &mut Self {
        path.split('.').fold(self, |node, step| {
            node.children
                .entry(step.trim_end_matches("[]"))
                .or_default()
        })
    }
}

fn object(
    tree: &Tree<'_>,
    vocabulary: &Vocabulary,
    schemas: &mut Map<String, Value>,
) -> Result<Value, Failure> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, child) in &tree.children {
        if child
            .leaf
            .is_some_and(|parameter| parameter.need == Need::Always)
        {
            required.push(*name);
        }
        properties.insert((*name).to_owned(), node(child, vocabulary, schemas)?);
    }
    let mut out = Map::new();
    out.insert("type".into(), "object".into());
    if !properties.is_empty() {
        out.insert("properties".into(), properties.into());
    }
    if !required.is_empty() {
        out.insert("required".into(), required.into());
    }
    Ok(out.into())
}

fn node(
    tree: &Tree<'_>,
    vocabulary: &Vocabulary,
    schemas: &mut Map<String, Value>,
) -> Result<Value, Failure> {
    let mut out = match tree.leaf {
        Some(parameter) if tree.children.is_empty() && tree.name.is_none() => {
            leaf(parameter, vocabulary)?
        }
        _ => {
            let name = tree.name.ok_or_else(|| {
                let members: Vec<_> = tree.children.keys().collect();
                format!("the object with the members {members:?} has no name in `objects`")
            })?;
            let object = object(tree, vocabulary, schemas)?;
            define(schemas, name, object)?;
            match tree.leaf {
                Some(parameter) if parameter.kind == Type::ListOfObject => {
                    json!({ "type": "array", "items": reference(name) })
                }
                Some(Parameter {
                    also: Some(Type::ListOfObject),
                    ..
                }) => {
                    json!({ "anyOf": [
                        reference(name),
                        { "type": "array", "items": reference(name) },
                    ] })
                }
                _ => reference(name),
            }
        }
    };
    if let (Some(parameter), Some(schema)) = (tree.leaf, out.as_object_mut()) {
        schema.insert("description".into(), parameter.text.as_str().into());
    }
    Ok(out)
}

/// The schema of a single parameter.
pub(crate) fn leaf(parameter: &Parameter, vocabulary: &Vocabulary) -> Result<Value, Failure> {
    let mut out = match parameter.kind {
        Type::ListOfString => json!({ "type": "array", "items": { "type": "string" } }),
        Type::ListOfObject => json!({ "type": "array", "items": { "type": "object" } }),
        single => json!({ "type": single.word() }),
    };
    if let Some(schema) = out.as_object_mut() {
        if let Some(also) = parameter.also {
            schema.insert(
                "type".into(),
                json!([json_type(parameter.kind), json_type(also)]),
            );
            if also == Type::ListOfObject {
                schema.insert("items".into(), json!({ "type": "object" }));
            }
        }
        if let Some(name) = &parameter.values {
            // The alternatives give the types: a tool that reads both makes a type for each.
            schema.remove("type");
            schema.insert(
                "anyOf".into(),
                open(name, vocabulary.list(name)?, parameter.also),
            );
        }
        if let Some(example) = &parameter.example {
            schema.insert("examples".into(), json!([example]));
        }
    }
    Ok(out)
}

/// The known values, or any other: a list that may grow without notice.
fn open(name: &str, list: &OpenEnum, also: Option<Type>) -> Value {
    let mut any = vec![reference(&known_name(name))];
    any.extend(
        [Some(list.kind), also]
            .into_iter()
            .flatten()
            .map(|kind| json!({ "type": json_type(kind) })),
    );
    any.into()
}

/// The values of a list that are known today.
fn known(list: &OpenEnum) -> Result<Value, Failure> {
    let mut known = Vec::new();
    for value in &list.values {
        known.push(match list.kind {
            Type::Integer => value.wire.parse::<i64>()?.into(),
            Type::Boolean => value.wire.parse::<bool>()?.into(),
            _ => Value::from(value.wire.as_str()),
        });
    }
    Ok(json!({
        "type": json_type(list.kind),
        "enum": known,
        "description": format!("Known values of `{}`; IDCloud may answer others.", list.member),
    }))
}

/// The schema of the list `behavior-alert` is `KnownBehaviorAlert`: the name says that the list is
/// open.
fn known_name(list: &str) -> String {
    let words = list.split('-').flat_map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        [first.to_uppercase(), rest.to_owned()]
    });
    std::iter::once("Known".to_owned()).chain(words).collect()
}

/// The type's name in JSON Schema.
const fn json_type(kind: Type) -> &'static str {
    match kind {
        Type::ListOfObject | Type::ListOfString => "array",
        single => single.word(),
    }
}

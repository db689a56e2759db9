//! Groups of parameters as JSON Schema, for the OpenAPI document.
//!
//! Never closes a list or a type that the documents leave open.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::vocabulary::{Need, OpenEnum, Parameter, Type, Vocabulary};
use crate::Failure;

/// A tree of parameters, grown from their dotted names.
#[derive(Default)]
struct Tree<'a> {
    leaf: Option<&'a Parameter>,
    children: BTreeMap<&'a str, Tree<'a>>,
}

/// The schema of an object whose members are named by dotted paths.
pub(crate) fn schema(parameters: &[&Parameter], vocabulary: &Vocabulary) -> Result<Value, Failure> {
    let mut tree = Tree::default();
    for parameter in parameters {
        let mut node = &mut tree;
        for step in parameter.name.split('.') {
            node = node
                .children
                .entry(step.trim_end_matches("[]"))
                .or_default();
        }
        node.leaf = Some(*parameter);
    }
    object(&tree, vocabulary)
}

fn object(tree: &Tree<'_>, vocabulary: &Vocabulary) -> Result<Value, Failure> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, child) in &tree.children {
        if child
            .leaf
            .is_some_and(|parameter| parameter.need == Need::Always)
        {
            required.push(*name);
        }
        properties.insert((*name).to_owned(), node(child, vocabulary)?);
    }
    let mut out = Map::new();
    out.insert("type".into(), "object".into());
    out.insert("properties".into(), properties.into());
    if !required.is_empty() {
        out.insert("required".into(), required.into());
    }
    Ok(out.into())
}

fn node(tree: &Tree<'_>, vocabulary: &Vocabulary) -> Result<Value, Failure> {
    let mut out = match tree.leaf {
        Some(parameter) if parameter.kind == Type::ListOfObject => {
            json!({ "type": "array", "items": object(tree, vocabulary)? })
        }
        Some(parameter) if tree.children.is_empty() => leaf(parameter, vocabulary)?,
        _ => object(tree, vocabulary)?,
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
            schema.insert(
                "anyOf".into(),
                open(vocabulary.list(name)?, parameter.also)?,
            );
        }
        if let Some(example) = &parameter.example {
            schema.insert("examples".into(), json!([example]));
        }
    }
    Ok(out)
}

/// The known values, or any other: a list that may grow without notice.
fn open(list: &OpenEnum, also: Option<Type>) -> Result<Value, Failure> {
    let mut known = Vec::new();
    for value in &list.values {
        known.push(match list.kind {
            Type::Integer => value.wire.parse::<i64>()?.into(),
            Type::Boolean => value.wire.parse::<bool>()?.into(),
            _ => Value::from(value.wire.as_str()),
        });
    }
    let mut any = vec![json!({ "enum": known })];
    any.extend(
        [Some(list.kind), also]
            .into_iter()
            .flatten()
            .map(|kind| json!({ "type": json_type(kind) })),
    );
    Ok(any.into())
}

/// What JSON Schema calls a type.
const fn json_type(kind: Type) -> &'static str {
    match kind {
        Type::ListOfObject | Type::ListOfString => "array",
        single => single.word(),
    }
}

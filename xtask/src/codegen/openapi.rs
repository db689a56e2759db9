//! The spec as an OpenAPI 3.1 document.
//!
//! Must not claim to be Unico's: it describes what is documented, in every form of an answer that
//! the client parses.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::catalogue::{Catalogue, Endpoint, Entry};
use super::schema::{self, leaf, object_of, reference};
use super::vocabulary::{Need, Operation, Parameter, Place, Server, Tag, Vocabulary};
use crate::Failure;

/// The API's error envelope, its content, and the identity server's.
const ERROR: &str = "ErrorEnvelope";
const DETAIL: &str = "ErrorDetail";
const TOKEN_ERROR: &str = "TokenError";

/// The document, as text with a line feed at its end.
pub(crate) fn document(
    version: &str,
    codes: &Catalogue,
    vocabulary: &Vocabulary,
) -> Result<String, Failure> {
    let mut paths = Map::new();
    for operation in &vocabulary.operations {
        paths.insert(
            operation.path.clone(),
            json!({ &operation.method: self::operation(operation, codes, vocabulary)? }),
        );
    }
    let mut schemas = schema::named(vocabulary)?;
    schemas.extend(envelopes());
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            // Generators name their package after it.
            "title": "IDCloud",
            "version": version,
            "summary": "Unico IDCloud, by Client, as far as it is publicly documented",
            "description": "Made by `cargo xtask codegen` from crates/idcloud-model/spec. Never edited by hand; not a document of Unico's.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": servers(Server::Api),
        "tags": tags(),
        "paths": paths,
        "webhooks": { "processFinished": webhook(vocabulary)? },
        "components": {
            "schemas": schemas,
            "examples": examples(codes, vocabulary)?,
            "securitySchemes": {
                "accessToken": { "type": "http", "scheme": "bearer" },
                "apiKey": { "type": "apiKey", "in": "header", "name": "APIKEY" },
            },
        },
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}

fn tags() -> Value {
    let about = |tag: Tag| match tag {
        Tag::Tokens => "Access tokens, from the identity server.",
        Tag::Processes => "Verifications: create one, read one.",
        Tag::Documents => "Documents that can be used again.",
    };
    [Tag::Tokens, Tag::Processes, Tag::Documents]
        .map(|tag| json!({ "name": tag.word(), "description": about(tag) }))
        .to_vec()
        .into()
}

fn servers(server: Server) -> Value {
    match server {
        Server::Api => json!([
            { "url": "https://api.id.unico.app", "description": "production" },
            { "url": "https://api.id.uat.unico.app", "description": "test (UAT)" },
        ]),
        Server::Identity => json!([
            { "url": "https://identity.acesso.io", "description": "production" },
            { "url": "https://identityhomolog.acesso.io", "description": "test (UAT)" },
        ]),
    }
}

fn operation(
    operation: &Operation,
    codes: &Catalogue,
    vocabulary: &Vocabulary,
) -> Result<Value, Failure> {
    let mut out = Map::new();
    out.insert("operationId".into(), operation.id.word().into());
    out.insert("tags".into(), json!([operation.tag.word()]));
    out.insert("summary".into(), operation.summary.as_str().into());
    out.insert("description".into(), operation.text.as_str().into());
    out.insert("servers".into(), servers(operation.server));
    out.insert(
        "security".into(),
        match operation.server {
            Server::Identity => json!([]),
            Server::Api => json!([{ "accessToken": [], "apiKey": [] }]),
        },
    );

    let mut arguments = Vec::new();
    let mut body = Vec::new();
    let mut media = "application/json";
    for id in &operation.takes {
        let group = vocabulary.group(id)?;
        let parameters = vocabulary.parameters(group)?;
        match group.place {
            // Both headers are security schemes.
            Place::Header => {}
            Place::Path | Place::Query => {
                for parameter in parameters {
                    arguments.push(argument(parameter, group.place, vocabulary)?);
                }
            }
            _ => {
                if group.place == Place::Form {
                    media = "application/x-www-form-urlencoded";
                }
                body.push(group);
            }
        }
    }
    if !arguments.is_empty() {
        out.insert("parameters".into(), arguments.into());
    }
    if !body.is_empty() {
        let schema = object_of(&body)?;
        out.insert(
            "requestBody".into(),
            json!({ "required": true, "content": { media: { "schema": schema } } }),
        );
    }
    out.insert("responses".into(), responses(operation, codes, vocabulary)?);
    Ok(out.into())
}

fn argument(
    parameter: &Parameter,
    place: Place,
    vocabulary: &Vocabulary,
) -> Result<Value, Failure> {
    Ok(json!({
        "name": parameter.name,
        "in": place.word(),
        "required": place == Place::Path || parameter.need == Need::Always,
        "description": parameter.text,
        "schema": leaf(parameter, vocabulary)?,
    }))
}

fn responses(
    operation: &Operation,
    codes: &Catalogue,
    vocabulary: &Vocabulary,
) -> Result<Value, Failure> {
    let answer = object_of(&[vocabulary.group(&operation.answers)?])?;
    let mut responses = Map::new();
    let examples: Map<String, Value> = operation
        .examples
        .iter()
        .map(|example| (example.name.clone(), named_example(&example.name)))
        .collect();
    responses.insert(
        "200".into(),
        json!({
            "description": operation.good,
            "content": { "application/json": { "schema": &answer, "examples": examples } },
        }),
    );

    let envelope = reference(match operation.id {
        Endpoint::Token => TOKEN_ERROR,
        _ => ERROR,
    });
    let mut by_status: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in codes
        .entries()
        .filter(|entry| entry.endpoints.contains(&operation.id))
    {
        if entry.http_status.is_empty() {
            by_status
                .entry("default".to_owned())
                .or_default()
                .push(entry);
        }
        for status in &entry.http_status {
            by_status.entry(status.to_string()).or_default().push(entry);
        }
    }
    for (status, entries) in by_status {
        let examples: Map<String, Value> = entries
            .iter()
            .map(|entry| (entry.code.clone(), named_example(&entry.code)))
            .collect();
        responses.insert(
            status,
            json!({
                "description": "Refused or failed; the code says why.",
                "content": { "application/json": { "schema": envelope, "examples": examples } },
            }),
        );
    }
    for other in &operation.other {
        responses
            .entry(other.http.to_string())
            .or_insert_with(|| match other.http {
                // Another status for a successful answer.
                201 => json!({
                    "description": other.text,
                    "content": { "application/json": { "schema": answer } },
                }),
                _ => json!({ "description": other.text }),
            });
    }
    if matches!(operation.id, Endpoint::Process | Endpoint::ProcessDetails) {
        responses.insert("410".into(), json!({
            "description": "The process ended in status 5, or was removed when its retention ended.",
            "content": { "application/json": {
                "schema": object_of(&[vocabulary.group("process")?])?,
                "examples": { "failed": named_example("failed") },
            } },
        }));
    }
    if operation.server == Server::Api {
        responses.insert("429".into(), json!({
            "description": "The tenant's budget is used up.",
            "headers": { "Retry-After": { "description": "Seconds to wait.", "schema": { "type": "integer" } } },
        }));
    }
    Ok(responses.into())
}

/// The error envelopes: the newest form, and the identity server's.
fn envelopes() -> [(String, Value); 3] {
    let text = json!({ "type": "string" });
    [
        (
            ERROR.to_owned(),
            json!({
                "type": "object",
                "description": "Older pages write `Error`.",
                "properties": { "error": reference(DETAIL) },
            }),
        ),
        (
            DETAIL.to_owned(),
            json!({
                "type": "object",
                "description": "The code is a string or an integer.",
                "properties": { "code": { "type": ["string", "integer"] }, "description": text },
            }),
        ),
        (
            TOKEN_ERROR.to_owned(),
            json!({
                "type": "object",
                "description": "The code stands inside `error_description`.",
                "properties": { "error": text, "error_description": text },
            }),
        ),
    ]
}

/// A reference to the example of this name.
fn named_example(name: &str) -> Value {
    json!({ "$ref": format!("#/components/examples/{name}") })
}

/// Every example by its name: successful answers, and the errors by their codes.
fn examples(codes: &Catalogue, vocabulary: &Vocabulary) -> Result<Map<String, Value>, Failure> {
    let good = vocabulary
        .operations
        .iter()
        .flat_map(|operation| &operation.examples)
        .map(|example| (example.name.clone(), json!({ "value": example.value })));
    let errors = codes
        .entries()
        .map(|entry| (entry.code.clone(), example(entry)));
    let mut examples = Map::new();
    for (name, example) in good.chain(errors) {
        if examples.insert(name.clone(), example).is_some() {
            return Err(format!("two examples have the name {name}").into());
        }
    }
    Ok(examples)
}

fn example(entry: &Entry) -> Value {
    let message = entry.messages.first().map_or("", String::as_str);
    let value = if entry.endpoints == [Endpoint::Token] {
        json!({ "error": "server_error", "error_description": message })
    } else {
        json!({ "error": { "code": entry.code, "description": message } })
    };
    json!({ "summary": entry.meaning.en, "description": entry.remedy.en, "value": value })
}

fn webhook(vocabulary: &Vocabulary) -> Result<Value, Failure> {
    let notice = object_of(&[vocabulary.group("webhook")?])?;
    Ok(json!({ "post": {
        "summary": "A process is worth reading",
        "description": "Delivered at least once, in no order, unsigned, and without a result: read the process.",
        "requestBody": { "content": { "application/json": { "schema": notice } } },
        "responses": { "2XX": { "description": "Taken. Anything else is delivered again." } },
    } }))
}

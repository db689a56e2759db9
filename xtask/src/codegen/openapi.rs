//! The spec as an OpenAPI 3.1 document.
//!
//! Describes what is documented, in every answer form that is read; it is not a document of Unico's.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::catalogue::{Catalogue, Endpoint, Entry};
use super::schema::{leaf, schema};
use super::vocabulary::{Need, Operation, Parameter, Place, Server, Vocabulary};
use crate::Failure;

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
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Unico IDCloud, by Client, as far as it is publicly documented",
            "version": version,
            "summary": "Made by `cargo xtask codegen` from crates/idcloud-model/spec. Never edited by hand; not a document of Unico's.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": servers(Server::Api),
        "paths": paths,
        "webhooks": { "processFinished": webhook(vocabulary)? },
        "components": { "securitySchemes": {
            "accessToken": { "type": "http", "scheme": "bearer" },
            "apiKey": { "type": "apiKey", "in": "header", "name": "APIKEY" },
        } },
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
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
                body.extend(parameters);
            }
        }
    }
    if !arguments.is_empty() {
        out.insert("parameters".into(), arguments.into());
    }
    if !body.is_empty() {
        let schema = schema(&body, vocabulary)?;
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
    let answer = vocabulary.parameters(vocabulary.group(&operation.answers)?)?;
    let mut responses = Map::new();
    let examples: Map<String, Value> = operation
        .examples
        .iter()
        .map(|example| (example.name.clone(), json!({ "value": example.value })))
        .collect();
    responses.insert("200".into(), json!({
        "description": operation.good,
        "content": { "application/json": { "schema": schema(&answer, vocabulary)?, "examples": examples } },
    }));

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
            .map(|entry| (entry.code.clone(), example(entry)))
            .collect();
        responses.insert(status, json!({
            "description": "Refused or failed; the code says why.",
            "content": { "application/json": { "schema": envelope(operation.id), "examples": examples } },
        }));
    }
    for other in &operation.other {
        responses
            .entry(other.http.to_string())
            .or_insert_with(|| json!({ "description": other.text }));
    }
    if matches!(operation.id, Endpoint::Process | Endpoint::ProcessDetails) {
        responses.insert("410".into(), json!({
            "description": "The process ended in status 5, or was removed when its retention ended.",
            "content": { "application/json": { "examples": { "failed": {
                "value": { "id": "80371b2a-3ac7-432e-866d-57fe37896ac6", "status": 5 },
            } } } },
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

/// How an error is wrapped: the newest form of it.
fn envelope(endpoint: Endpoint) -> Value {
    let text = json!({ "type": "string" });
    if endpoint == Endpoint::Token {
        return json!({
            "type": "object",
            "description": "The code stands inside `error_description`.",
            "properties": { "error": text, "error_description": text },
        });
    }
    json!({
        "type": "object",
        "description": "Older pages write `Error`; the code is a string or an integer.",
        "properties": { "error": {
            "type": "object",
            "properties": { "code": { "type": ["string", "integer"] }, "description": text },
        } },
    })
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
    let notice = vocabulary.parameters(vocabulary.group("webhook")?)?;
    Ok(json!({ "post": {
        "summary": "A process is worth reading",
        "description": "Delivered at least once, in no order, unsigned, and without a result: read the process.",
        "requestBody": { "content": { "application/json": { "schema": schema(&notice, vocabulary)? } } },
        "responses": { "2XX": { "description": "Taken. Anything else is delivered again." } },
    } }))
}

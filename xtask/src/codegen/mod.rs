//! Generates Rust tables and reference pages from `crates/idcloud-model/spec`.
//!
//! Must not add a fact of its own: the outputs have only what the spec has.

mod catalogue;
mod openapi;
mod pages;
mod rust_tables;
mod scenarios;
mod schema;
mod vocabulary;
mod words;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Failure;

/// The folder of the spec, relative to the workspace's.
const SPEC: &str = "crates/idcloud-model/spec";
/// The folder of the Rust tables.
const TABLES: &str = "crates/idcloud-model/src/catalogue/generated";

/// The folder of the reference pages.
const PAGES: &str = "docs/reference";

/// The path of the OpenAPI document.
const OPENAPI: &str = "docs/openapi.json";

/// A generated file.
struct Output {
    /// Relative to the workspace's folder.
    path: String,
    content: String,
}

/// Writes every output that differs, and returns their names.
pub(crate) fn write(root: &Path) -> Result<String, Failure> {
    let mut wrote = Vec::new();
    for output in outputs(root)? {
        let path = root.join(&output.path);
        if fs::read_to_string(&path).is_ok_and(|found| found == output.content) {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &output.content)?;
        wrote.push(format!("wrote {}", output.path));
    }
    if wrote.is_empty() {
        wrote.push("nothing to write".to_owned());
    }
    Ok(wrote.join("\n"))
}

/// Fails if an output on disk differs from the spec's, and names it.
pub(crate) fn check(root: &Path) -> Result<String, Failure> {
    let outputs = outputs(root)?;
    let stale: Vec<&str> = outputs
        .iter()
        .filter(|output| {
            fs::read_to_string(root.join(&output.path)).ok().as_ref() != Some(&output.content)
        })
        .map(|output| output.path.as_str())
        .collect();
    if stale.is_empty() {
        return Ok(format!(
            "{} generated files agree with the spec\n",
            outputs.len()
        ));
    }
    Err(format!(
        "stale: {}; run `cargo xtask codegen` and commit what it writes",
        stale.join(", ")
    )
    .into())
}

/// All generated files.
fn outputs(root: &Path) -> Result<Vec<Output>, Failure> {
    let spec = root.join(SPEC);
    let codes = catalogue::Catalogue::read(&spec)?;
    let scenarios = scenarios::Scenarios::read(&spec)?;
    let vocabulary = vocabulary::Vocabulary::read(&spec)?;
    let table = |name: &str, source: &str| {
        Ok::<_, Failure>(Output {
            path: format!("{TABLES}/{name}.rs"),
            content: rustfmt(source)?,
        })
    };
    let page = |name: &str, content: String| Output {
        path: format!("{PAGES}/{name}.md"),
        content,
    };
    Ok(vec![
        table("error_codes", &rust_tables::error_codes(&codes))?,
        table("scenarios", &rust_tables::scenarios(&scenarios))?,
        table("limits", &rust_tables::limits(&vocabulary))?,
        table("enums", &rust_tables::enums(&vocabulary))?,
        page("error-codes", pages::error_codes(&codes)),
        page("scenarios", pages::scenarios(&scenarios)),
        page("parameters", pages::parameters(&vocabulary)?),
        page("glossary", pages::glossary(&vocabulary)),
        Output {
            path: OPENAPI.to_owned(),
            content: openapi::document(env!("CARGO_PKG_VERSION"), &codes, &vocabulary)?,
        },
    ])
}

/// Formats Rust source as `cargo fmt` would.
fn rustfmt(source: &str) -> Result<String, Failure> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|failure| format!("rustfmt does not start: {failure}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(source.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err("rustfmt refuses a generated table".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with nothing but the spec.
    fn bare() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let spec = folder.path().join(SPEC);
        fs::create_dir_all(&spec).unwrap();
        for file in fs::read_dir(crate::root().join(SPEC)).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), spec.join(file.file_name())).unwrap();
        }
        folder
    }

    #[test]
    fn what_is_committed_is_what_the_spec_says() {
        check(&crate::root()).unwrap();
    }

    #[test]
    fn a_stale_or_missing_file_is_named() {
        let folder = bare();
        assert!(
            check(folder.path())
                .unwrap_err()
                .to_string()
                .contains("docs/openapi.json")
        );
        write(folder.path()).unwrap();
        check(folder.path()).unwrap();

        let page = folder.path().join(PAGES).join("glossary.md");
        fs::write(&page, fs::read_to_string(&page).unwrap() + "by hand").unwrap();
        let stale = check(folder.path()).unwrap_err().to_string();
        assert!(
            stale.contains("docs/reference/glossary.md") && !stale.contains("openapi"),
            "{stale}"
        );
    }

    #[test]
    fn a_changed_spec_makes_its_outputs_stale() {
        let folder = bare();
        write(folder.path()).unwrap();
        let spec = folder.path().join(SPEC).join("scenarios.toml");
        let text = fs::read_to_string(&spec)
            .unwrap()
            .replace("The process is still running", "The process goes on");
        fs::write(&spec, text).unwrap();
        let stale = check(folder.path()).unwrap_err().to_string();
        assert!(
            stale.contains("generated/scenarios.rs") && stale.contains("reference/scenarios.md"),
            "{stale}"
        );
    }

    #[test]
    fn the_same_spec_gives_the_same_bytes() {
        let contents = |outputs: Vec<Output>| {
            outputs
                .into_iter()
                .map(|output| output.content)
                .collect::<Vec<_>>()
        };
        let folder = bare();
        assert_eq!(
            contents(outputs(folder.path()).unwrap()),
            contents(outputs(folder.path()).unwrap())
        );
    }

    /// A generator names its types after these; an inline schema would get a name that the
    /// generator makes up.
    #[test]
    fn every_object_of_the_openapi_document_has_a_name() {
        fn inline(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
            match value {
                serde_json::Value::Object(members) => {
                    if members.contains_key("properties") || members.contains_key("enum") {
                        found.push(path.to_owned());
                    }
                    for (name, member) in members {
                        inline(member, &format!("{path}/{name}"), found);
                    }
                }
                serde_json::Value::Array(values) => {
                    for value in values {
                        inline(value, path, found);
                    }
                }
                _ => {}
            }
        }
        let outputs = outputs(bare().path()).unwrap();
        let document = outputs.iter().find(|output| output.path == OPENAPI);
        let document: serde_json::Value = serde_json::from_str(&document.unwrap().content).unwrap();
        let mut found = Vec::new();
        inline(&document["paths"], "", &mut found);
        inline(&document["webhooks"], "", &mut found);
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for (name, schema) in schemas {
            for members in ["properties", "items"] {
                inline(&schema[members], name, &mut found);
            }
        }
        assert_eq!(found, Vec::<String>::new());
        for name in [
            "CreateProcess",
            "Document",
            "ErrorEnvelope",
            "Process",
            "Subject",
        ] {
            assert!(schemas.contains_key(name), "{name}");
        }
        let read = |path: &str, method: &str| {
            document["paths"][path][method]["responses"]["200"]["content"]["application/json"]
                ["schema"]["$ref"]
                .clone()
        };
        for (path, method) in [
            ("/processes/v1", "post"),
            ("/processes/v1/{processId}", "get"),
            ("/processes/v2/{processId}", "get"),
        ] {
            assert_eq!(read(path, method), "#/components/schemas/Process");
        }
    }

    #[test]
    fn every_error_code_is_an_example_of_the_openapi_document() {
        let outputs = outputs(bare().path()).unwrap();
        let document = outputs
            .iter()
            .find(|output| output.path == OPENAPI)
            .unwrap();
        let document: serde_json::Value = serde_json::from_str(&document.content).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let mut examples = std::collections::BTreeSet::new();
        for methods in document["paths"].as_object().unwrap().values() {
            for operation in methods.as_object().unwrap().values() {
                for response in operation["responses"].as_object().unwrap().values() {
                    let found = response["content"]["application/json"]["examples"].as_object();
                    examples.extend(found.into_iter().flatten().map(|(code, _)| code.clone()));
                }
            }
        }
        let codes = catalogue::Catalogue::read(&crate::root().join(SPEC)).unwrap();
        for entry in codes.entries() {
            assert!(examples.contains(&entry.code), "{} is missing", entry.code);
        }
    }

    /// A generated client can parse every documented form of an answer.
    #[test]
    fn good_answers_have_examples_and_both_types() {
        let outputs = outputs(bare().path()).unwrap();
        let document = outputs
            .iter()
            .find(|output| output.path == OPENAPI)
            .unwrap();
        let document: serde_json::Value = serde_json::from_str(&document.content).unwrap();
        for methods in document["paths"].as_object().unwrap().values() {
            for operation in methods.as_object().unwrap().values() {
                let good = &operation["responses"]["200"]["content"]["application/json"];
                assert!(!good["examples"].as_object().unwrap().is_empty());
            }
        }
        let schemas = &document["components"]["schemas"];
        let process = &schemas["Process"]["properties"];
        let content = &schemas["Document"]["properties"];
        for (schema, types) in [
            (&process["status"], ["integer", "string"]),
            (&content["cpfMatch"], ["boolean", "string"]),
            (&content["content"], ["object", "array"]),
        ] {
            let either = schema["anyOf"].as_array().into_iter().flatten();
            let either = either.map(|one| {
                let name = one["$ref"]
                    .as_str()
                    .and_then(|path| path.rsplit('/').next());
                name.map_or(one, |name| &schemas[name])["type"].clone()
            });
            let alone = schema["type"].as_array().into_iter().flatten().cloned();
            let found: Vec<_> = either.chain(alone).collect();
            for wanted in types {
                assert!(found.contains(&wanted.into()), "{wanted} in {found:?}");
            }
        }
        for (path, status) in [
            ("/processes/v1/{processId}", "404"),
            ("/documents/v1", "404"),
            ("/documents/v1", "409"),
        ] {
            let responses = &document["paths"][path]["get"]["responses"];
            assert!(responses[status].is_object(), "{path} {status}");
        }
        assert!(document["paths"]["/processes/v1"]["post"]["responses"]["409"].is_object());
    }
}

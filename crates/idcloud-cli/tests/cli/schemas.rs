//! The published JSON Schemas: each is valid, lists what the code knows, and matches the program's
//! real output.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idcloud_model::{CatalogueEntry, Scenario};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::support::{CPF, Files, Idcloud, NAME, PROCESS_ID, drawn_selfie, run};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/schemas")
}

fn schema(name: &str) -> Value {
    let path = folder().join(format!("{name}.json"));
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_slice(&text).unwrap()
}

fn validator(name: &str) -> Validator {
    jsonschema::draft202012::new(&schema(name)).unwrap()
}

/// Fails if `value` does not match the schema; shows only the place in the value.
#[track_caller]
pub(crate) fn assert_valid(name: &str, value: &Value) {
    let validator = validator(name);
    let errors: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {}", error.instance_path(), error.masked()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
}

/// The schema of a command's output, by its members.
pub(crate) fn schema_of(value: &Value) -> Option<&'static str> {
    let has = |name: &str| value.get(name).is_some();
    let first_has = |name: &str| value.get(0).is_some_and(|first| first.get(name).is_some());
    Some(match () {
        () if has("inFlightUntil") => "journal-entry",
        () if has("references") => "batch-status",
        () if has("requestsAtMost") => "batch-estimate",
        () if has("outcome") => "batch-row",
        () if has("decision") => "result",
        () if has("changes") => "preflight-subject",
        () if has("accepted") => "preflight",
        () if has("httpStatus") => "code",
        () if has("expiresIn") => "token",
        () if has("captureToken") => "captured",
        () if has("namedEntries") => "named-origin",
        () if has("apiUrl") => "listening",
        () if has("checks") => "conformance",
        () if has("parts") => "capture-token",
        () if value["kind"] == "token-answer" => "token-answer",
        () if value["kind"] == "notification" => "notification",
        () if has("items") => "reusable-documents",
        () if first_has("check") => "doctor",
        () if first_has("selfie") => "subjects",
        () => return None,
    })
}

#[test]
fn every_file_is_a_schema_and_is_listed() {
    let page = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            jsonschema::draft202012::meta::is_valid(&schema(name)),
            "{name}"
        );
        assert!(
            page.contains(&format!("({name}.json)")),
            "{name} is not listed"
        );
        seen.insert(name.to_owned());
    }
    assert!(seen.len() >= 12, "{seen:?}");
}

/// The schemas list exactly the rows and classes that the code has.
#[test]
fn lists_are_complete() {
    let listed = |name: &str, member: &str| {
        let listed = schema(name)["properties"][member]["enum"].clone();
        serde_json::from_value::<BTreeSet<String>>(listed).unwrap()
    };
    let rows: BTreeSet<_> = Scenario::ALL
        .iter()
        .map(|row| row.id().to_owned())
        .collect();
    assert_eq!(listed("result", "scenario"), rows);
    let classes: BTreeSet<_> = CatalogueEntry::all()
        .iter()
        .map(|entry| entry.retry().as_str().to_owned())
        .collect();
    assert!(classes.is_subset(&listed("code", "retry")));
}

/// A schema that accepts everything would prove nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_output_is_refused() {
    let object = run(Idcloud::new(["explain", "20507", "--format", "json"]))
        .await
        .object();
    let mut more = object.clone();
    more["severity"] = json!("high");
    let mut less = object.clone();
    less.as_object_mut().unwrap().remove("remedy");
    let mut other = object;
    other["retry"] = json!("maybe");
    for changed in [more, less, other] {
        assert!(!validator("code").is_valid(&changed), "{changed}");
    }
}

/// Runs each command for its output, which matches the schema that the page names.
#[tokio::test(flavor = "multi_thread")]
async fn real_outputs_are_valid() {
    let files = Files::new();
    let token = files.write(
        "captured",
        run(Idcloud::new(["simulator", "capture"]).arg(drawn_selfie()))
            .await
            .stdout
            .as_bytes(),
    );
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let (selfie, token, nowhere) = (
        path(&drawn_selfie()),
        path(&token),
        path(&files.path("nowhere")),
    );
    let notice = json!({"processId": PROCESS_ID, "state": "new", "flow": "id"}).to_string();
    let process = json!({"id": PROCESS_ID, "status": 3, "score": "odd", "document": {"content": {"a": 1}, "fileUrls": ["u"]}}).to_string();
    let person = ["--cpf", CPF];
    let holder = [
        &person[..],
        &["--purpose", "onboarding", "--auth-process-id", PROCESS_ID],
    ]
    .concat();
    let table: [(&str, Vec<&str>, &str); 21] = [
        (
            "result",
            [
                &["onboard", "--name", NAME, "--selfie", &selfie],
                &person[..],
            ]
            .concat(),
            "",
        ),
        ("result", vec!["liveness", "--selfie", &token], ""),
        (
            "result",
            vec!["compare", "--reference-image", &selfie, "--selfie", &selfie],
            "",
        ),
        (
            "result",
            [&["document", "capture", "--file", &selfie], &holder[..]].concat(),
            "",
        ),
        ("result", vec!["explain", "-"], &process),
        ("result", vec!["explain", "-", "--reveal"], &process),
        (
            "reusable-documents",
            [&["document", "find"], &person[..]].concat(),
            "",
        ),
        ("code", vec!["explain", "1.2.7", "--lang", "pt"], ""),
        ("code", vec!["explain", "40004"], ""),
        ("notification", vec!["explain", "-"], &notice),
        ("capture-token", vec!["explain", &token], ""),
        ("capture-token", vec!["explain", "-"], "a..c.d.e"),
        ("preflight", vec!["preflight", &selfie], ""),
        ("preflight", vec!["preflight", &token], ""),
        ("preflight", vec!["preflight", &nowhere], ""),
        ("token", vec!["token"], ""),
        ("doctor", vec!["doctor"], ""),
        ("doctor", vec!["doctor", "--env", "uat"], ""),
        ("subjects", vec!["simulator", "subjects"], ""),
        ("captured", vec!["simulator", "capture", &selfie], ""),
        ("conformance", vec!["simulator", "conformance"], ""),
    ];
    for (name, arguments, stdin) in table {
        let run = run(Idcloud::new(arguments)
            .args(["--format", "json"])
            .stdin(stdin)
            .listing_codes())
        .await;
        let value: Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"));
        assert_valid(name, &value);
        assert_eq!(schema_of(&value), Some(name), "{run}");
    }
}

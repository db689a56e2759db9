//! The simulator compared with `docs/openapi.json`: every answer is in the document, and everything
//! in the document is answered.
//!
//! Must not let the two drift apart: a status, a member or a word that only one of them has is a
//! failure. Requested faults are left out.

use std::collections::BTreeSet;

use base64::Engine as _;
use bytes::Bytes;
use http::{Method, Request};
use idcloud_model::{Capabilities, Capability, SelfieKind};
use idcloud_simulator::{
    Config, Dialect, KeyProfile, SharedSimulator, TestSubject, Webhook, capture, subjects,
};
use serde_json::{Value, json};

use super::bench::{
    Bench, YES, account, at, claims, form, header, image, onboarding, plain, sign, sized_png,
    token_request,
};

const NOBODY: &str = "5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43";

/// Which words of the document are accepted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    /// Listed words only.
    Listed,
    /// Any word: older spellings, and words that no document lists.
    Any,
}

/// The document, and the parts of it that occurred.
struct Document {
    text: Value,
    seen: BTreeSet<(String, String)>,
}

impl Document {
    fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let text = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        Self {
            text: resolved(&text, &text),
            seen: BTreeSet::new(),
        }
    }

    /// The operation of a request.
    fn operation(&self, method: &Method, path: &str) -> &Value {
        let is_it = |template: &str| {
            let (mut asked, mut known) = (path.split('/'), template.split('/'));
            asked.by_ref().count() == known.by_ref().count()
                && path
                    .split('/')
                    .zip(template.split('/'))
                    .all(|(asked, known)| asked == known || known.starts_with('{'))
        };
        let paths = self.text["paths"].as_object().unwrap();
        let (_, operations) = paths.iter().find(|(path, _)| is_it(path)).unwrap();
        &operations[method.as_str().to_lowercase()]
    }

    /// Sends a request and validates its answer by the document; an accepted request must be in it
    /// as well.
    #[track_caller]
    fn exchange(
        &mut self,
        bench: &mut Bench,
        request: Request<Bytes>,
        now: f64,
        words: Words,
    ) -> Value {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let sent = serde_json::from_slice::<Value>(request.body()).ok();
        let (status, mut answer) = super::bench::read(&bench.simulator.handle(request, at(now)));
        // The document says: "Older pages write `Error`".
        if let Some(error) = answer
            .as_object_mut()
            .and_then(|answer| answer.remove("Error"))
        {
            answer["error"] = error;
        }
        let operation = self.operation(&method, &path);
        let id = operation["operationId"].as_str().unwrap().to_owned();
        let responses = operation["responses"].as_object().unwrap();
        let listed = if responses.contains_key(status.as_str()) {
            status.as_str()
        } else {
            "default"
        };
        let Some(response) = responses.get(listed) else {
            // For invalid token requests, and for the budget of the token endpoint, nothing is
            // published.
            assert_eq!(id, "token", "{status} is answered, and not in the document");
            return answer;
        };
        let place = format!("{id} {status}");
        // One schema describes both versions; only the second may name the person.
        if id != "process-details" {
            assert_eq!(answer.get("processAdditionalInfo"), None, "{place}");
        }
        if let Some(schema) = response.pointer("/content/application~1json/schema") {
            assert_valid(&place, schema, &answer, words);
        }
        if status.as_u16() == 429 {
            assert_eq!(
                response["headers"]["Retry-After"]["schema"]["type"],
                "integer"
            );
        }
        if let (Some(sent), true) = (sent, status.is_success()) {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            assert_valid(&format!("request of {id}"), schema, &sent, Words::Listed);
        }
        self.seen.insert((id, listed.to_owned()));
        answer
    }

    fn create(&mut self, bench: &mut Bench, body: &Value, now: f64, words: Words) -> Value {
        let request = bench
            .request(Method::POST, "/processes/v1")
            .header("content-type", "application/json")
            .body(body.to_string().into());
        self.exchange(bench, request.unwrap(), now, words)
    }

    fn get(&mut self, bench: &mut Bench, path: &str, now: f64, words: Words) -> Value {
        let request = bench.request(Method::GET, path).body(Bytes::new());
        self.exchange(bench, request.unwrap(), now, words)
    }

    /// A subject's process from its creation to its end, with what it proves about the person.
    fn onboard(&mut self, subject: &TestSubject, dialect: Dialect) {
        let words = match (subject.scenario, dialect) {
            ("unknown-value" | "unknown-status", _) => Words::Any,
            (_, Dialect::V2025 | Dialect::V2026) => Words::Listed,
            _ => Words::Any,
        };
        let config = Config::default().with_rate_limit(None);
        let mut bench = Bench::with(config, "identity,risk-score");
        let (_, proof) = bench.create(&onboarding(subject.code, &plain()), at(-1.0));
        let profile = KeyProfile::new(subject.capabilities).with_dialect(dialect);
        bench.key = bench.simulator.issue_api_key(profile);
        let selfie = match subject.selfie {
            SelfieKind::CaptureToken => capture(&image(), at(0.0)),
            _ => plain(),
        };
        let mut body = onboarding(subject.code, &selfie);
        if subject.capabilities.contains(Capability::FaceMatch) {
            body["references"] = json!([
                {"referenceType": "REFERENCE_TYPE_IMAGE_BASE64", "referenceContent": plain()},
            ]);
        }
        if subject.capabilities.contains(Capability::Document) {
            body = json!({"subject": {"code": subject.code, "duiType": "DUI_TYPE_BR_CPF"}, "document": {
                "purpose": "onboarding", "authProcessId": proof["id"], "files": [{"data": plain()}],
            }});
        }
        let created = self.create(&mut bench, &body, 0.0, words);
        let id = created["id"].as_str().unwrap();
        for seconds in [0.5, 3.0, 60.0] {
            self.get(&mut bench, &format!("/processes/v1/{id}"), seconds, words);
            self.get(&mut bench, &format!("/processes/v2/{id}"), seconds, words);
        }
        let kept = format!("/documents/v1?code={}&type=BR_CNH", subject.code);
        self.get(&mut bench, &kept, 61.0, words);
    }

    /// Requests with flaws, to every operation.
    fn refusals(&mut self, dialect: Dialect) {
        let config = Config::default()
            .with_rate_limit(None)
            .with_dialect(dialect);
        let mut bench = Bench::with(config, "identity");
        let (token, key) = (bench.token.clone(), bench.key.clone());
        let whole = onboarding(YES, &plain());
        let small = base64::engine::general_purpose::STANDARD.encode(sized_png(10, 10));
        let process = format!("/processes/v1/{NOBODY}");
        let details = format!("/processes/v2/{NOBODY}");
        for (token, key) in [("a?b", &*key), ("e30.e30.AA", &*key), (&*token, "wrong")] {
            (bench.token, bench.key) = (token.into(), key.into());
            self.create(&mut bench, &whole, 1.0, Words::Listed);
            for path in [&*process, &*details, "/documents/v1?code=1&type=BR_RG"] {
                self.get(&mut bench, path, 1.0, Words::Listed);
            }
        }
        (bench.token, bench.key) = (token, key);
        for body in [
            json!({}),
            json!({"subject": {}}),
            json!({"subject": {"code": YES}}),
            onboarding("11111111111", &plain()),
            onboarding(YES, ""),
            onboarding(YES, "?"),
            onboarding(YES, "aGVsbG8="),
            onboarding(YES, &small),
            onboarding(YES, &"A".repeat(819_204)),
        ] {
            self.create(&mut bench, &body, 2.0, Words::Listed);
        }
        for path in ["/processes/v1/x", "/processes/v2/x", &*process, &*details] {
            self.get(&mut bench, path, 2.0, Words::Listed);
        }
        let announced = bench
            .request(Method::POST, "/processes/v1")
            .header("content-type", "text/plain")
            .body(whole.to_string().into());
        self.exchange(&mut bench, announced.unwrap(), 2.0, Words::Listed);

        // One fault for every operation that has a code for it, and the later answer about a failed
        // process.
        for fault in [
            "create:next:500",
            "get:next:500",
            "details:next:500",
            "documents:next:500",
        ] {
            bench.simulator.add_fault(fault.parse().unwrap());
        }
        self.create(&mut bench, &whole, 3.0, Words::Listed);
        let failed = self.create(
            &mut bench,
            &onboarding("11122231261", &plain()),
            3.0,
            Words::Listed,
        );
        let failed = failed["id"].as_str().unwrap();
        for path in [
            format!("/processes/v1/{failed}"),
            format!("/processes/v2/{failed}"),
        ] {
            self.get(&mut bench, &path, 3.0, Words::Listed);
            self.get(&mut bench, &path, 3.0, Words::Listed);
        }

        let document: Capabilities = "document".parse().unwrap();
        bench.key = bench.simulator.issue_api_key(document);
        for query in ["", "?code=1", "?code=12345678909&type=BR_RG"] {
            self.get(
                &mut bench,
                &format!("/documents/v1{query}"),
                4.0,
                Words::Listed,
            );
        }
        for proof in [NOBODY, failed] {
            let body = json!({"subject": {"code": "11122231261", "duiType": "DUI_TYPE_BR_CPF"}, "document": {
                "purpose": "onboarding", "authProcessId": proof, "files": [{"data": plain()}],
            }});
            self.create(&mut bench, &body, 4.0, Words::Listed);
        }
    }

    /// The token endpoint, and refusals by the budget.
    fn tokens_and_budget(&mut self) {
        let mut bench = Bench::new("identity");
        let account = account(bench.simulator.tenant_id());
        for scope in ["*", "read"] {
            let mut claims = claims(&account, at(0.0));
            claims["scope"] = scope.into();
            let request = token_request(&sign(&account, &header(), &claims));
            self.exchange(&mut bench, request, 0.0, Words::Listed);
        }
        let other = || form("grant_type=password");
        self.exchange(&mut bench, other(), 0.0, Words::Listed);
        for _ in 0..8 {
            self.create(&mut bench, &onboarding(YES, &plain()), 0.0, Words::Listed);
        }
        self.create(&mut bench, &onboarding(YES, &plain()), 0.0, Words::Listed);
        for path in ["/processes/v1/x", "/processes/v2/x", "/documents/v1"] {
            self.get(&mut bench, path, 0.0, Words::Listed);
        }
        self.exchange(&mut bench, other(), 0.0, Words::Listed);
    }
}

/// Fails if `value` has a member that `schema` does not list, or does not match it otherwise.
#[track_caller]
fn assert_valid(place: &str, schema: &Value, value: &Value, words: Words) {
    let closed = closed(schema, words);
    let validator = jsonschema::draft202012::new(&closed).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{place}: {errors:?} in {value}");
}

/// The value with its references resolved; the document's schemas have no cycles.
fn resolved(value: &Value, document: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut out = serde_json::Map::new();
            if let Some(Value::String(reference)) = members.get("$ref") {
                let target = document.pointer(reference.trim_start_matches('#'));
                let target = resolved(target.expect(reference), document);
                out.extend(target.as_object().unwrap().clone());
            }
            let others = members.iter().filter(|(name, _)| *name != "$ref");
            out.extend(others.map(|(name, value)| (name.clone(), resolved(value, document))));
            out.into()
        }
        Value::Array(values) => values
            .iter()
            .map(|value| resolved(value, document))
            .collect(),
        other => other.clone(),
    }
}

/// The schema without its openness for later values: unlisted members, and on request unlisted
/// words, are refused.
fn closed(schema: &Value, words: Words) -> Value {
    match schema {
        Value::Object(members) => {
            let mut out: serde_json::Map<_, _> = members
                .iter()
                .map(|(name, value)| (name.clone(), closed(value, words)))
                .collect();
            if out.contains_key("properties") {
                out.insert("additionalProperties".into(), false.into());
            }
            if let (Some(Value::Array(either)), Words::Listed) = (out.get_mut("anyOf"), words) {
                let is_list = |schema: &Value| schema.get("enum").is_some();
                if either.iter().any(is_list) {
                    either.retain(is_list);
                }
            }
            out.into()
        }
        Value::Array(values) => values.iter().map(|value| closed(value, words)).collect(),
        other => other.clone(),
    }
}

/// Every answer is in the document, and everything in the document is answered, except for the list
/// below.
#[test]
fn the_simulator_and_the_document_tell_the_same() {
    let mut document = Document::read();
    for dialect in Dialect::ALL {
        for subject in subjects() {
            document.onboard(subject, dialect);
        }
        document.refusals(dialect);
    }
    document.tokens_and_budget();

    let mut unseen = Vec::new();
    for operations in document.text["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            for status in operation["responses"].as_object().unwrap().keys() {
                if !document.seen.contains(&(id.to_owned(), status.clone())) {
                    unseen.push(format!("{id} {status}"));
                }
            }
        }
    }
    assert_eq!(
        unseen,
        [
            // The newest contract has 401 where all others have 403: this simulator follows the
            // others.
            "reusable-documents 401",
            // Listed without a code or a reason.
            "reusable-documents 404",
            "reusable-documents 409",
            "create-process 201",
            "create-process 401",
            // A proxy's.
            "create-process 502",
            "process 401",
            "process 409",
            "process-details 401",
        ]
    );
}

/// A notice has the form of the document's webhook.
#[test]
fn notices() {
    let document = Document::read();
    let schema = &document.text["webhooks"]["processFinished"]["post"]["requestBody"]["content"]["application/json"]
        ["schema"];
    let mut bench = Bench::new("identity,risk-score");
    let tenant = bench.simulator.tenant_id().to_owned();
    let hook = Webhook::new("http://receiver.test/notices".parse().unwrap());
    bench.simulator.set_webhook(&tenant, Some(hook));
    bench.create(&onboarding("11122230370", &plain()), at(0.0));
    let told = SharedSimulator::new(bench.simulator).deliver_webhooks(at(3.0), |notice| {
        let notice = serde_json::from_slice(notice.body()).unwrap();
        assert_valid("notice", schema, &notice, Words::Listed);
        Some(http::Response::new(Bytes::new()))
    });
    assert_eq!(told, 1);
}

/// The comparison can fail: it finds an additional member, an unlisted word, and an undocumented
/// status.
#[test]
fn a_difference_is_seen() {
    let schema = json!({"type": "object", "properties": {
        "result": {"type": "string", "anyOf": [{"enum": ["yes"]}, {"type": "string"}]},
    }});
    let is_valid = |value: Value, words| {
        std::panic::catch_unwind(|| assert_valid("made up", &schema, &value, words)).is_ok()
    };
    assert!(is_valid(json!({"result": "yes"}), Words::Listed));
    assert!(is_valid(json!({"result": "perhaps"}), Words::Any));
    assert!(!is_valid(json!({"result": "perhaps"}), Words::Listed));
    assert!(!is_valid(json!({"result": 1}), Words::Any));
    assert!(!is_valid(json!({"result": "yes", "more": 1}), Words::Any));

    let mut document = Document::read();
    document.text["paths"]["/processes/v1"]["post"]["responses"] = json!({"400": {}});
    let mut bench = Bench::new("identity");
    let answered = std::panic::AssertUnwindSafe(|| {
        document.create(&mut bench, &onboarding(YES, &plain()), 0.0, Words::Listed)
    });
    assert!(std::panic::catch_unwind(answered).is_err());
}

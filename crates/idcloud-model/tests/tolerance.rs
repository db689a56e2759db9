//! Promises: a verdict cannot be misread, and nothing personal leaks. Any input is read or refused,
//! never a panic; values that this version does not know are kept, approve nothing and are not
//! printed.
//!
//! Must use forms that no document shows: wrong types, deep nesting, duplicate members, broken
//! bytes.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it did not expect"
)]

#[path = "oracle/answers.rs"]
mod answers;
mod oracle;

use std::fmt::Debug;

use answers::{ID, answer, asked_of, capability_sets, policy, question, selfie};
use idcloud_model::{
    Asked, Decision, ErrorAnswer, LivenessReading, Notification, Policy, Process, ReadError,
    ReusableDocument, SelfieKind, decide,
};
use oracle::{Answer, ROWS, judge, missing};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Any JSON, with answers' member names in any place.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-3_i64..=6).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        select(vec![
            "yes",
            "true",
            "approved",
            "inconclusive",
            "3",
            "1",
            ID
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(NAMES.to_vec()).prop_map(str::to_owned),
        1 => select(NAMES.to_vec()).prop_map(str::to_uppercase),
        1 => ".{0,8}",
    ]
}

const NAMES: [&str; 26] = [
    "id",
    "status",
    "unicoId",
    "liveness",
    "identityFraudsters",
    "score",
    "government",
    "serpro",
    "authenticated",
    "biometryToken",
    "idCloud",
    "riskLevel",
    "result",
    "document",
    "cpfMatch",
    "faceMatch",
    "content",
    "fileUrls",
    "type",
    "processAdditionalInfo",
    "personName",
    "error",
    "code",
    "error_description",
    "items",
    "processId",
];

/// Reads bytes with every parser. None may panic, and no verdict may approve outside a row that the
/// table lists as approving.
fn read_everywhere(bytes: &[u8], asked: Asked, policy: Policy) -> Option<Process> {
    let error = ErrorAnswer::from_body(bytes);
    assert!(error.body().len() <= 4096 && bytes.starts_with(error.body()));
    let _ = (format!("{error:?}"), Notification::from_json(bytes));
    let _ = ReusableDocument::list_from_json(bytes);
    let process = Process::from_json(bytes).ok()?;
    let _ = format!(
        "{process:?} {:?}",
        LivenessReading::of(process.evidence(), &asked)
    );
    if let Process::Final(process) = &process {
        let verdict = decide(process, &asked, &policy);
        let row = ROWS
            .iter()
            .find(|row| row.id == verdict.scenario().id())
            .expect("every scenario is a row");
        assert_eq!(row.decision, verdict.decision().as_str());
    }
    Some(process)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any JSON is read without a panic; an approval is one by the oracle's reading of the table
    /// too.
    #[test]
    fn any_json_approves_by_a_row_or_not_at_all(
        mut raw in any_json(),
        status in prop_oneof![Just(json!(3)), Just(json!("3")), any_json()],
        question in question(),
        set in select(capability_sets()),
        policy in policy(),
    ) {
        if let Some(members) = raw.as_object_mut() {
            // Two spellings of one member have a test of their own.
            let mut seen = Vec::new();
            members.retain(|name, _| !matches!(name.to_ascii_lowercase().as_str(), "id" | "status") && {
                let new = !seen.contains(&name.to_ascii_lowercase());
                seen.push(name.to_ascii_lowercase());
                new
            });
            members.insert("id".to_owned(), json!(ID));
            members.insert("status".to_owned(), status);
        }
        let asked = asked_of(question, set);
        let bytes = raw.to_string().into_bytes();
        if let Some(Process::Final(process)) = read_everywhere(&bytes, asked, policy) {
            let verdict = decide(&process, &asked, &policy);
            if verdict.decision() == Decision::Approve {
                let answer = Answer::read(&raw);
                prop_assert!(missing(&answer, asked).is_empty());
                prop_assert_eq!(judge(&answer, asked, policy).id, verdict.scenario().id(), "{}", raw);
            }
        }
    }

    /// Any bytes are read without a panic.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), question in question(), policy in policy()) {
        let _ = read_everywhere(&bytes, question, policy);
    }

    /// An answer that was cut, or had a byte changed, on its way: read or refused. Cut short, it is
    /// never a process.
    #[test]
    fn damaged_answers(raw in answer(), at in any::<prop::sample::Index>(), byte in any::<u8>(), question in question(), policy in policy()) {
        let whole = raw.to_string().into_bytes();
        let at = at.index(whole.len());
        prop_assert!(read_everywhere(&whole[..at], question, policy).is_none());
        prop_assert_eq!(Process::from_json(&whole[..at]), Err(if at == 0 { ReadError::Empty } else { ReadError::Truncated }));
        let mut changed = whole;
        changed[at] = byte;
        let _ = read_everywhere(&changed, question, policy);
    }

    /// Unknown members are kept unchanged, can be listed, and change no verdict.
    #[test]
    fn unknown_members_survive(raw in answer(), name in "x[a-zA-Z0-9 .é]{1,10}", value in any_json(), question in question(), set in select(capability_sets()), policy in policy()) {
        let plain = Process::from_json(raw.to_string().as_bytes()).expect("a process");
        let raw_has_status = raw.get("status").is_some();
        let mut richer = raw;
        richer[&name] = value.clone();
        let richer = Process::from_json(richer.to_string().as_bytes()).expect("a process");
        // Through text and back, because a number may lose its last digit there.
        let value: Value = serde_json::from_str(&value.to_string()).expect("JSON");
        prop_assert!(richer.evidence().unknown_members().any(|(found, kept)| found == name && *kept == value));
        // The oldest 1:1 answer has no status, and is recognized by having no other members either.
        if raw_has_status {
            prop_assert_eq!(plain.status(), richer.status());
        }
        if let (Process::Final(plain), Process::Final(richer)) = (plain, richer) {
            let asked = asked_of(question, set);
            prop_assert_eq!(decide(&plain, &asked, &policy), decide(&richer, &asked, &policy));
        }
    }

    /// An unknown value is kept unchanged, in every place, and approves nothing.
    #[test]
    fn unknown_values_survive(word in "z[a-z0-9]{1,10}", selfie in selfie(), set in select(capability_sets())) {
        let raw = json!({
            "id": ID, "status": 3, "liveness": word, "score": word, "authenticated": word,
            "unicoId": {"result": word}, "identityFraudsters": {"result": word}, "government": {"serpro": word},
            "idCloud": {"result": word}, "riskLevel": {"result": word}, "document": {"cpfMatch": word, "faceMatch": word},
        });
        let process = Process::from_json(raw.to_string().as_bytes()).expect("a process");
        let evidence = process.evidence();
        let word = json!(word);
        prop_assert_eq!(evidence.identity().expect("identity").to_json(), word.clone());
        prop_assert_eq!(evidence.behavior_alert().expect("an alert").to_json(), word.clone());
        prop_assert_eq!(evidence.trust_decision().expect("a decision").to_json(), word.clone());
        prop_assert_eq!(evidence.risk_level().expect("a level").to_json(), word.clone());
        prop_assert_eq!(LivenessReading::of(evidence, &Asked::new(set, selfie)).to_json(), word.clone());
        for (place, value) in raw.as_object().expect("an object") {
            if place == "id" || place == "status" {
                continue;
            }
            let alone = json!({"id": ID, "status": 3, place: value});
            let Ok(Process::Final(process)) = Process::from_json(alone.to_string().as_bytes()) else { panic!("status 3 is final") };
            let verdict = decide(&process, &Asked::new(set, selfie), &Policy::default());
            let expected = if place == "score" { "contradiction" } else { "unknown-value" };
            prop_assert_eq!(verdict.scenario().id(), expected);
        }
        let status = json!({"id": ID, "status": word, "unicoId": {"result": "yes"}});
        let process = Process::from_json(status.to_string().as_bytes()).expect("a process");
        prop_assert!(matches!(process, Process::Pending(_)));
        prop_assert_eq!(process.status().as_str(), "unknown");
    }
}

/// A duplicate member with two values never approves, in any order and spelling.
#[test]
fn repeated_members_never_approve() {
    let pairs = [
        (r#""liveness":1"#, r#""liveness":0"#),
        (r#""liveness":1"#, r#""Liveness":"7""#),
        (
            r#""unicoId":{"result":"yes"}"#,
            r#""unicoId":{"result":"no"}"#,
        ),
        (
            r#""unicoId":{"result":"yes"}"#,
            r#""UnicoId":{"Result":"inconclusive"}"#,
        ),
        (r#""unicoId":{"result":"yes","result":"no"}"#, r#""x":1"#),
        (
            r#""unicoId":{"result":"yes","Result":"inconclusive"}"#,
            r#""x":1"#,
        ),
        (
            r#""identityFraudsters":{"result":"inconclusive"}"#,
            r#""identityFraudsters":{"result":"yes"}"#,
        ),
        (r#""score":90"#, r#""score":10"#),
        (r#""authenticated":true"#, r#""authenticated":false"#),
        (
            r#""authenticated":true"#,
            r#""biometryToken":{"result":"false"}"#,
        ),
        (
            r#""biometryToken":{"result":"true"}"#,
            r#""biometryToken":{"result":"false"}"#,
        ),
        (
            r#""idCloud":{"result":"approved"}"#,
            r#""IdCloud":{"result":"retry"}"#,
        ),
        (
            r#""riskLevel":{"result":"approved"}"#,
            r#""riskLevel":{"result":"reproved"}"#,
        ),
        (
            r#""government":{"serpro":90}"#,
            r#""government":{"serpro":3}"#,
        ),
        (
            r#""document":{"cpfMatch":true}"#,
            r#""document":{"cpfMatch":false}"#,
        ),
        (
            r#""document":{"cpfMatch":true,"cpfMatch":false}"#,
            r#""x":1"#,
        ),
        (
            r#""document":{"cpfMatch":false,"cpfMatch":true}"#,
            r#""x":1"#,
        ),
        (
            r#""document":{"cpfMatch":true,"CpfMatch":false}"#,
            r#""x":1"#,
        ),
        (
            r#""document":{"CpfMatch":false,"cpfMatch":true}"#,
            r#""x":1"#,
        ),
        (
            r#""document":{"cpfMatch":true,"faceMatch":false,"faceMatch":true}"#,
            r#""x":1"#,
        ),
        (r#""status":1"#, r#""liveness":1"#),
    ];
    let good = [
        r#""liveness":1"#,
        r#""unicoId":{"result":"yes"}"#,
        r#""authenticated":true"#,
        r#""idCloud":{"result":"approved"}"#,
        r#""document":{"cpfMatch":true}"#,
    ];
    for (one, two) in pairs {
        for (first, second) in [(one, two), (two, one)] {
            for extra in good.iter().copied().chain([r#""y":1"#]) {
                // A repeated member among the extras would be a different contradiction.
                if one.starts_with(extra.split(':').next().expect("a name")) {
                    continue;
                }
                let raw = format!(r#"{{"id":"{ID}","status":3,{first},{extra},{second}}}"#);
                let Ok(Process::Final(process)) = Process::from_json(raw.as_bytes()) else {
                    continue;
                };
                for set in capability_sets() {
                    let asked = Asked::new(set, SelfieKind::CaptureToken);
                    let verdict = decide(&process, &asked, &Policy::default());
                    assert_ne!(verdict.decision(), Decision::Approve, "{raw} {asked:?}");
                }
            }
        }
    }
}

/// Deep nesting is refused or read, within the stack.
#[test]
fn deep_nesting_is_no_panic() {
    for (open, close) in [("[", "]"), (r#"{"document":"#, "}")] {
        for depth in [10, 127, 128, 129, 10_000] {
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let raw = format!(r#"{{"id":"{ID}","status":3,"more":{nested},"document":{nested}}}"#);
            let asked = Asked::new("document".parse().expect("a set"), SelfieKind::Image);
            for bytes in [nested.as_bytes(), raw.as_bytes()] {
                let _ = read_everywhere(bytes, asked, Policy::default());
            }
        }
    }
}

/// Replaces every text of an answer, one place at a time. It cannot be an id: those are printed on
/// purpose.
const MARKER: &str = "Marker 7f3a";

/// Everything of an answer that a caller may print.
fn printed(raw: &Value) -> Vec<String> {
    fn shown(value: &impl Debug) -> [String; 2] {
        [format!("{value:?}"), format!("{value:#?}")]
    }
    let bytes = raw.to_string().into_bytes();
    let asked = Asked::new(
        "liveness,identity,document".parse().expect("a set"),
        SelfieKind::CaptureToken,
    );
    let mut texts = Vec::new();
    texts.extend(shown(&ErrorAnswer::from_body(&bytes)));
    texts.extend(shown(&Notification::from_json(&bytes)));
    texts.extend(shown(&ReusableDocument::list_from_json(&bytes)));
    let process = Process::from_json(&bytes);
    texts.extend(shown(&process));
    if let Err(error) = &process {
        texts.push(error.to_string());
    }
    if let Ok(process) = &process {
        let evidence = process.evidence();
        texts.extend(shown(evidence));
        texts.extend(shown(&evidence.identity()));
        texts.extend(shown(&evidence.face_match()));
        texts.extend(shown(&evidence.document()));
        texts.extend(shown(
            &evidence
                .document()
                .and_then(idcloud_model::Document::fields),
        ));
        texts.extend(shown(&evidence.additional_info()));
        texts.extend(shown(&LivenessReading::of(evidence, &asked)));
    }
    if let Ok(Process::Final(process)) = &process {
        let verdict = decide(process, &asked, &Policy::default());
        texts.extend(shown(&verdict));
        texts.push(verdict.explanation(idcloud_model::Language::English));
        texts.push(verdict.explanation(idcloud_model::Language::Portuguese));
    }
    texts
}

/// An answer with a text in every documented place.
fn full_answer() -> Value {
    json!({
        "id": ID,
        "status": 3,
        "unicoId": {"result": "yes", "reason": "text"},
        "liveness": "1",
        "identityFraudsters": {"result": "inconclusive"},
        "score": "90",
        "government": {"serpro": "80", "name": "text"},
        "authenticated": "true",
        "biometryToken": {"result": "true"},
        "idCloud": {"result": "approved"},
        "riskLevel": {"result": "approved"},
        "document": {
            "id": "2f6d1a90-7c43-4b58-9e02-d1a5b3c7e8f4",
            "type": "unico.moja.dictionary.br.cnh.v2.Cnh",
            "cpfMatch": "true",
            "faceMatch": "true",
            "content": {"nomeCivil": "text", "filiacao": ["text", "text"], "deep": {"deeper": ["text"]}},
            "fileUrls": ["https://files.example/1"],
            "note": "text"
        },
        "processAdditionalInfo": {
            "transactionId": "text", "personName": "text", "personDocument": "text", "personImage": "https://files.example/2",
            "finishedAt": "2026-01-02T03:04:05", "note": "text"
        },
        "subject": {"name": "text", "code": "text"},
        "error": {"code": "text", "description": "text"},
        "error_description": "text",
        "code": "text",
        "items": [{"documentType": "text", "documentId": "text", "note": "text"}],
    })
}

/// Every answer that differs from `raw` in one text, or in one member's name, which is replaced by
/// the marker.
fn marked(raw: &Value) -> Vec<Value> {
    match raw {
        Value::String(_) => vec![json!(MARKER)],
        Value::Array(values) => (0..values.len())
            .flat_map(|at| {
                marked(&values[at]).into_iter().map(move |value| {
                    let mut values = values.clone();
                    values[at] = value;
                    Value::Array(values)
                })
            })
            .collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| {
                let values = marked(value).into_iter().map(move |value| {
                    let mut members = members.clone();
                    members.insert(name.clone(), value);
                    Value::Object(members)
                });
                let mut renamed = members.clone();
                if let Some(value) = renamed.remove(name) {
                    renamed.insert(MARKER.to_owned(), value);
                }
                values.chain([Value::Object(renamed)])
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Nothing personal leaks: the types of an answer print none of its texts.
#[test]
fn no_text_of_an_answer_prints_itself() {
    let mut places = 0;
    let forms = [
        full_answer(),
        json!({"id": ID, "status": 3, "state": "text", "flow": "text", "lastEvent": "text", "lastEventDescription": "text"}),
        json!({"id": ID, "status": 1, "document": "text", "unicoId": "text", "score": ["text"]}),
        json!({"id": ID, "status": "text", "liveness": {"text": "text"}}),
        json!({"id": ID, "status": 3, "document": ["text"], "processAdditionalInfo": "text", "riskLevel": ["text"]}),
        json!({"id": ID, "status": 3, "document": {"content": [{"name": "text"}], "fileUrls": "text", "cpfMatch": {"text": "text"}}}),
    ];
    for form in forms {
        for raw in marked(&form) {
            places += 1;
            for text in printed(&raw) {
                assert!(!text.contains(MARKER), "{text}\nfrom {raw}");
            }
        }
    }
    assert!(places > 80, "{places}");
}

/// The largest and smallest numbers are read correctly, or kept.
#[test]
fn extreme_numbers() {
    for number in [
        "9223372036854775808",
        "18446744073709551615",
        "-9223372036854775808",
        "1e400",
        "1e3",
        "-0",
        "3.0",
        "1E0",
    ] {
        for place in ["status", "liveness", "score"] {
            let raw = format!(r#"{{"id":"{ID}","{place}":{number},"unicoId":{{"result":"yes"}}}}"#);
            let process = Process::from_json(raw.as_bytes());
            assert!(!matches!(process, Ok(Process::Final(_))), "{raw}");
            let raw = format!(r#"{{"id":"{ID}","status":3,"{place}":{number}}}"#);
            if let Ok(Process::Final(process)) = Process::from_json(raw.as_bytes()) {
                let asked =
                    Asked::new("liveness".parse().expect("a set"), SelfieKind::CaptureToken);
                let verdict = decide(&process, &asked, &Policy::default());
                assert_ne!(verdict.decision(), Decision::Approve, "{raw}");
            }
        }
    }
}

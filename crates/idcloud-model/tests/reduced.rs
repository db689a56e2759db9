//! Promise: the stored part of a process judges as the process did, and holds nothing personal.

#[path = "oracle/answers.rs"]
mod answers;

use answers::{answer, asked_of, capability_sets, policy, question};
use idcloud_model::{Asked, FinalProcess, Policy, Process, decide};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(json: &str) -> Option<FinalProcess> {
    match Process::from_json(json.as_bytes()) {
        Ok(Process::Final(process)) => Some(process),
        _ => None,
    }
}

/// The reduced process is judged alike for every key, and reducing it again changes nothing.
fn check(process: &FinalProcess, question: Asked, policy: Policy) -> Result<(), TestCaseError> {
    let reduced = process.reduced();
    prop_assert_eq!(&reduced.reduced(), &reduced);
    prop_assert_eq!(reduced.id(), process.id());
    prop_assert_eq!(reduced.status(), process.status());
    for capabilities in capability_sets() {
        let asked = asked_of(question, capabilities);
        prop_assert_eq!(
            decide(&reduced, &asked, &policy),
            decide(process, &asked, &policy)
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_answer(raw in answer(), question in question(), policy in policy()) {
        if let Some(process) = read(&raw.to_string()) {
            check(&process, question, policy)?;
        }
    }

    /// One member written twice, in two spellings, with two values.
    #[test]
    fn any_contradiction(first in answer(), second in answer(), question in question(), policy in policy()) {
        let inside = |raw: &Value| raw.to_string().trim_matches(['{', '}']).to_owned();
        let joined = format!("{{{},{}}}", inside(&first), inside(&second));
        if let Some(process) = read(&joined) {
            check(&process, question, policy)?;
        }
    }

    /// Whatever text is anywhere in an answer, only plain words are kept.
    #[test]
    fn nothing_personal(text in "[a-z]{3}( |@|\\.|[0-9]{2})[ -~]{0,20}", place in 0..10_usize) {
        let members = [
            json!({"unicoId": {"result": text}}),
            json!({"unicoId": {"result": "yes", text.clone(): text}}),
            json!({"idCloud": text}),
            json!({"score": text, "liveness": [text]}),
            json!({"government": {"serpro": {"of": text}}}),
            json!({"biometryToken": {"result": text}}),
            json!({"document": {"type": text, "content": {"nome": text}, "fileUrls": [text], "faceMatch": text}}),
            json!({"document": [text]}),
            json!({"processAdditionalInfo": {"personName": text, "transactionId": text}}),
            json!({text.clone(): text}),
        ];
        let mut raw = members.get(place).expect("ten places").clone();
        let object = raw.as_object_mut().expect("an object");
        object.insert("id".to_owned(), answers::ID.into());
        object.insert("status".to_owned(), 3.into());
        let process = read(&raw.to_string()).expect("status 3 is final");
        let kept = process.to_reduced_json().to_string();
        prop_assert!(!kept.contains(&text), "{}", kept);
    }
}

/// Every sample of every generation.
#[test]
fn every_sample() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");
    let mut judged = 0;
    for file in std::fs::read_dir(directory).expect("samples") {
        let text = std::fs::read_to_string(file.expect("a sample").path()).expect("a text");
        let Some(process) = read(&text) else {
            continue;
        };
        judged += 1;
        for selfie in ["image", "capture-token", "unknown"] {
            let selfie = selfie.parse().expect("a kind");
            let question = Asked::new(idcloud_model::Capabilities::NONE, selfie);
            check(&process, question, Policy::default()).expect("judged alike");
        }
    }
    assert!(judged > 40, "{judged} samples are final");
}

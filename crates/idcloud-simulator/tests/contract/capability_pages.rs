//! The JSON in `docs/capabilities` is correct: each page's request is sent as shown, and the answer
//! is compared with the page's.
//!
//! Must not accept a member on a page that the simulator answers differently, or not at all.

use bytes::Bytes;
use idcloud_simulator::{Config, KeyProfile, capture};
use serde_json::Value;

use super::bench::{Bench, at, image, onboarding, plain};

/// The pages, each with the capabilities of the key for its request.
const PAGES: &[(&str, &str)] = &[
    ("liveness", "liveness"),
    ("identity-verification", "identity"),
    ("behavior-alert", "identity,behavior-alert"),
    ("risk-score", "identity,risk-score"),
    ("serpro", "identity,serpro"),
    ("comparison", "face-match"),
    ("documents", "document"),
];

/// The JSON under a page's heading `## Request` or `## Answer`.
fn sample(page: &str, heading: &str) -> String {
    let path = format!(
        "{}/../../docs/capabilities/{page}.md",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, block) = section.split_once("```json\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

/// Fails if `shown` has a part that `real` has not. Ids are equal to any other id; `…` stands for
/// an omitted part of a text.
fn assert_shown(place: &str, shown: &Value, real: &Value) {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            for (name, value) in shown {
                let there = real
                    .get(name)
                    .unwrap_or_else(|| panic!("{place}.{name} is not answered"));
                assert_shown(&format!("{place}.{name}"), value, there);
            }
        }
        (Value::Array(shown), Value::Array(real)) => {
            assert_eq!(shown.len(), real.len(), "{place}");
            for (shown, real) in shown.iter().zip(real) {
                assert_shown(place, shown, real);
            }
        }
        (Value::String(text), Value::String(real)) => {
            let is_id = |text: &str| text.len() == 36 && text.matches('-').count() == 4;
            let begins = text.split('…').next().unwrap_or_default();
            assert!(
                text == real
                    || (is_id(text) && is_id(real))
                    || (text.contains('…') && real.starts_with(begins)),
                "{place} is {real}"
            );
        }
        _ => assert_eq!(shown, real, "{place}"),
    }
}

#[test]
fn each_page_shows_what_is_sent_and_answered() {
    for (page, capabilities) in PAGES {
        let config = Config::default().with_unknown_references(true);
        let mut bench = Bench::with(config, "identity");
        let profile = KeyProfile::new(capabilities.parse().unwrap());
        let mut request = sample(page, "Request")
            .replace("<capture token>", &capture(&image(), at(0.0)))
            .replace("<image or capture token>", &plain())
            .replace("<base64 of the front>", &plain())
            .replace("<base64 of the back>", &plain());
        assert!(!request.contains('<'), "{page}: {request}");
        let asked: Value = serde_json::from_str(&request).unwrap();
        if *page == "documents" {
            // The process that proves the document's holder is a real one here.
            let person = asked["subject"]["code"].as_str().unwrap();
            let (_, proof) = bench.create(&onboarding(person, &plain()), at(0.0));
            let shown = asked["document"]["authProcessId"].as_str().unwrap();
            request = request.replace(shown, proof["id"].as_str().unwrap());
        }
        bench.key = bench.simulator.issue_api_key(profile);
        let (status, created) = bench.create_raw(Bytes::from(request), at(0.0));
        assert_eq!(status, 200, "{page}: {created}");
        let (_, answer) = bench.look_up(&created["id"], at(10.0));

        let shown: Value = serde_json::from_str(&sample(page, "Answer")).unwrap();
        assert_shown(page, &shown, &answer);
        let members =
            |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
        assert_eq!(members(&shown), members(&answer), "{page}");
    }
}

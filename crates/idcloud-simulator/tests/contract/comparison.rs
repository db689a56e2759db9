//! 1:1: what is compared, what is required, and the form of the result in each generation.

use idcloud_model::SubjectCode;
use idcloud_simulator::{Config, Dialect, Face, KeyProfile, Outcome};
use serde_json::{Value, json};

use super::bench::{Bench, YES, at, code, image, onboarding, plain};

const STRANGER: &str = "12345678909";
const UNLIKE: &str = "11122232829";

/// A caller with a key for 1:1, and an earlier process of `subject`.
fn begun(capabilities: &str, subject: &str) -> (Bench, Value) {
    let mut bench = Bench::with(Config::default().with_rate_limit(None), "identity");
    let (_, earlier) = bench.create(&onboarding(subject, &plain()), at(0.0));
    let profile = KeyProfile::new(capabilities.parse().unwrap());
    bench.key = bench.simulator.issue_api_key(profile);
    (bench, earlier["id"].clone())
}

fn picture() -> Value {
    json!([{"referenceType": "REFERENCE_TYPE_IMAGE_BASE64", "referenceContent": plain()}])
}

/// Every documented form of the reference is accepted, in either case, and the person need not be
/// named.
#[test]
fn every_form_of_the_reference() {
    let (mut bench, id) = begun("face-match", YES);
    let upper = id.as_str().unwrap().to_uppercase();
    for reference in [
        json!({"referenceProcessId": id}),
        json!({"referenteProcessId": id}),
        json!({"referenceProcessId": upper}),
        json!({"references": [{"referenceType": "REFERENCE_TYPE_PROCESS_ID", "referenceContent": id}]}),
        json!({"references": picture()}),
    ] {
        let mut body = reference;
        body["imagebase64"] = plain().into();
        let (status, answer) = bench.create(&body, at(1.0));
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            answer,
            json!({"id": answer["id"], "status": 3, "biometryToken": {"result": "true"}})
        );
    }
}

/// A missing or wrong member has its code; a missing reference has none of its own and makes the
/// body invalid.
#[test]
fn each_flaw_has_its_code() {
    let (mut bench, id) = begun("face-match,liveness", YES);
    let good = json!({
        "subject": {"code": YES}, "referenceProcessId": id, "imageBase64": plain(),
    });
    assert_eq!(code(&bench.create(&good, at(1.0))), (200, ""));
    let unknown = "5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43";
    for (change, expected) in [
        (json!({"referenceProcessId": null}), (400, "20003")),
        (json!({"referenceProcessId": "abc"}), (400, "20003")),
        (
            json!({"references": [{"referenceType": "X", "referenceContent": "y"}]}),
            (400, "20003"),
        ),
        (json!({"subject": null}), (400, "20004")),
        (json!({"subject": {}}), (400, "20005")),
        (json!({"subject": {"code": "1"}}), (400, "20507")),
        (json!({"imageBase64": null}), (400, "20009")),
        (json!({"referenceProcessId": unknown}), (404, "50001")),
        (
            json!({"references": [{"referenceType": "REFERENCE_TYPE_IMAGE_BASE64", "referenceContent": "aGVsbG8="}]}),
            (400, "20505"),
        ),
    ] {
        let mut body = good.clone();
        let object = body.as_object_mut().unwrap();
        object.extend(change.as_object().unwrap().clone());
        assert_eq!(code(&bench.create(&body, at(1.0))), expected, "{change}");
    }
}

/// The result is the named person's, otherwise the reference's; two different named people have two
/// faces.
#[test]
fn who_is_compared() {
    for (earlier, named, expected) in [
        (YES, None, "true"),
        (UNLIKE, None, "false"),
        (UNLIKE, Some(UNLIKE), "false"),
        (YES, Some(YES), "true"),
        (YES, Some(STRANGER), "false"),
    ] {
        let (mut bench, id) = begun("face-match", earlier);
        let mut body = json!({"referenceProcessId": id, "imageBase64": plain()});
        if let Some(named) = named {
            body["subject"] = json!({"code": named});
        }
        let (_, answer) = bench.create(&body, at(1.0));
        assert_eq!(
            answer["biometryToken"]["result"], expected,
            "{earlier} {named:?}"
        );
    }
}

/// An arranged outcome applies to comparisons too.
#[test]
fn comparisons_can_be_arranged() {
    let (mut bench, _) = begun("face-match", YES);
    let subject: SubjectCode = STRANGER.parse().unwrap();
    bench
        .simulator
        .arrange(subject, Outcome::YES.with_face_match(false));
    let body =
        json!({"subject": {"code": STRANGER}, "references": picture(), "imageBase64": plain()});
    let (_, answer) = bench.create(&body, at(1.0));
    assert_eq!(answer["biometryToken"]["result"], "false");
}

/// Each generation has its form: a boolean in the first two; in the oldest, without a status if
/// there is no other result.
#[test]
fn each_dialect_has_its_form() {
    let token = idcloud_simulator::Capture::new(&image(), at(1.0))
        .with_face(Face::Spoof)
        .token();
    for (dialect, alone, with_liveness) in [
        (
            Dialect::V2023,
            json!({"authenticated": true}),
            json!({"authenticated": true, "liveness": 2}),
        ),
        (
            Dialect::V2024,
            json!({"status": 3, "authenticated": true}),
            json!({"status": 3, "authenticated": true, "liveness": 2}),
        ),
        (
            Dialect::V2025,
            json!({"status": 3, "biometryToken": {"result": "true"}}),
            json!({"status": 3, "biometryToken": {"result": "true"}, "liveness": 2}),
        ),
        (
            Dialect::V2026,
            json!({"status": 3, "biometryToken": {"result": "true"}}),
            json!({"status": 3, "biometryToken": {"result": "true"}, "liveness": 2}),
        ),
    ] {
        for (capabilities, selfie, expected) in [
            ("face-match", plain(), alone),
            ("face-match,liveness", token.clone(), with_liveness),
        ] {
            let (mut bench, id) = begun(capabilities, YES);
            let profile = KeyProfile::new(capabilities.parse().unwrap()).with_dialect(dialect);
            bench.key = bench.simulator.issue_api_key(profile);
            let body =
                json!({"subject": {"code": YES}, "referenceProcessId": id, "imageBase64": selfie});
            let (_, mut answer) = bench.create(&body, at(1.0));
            let new = answer["id"].clone();
            assert_eq!(new.as_str().unwrap().len(), 36);
            answer.as_object_mut().unwrap().remove("id");
            assert_eq!(answer, expected, "{dialect} {capabilities}");
            assert_eq!(bench.look_up(&new, at(2.0)).0, 200, "in any case");
        }
    }
}

/// A simulator that loses its state between two requests can be configured to accept unknown
/// references.
#[test]
fn unknown_references_can_be_allowed() {
    let config = Config::default().with_unknown_references(true);
    let mut bench = Bench::with(config, "face-match");
    let body = json!({"referenceProcessId": "5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43", "imageBase64": plain()});
    let (_, answer) = bench.create(&body, at(0.0));
    assert_eq!(answer["biometryToken"]["result"], "true");
}

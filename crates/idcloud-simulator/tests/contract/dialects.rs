//! The four generations: four forms of the same outcome.

use idcloud_simulator::{Config, Dialect, KeyProfile, key_ring};
use serde_json::json;

use super::bench::{Bench, YES, at, onboarding, plain, read};

const EVERYTHING: &str = "identity,behavior-alert,risk-score,serpro";
const SCORE_90: &str = "11122230370";

fn bench(dialect: Dialect, capabilities: &str) -> Bench {
    let mut bench = Bench::new("identity");
    let profile = KeyProfile::new(capabilities.parse().unwrap()).with_dialect(dialect);
    bench.key = bench.simulator.issue_api_key(profile);
    bench
}

/// An identity `yes` in each: capitalised in the oldest, with liveness and the risk level in the
/// newest.
#[test]
fn an_onboarding() {
    for (dialect, expected) in [
        (
            Dialect::V2023,
            json!({
                "status": 3, "unicoId": {"result": "Yes"}, "identityFraudsters": {"result": "Inconclusive"},
                "government": {"serpro": 95},
            }),
        ),
        (
            Dialect::V2024,
            json!({
                "status": 3, "unicoId": {"result": "yes"}, "identityFraudsters": {"result": "inconclusive"},
                "government": {"serpro": 95},
            }),
        ),
        (
            Dialect::V2025,
            json!({
                "status": 3, "unicoId": {"result": "yes"}, "identityFraudsters": {"result": "inconclusive"},
                "government": {"serpro": 95},
            }),
        ),
        (
            Dialect::V2026,
            json!({
                "status": 3, "unicoId": {"result": "yes"}, "identityFraudsters": {"result": "inconclusive"},
                "riskLevel": {"result": "approved"}, "government": {"serpro": 95}, "liveness": 1,
            }),
        ),
    ] {
        let mut bench = bench(dialect, EVERYTHING);
        let (_, created) = bench.create(&onboarding(YES, &plain()), at(0.0));
        let later = dialect <= Dialect::V2024;
        assert_eq!(created["status"], if later { 1 } else { 3 }, "{dialect}");
        assert_eq!(
            created.get("identityFraudsters").is_none(),
            later,
            "{dialect}"
        );
        let (_, mut body) = bench.look_up(&created["id"], at(2.5));
        body.as_object_mut().unwrap().remove("id");
        assert_eq!(body, expected, "{dialect}");
    }
}

/// Alert and score may both come later; a key may have its alert at another time than its dialect.
#[test]
fn the_alert_comes_when_the_key_says() {
    for dialect in Dialect::ALL {
        for later in [true, false] {
            let mut bench = Bench::new("identity");
            let profile = KeyProfile::new(EVERYTHING.parse().unwrap())
                .with_dialect(dialect)
                .with_later_alert(later);
            bench.key = bench.simulator.issue_api_key(profile);
            let (_, created) = bench.create(&onboarding(SCORE_90, &plain()), at(0.0));
            assert_eq!(created["status"], 1);
            assert_eq!(created.get("identityFraudsters").is_none(), later);
            let (_, body) = bench.look_up(&created["id"], at(2.5));
            assert_eq!((&body["status"], &body["score"]), (&json!(3), &json!(90)));
            assert!(body["identityFraudsters"]["result"].is_string());
        }
    }
}

/// IDCloud's own decision: the words of the Trust pages, and different ones in the newest
/// generation; published subjects keep theirs.
#[test]
fn trust() {
    for (dialect, no, alert) in [
        (Dialect::V2025, "reproved", "risk-high"),
        (Dialect::V2026, "denied", "high-risk"),
    ] {
        for (subject, expected) in [
            (YES, "approved"),
            ("11122230290", no),
            ("11122231504", alert),
            ("11122230702", "inconclusive"),
            ("HEWW580907HGRSHL05", "reproved"),
            ("BAWB700219HNLTYR01", "risk-high"),
            ("IIFA830702HDFGNN06", "risk-critical"),
            ("PASP901014HDFRPT03", "inconclusive"),
        ] {
            let mut bench = bench(dialect, "trust-decision");
            // The Trust pages require no name.
            let body = json!({"subject": {"code": subject}, "imageBase64": plain()});
            let (_, answer) = bench.create(&body, at(0.0));
            assert_eq!(answer["idCloud"]["result"], expected, "{dialect} {subject}");
        }
    }
}

/// Errors have the envelope of the key's dialect, or of the simulator's if the key is unknown.
#[test]
fn errors() {
    for dialect in Dialect::ALL {
        let envelope = if dialect == Dialect::V2023 {
            "Error"
        } else {
            "error"
        };
        let mut keyed = bench(dialect, EVERYTHING);
        let (status, body) = keyed.create(&json!({}), at(0.0));
        assert_eq!(
            (status.as_u16(), &body[envelope]["code"]),
            (400, &json!("20004")),
            "{dialect}"
        );

        let mut own = Bench::with(Config::default().with_dialect(dialect), "identity");
        let request = http::Request::get("/processes/v1/x")
            .body(bytes::Bytes::new())
            .unwrap();
        let (_, body) = read(&own.simulator.handle(request, at(0.0)));
        assert_eq!(body[envelope]["code"], "20001", "{dialect}");
        own.key = "unknown".into();
        let (_, body) = own.create(&json!({}), at(0.0));
        assert_eq!(body[envelope]["code"], "10201", "{dialect}");
    }
}

/// Every standard key serves its purpose.
#[test]
fn the_key_ring() {
    for key in key_ring() {
        let mut bench = Bench::with(Config::default().with_unknown_references(true), "identity");
        bench.key = bench.simulator.issue_api_key(key.profile());
        let selfie = if key.capture_only {
            idcloud_simulator::capture(&super::bench::image(), at(0.0))
        } else {
            plain()
        };
        let mut body = onboarding(YES, &selfie);
        let id = "5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43";
        body["referenceProcessId"] = id.into();
        body["document"] =
            json!({"purpose": "onboarding", "authProcessId": id, "files": [{"data": plain()}]});
        body["subject"]["duiType"] = "DUI_TYPE_BR_CPF".into();
        let (status, answer) = bench.create(&body, at(1.0));
        assert_eq!(
            (status.as_u16(), &answer["status"]),
            (200, &json!(3)),
            "{} {answer}",
            key.name
        );
        let plain_picture = onboarding(YES, &plain());
        let (status, answer) = bench.create(&plain_picture, at(1.0));
        if key.capture_only {
            assert_eq!(
                (status.as_u16(), &answer["error"]["code"]),
                (400, &json!("10506"))
            );
        }
    }
}

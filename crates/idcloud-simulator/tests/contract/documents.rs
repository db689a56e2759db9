//! Documents: captured, used again and found, under the rules for the process that proves their
//! holder.

use idcloud_model::{ReusableDocument, SubjectCode};
use idcloud_simulator::{Config, Dialect, KeyProfile, Outcome, Paper};
use serde_json::{Value, json};

use super::bench::{Bench, YES, at, code, onboarding, plain};

const STRANGER: &str = "12345678909";
const HOURS: f64 = 3_600.0;
const ONBOARDED: &str = "identity,risk-score";

/// A caller with a key for documents in `dialect`, and a process of `subject` that was created at
/// 0.
fn begun(dialect: Dialect, subject: &str) -> (Bench, Value) {
    let config = Config::default()
        .with_rate_limit(None)
        .with_access_token_life(std::time::Duration::from_secs(100 * 3_600));
    let mut bench = Bench::with(config, ONBOARDED);
    let (_, proof) = bench.create(&onboarding(subject, &plain()), at(0.0));
    let profile = KeyProfile::new("document".parse().unwrap()).with_dialect(dialect);
    bench.key = bench.simulator.issue_api_key(profile);
    (bench, proof["id"].clone())
}

fn capture(subject: &str, proof: &Value, files: usize) -> Value {
    json!({
        "subject": {"code": subject, "duiType": "DUI_TYPE_BR_CPF"},
        "document": {
            "purpose": "onboarding", "authProcessId": proof,
            "files": vec![json!({"data": plain()}); files],
        },
    })
}

fn reuse(subject: &str, proof: &Value, document: &Value) -> Value {
    json!({
        "subject": {"code": subject, "duiType": "DUI_TYPE_BR_CPF"},
        "document": {"purpose": "fgts", "authProcessId": proof, "documentId": document},
    })
}

fn find(bench: &mut Bench, subject: &str, kind: &str) -> Value {
    let (status, body) = bench.get(
        &format!("/documents/v1?code={subject}&type={kind}"),
        at(9.0),
    );
    assert_eq!(status, 200);
    body["items"].clone()
}

/// A captured document is read, compared, found and used again; its content is synthetic and says
/// so.
#[test]
fn captured_found_and_used_again() {
    let (mut bench, proof) = begun(Dialect::V2025, STRANGER);
    assert_eq!(find(&mut bench, STRANGER, "BR_CNH"), json!([{}]));
    let (status, answer) = bench.create(&capture(STRANGER, &proof, 1), at(10.0));
    assert_eq!((status.as_u16(), &answer["status"]), (200, &json!(3)));
    let document = &answer["document"];
    assert_eq!(document["type"], "unico.moja.dictionary.br.cnh.v2.Cnh");
    assert_eq!(
        (&document["cpfMatch"], &document["faceMatch"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(document["content"]["cpfNumero"], STRANGER);
    assert_eq!(document["content"]["filiacao"][0], "Simulated Parent One");
    assert_eq!(document["fileUrls"].as_array().unwrap().len(), 1);
    let found = find(&mut bench, STRANGER, "BR_CNH");
    assert_eq!(
        found,
        json!([{"documentType": document["type"], "documentId": document["id"]}])
    );
    assert_eq!(find(&mut bench, STRANGER, "BR_RG"), json!([{}]));
    assert_eq!(find(&mut bench, STRANGER, "BR_CPF"), found, "any kind");
    let (_, again) = bench.create(&reuse(STRANGER, &proof, &document["id"]), at(20.0));
    assert_ne!(again["id"], answer["id"]);
    assert_eq!(again["document"]["id"], document["id"]);
}

/// Two files are a card with two sides.
#[test]
fn two_files() {
    let (mut bench, proof) = begun(Dialect::V2025, STRANGER);
    let (_, answer) = bench.create(&capture(STRANGER, &proof, 2), at(1.0));
    assert_eq!(
        answer["document"]["type"],
        "unico.moja.dictionary.br.rg.v2.Rg"
    );
    assert_eq!(answer["document"]["fileUrls"].as_array().unwrap().len(), 2);
}

/// Each generation has its form, and the older two send it later.
#[test]
fn each_dialect_has_its_form() {
    for dialect in Dialect::ALL {
        let (mut bench, proof) = begun(dialect, STRANGER);
        let empty = find(&mut bench, STRANGER, "BR_RG");
        let expected = if dialect == Dialect::V2026 {
            json!([])
        } else {
            json!([{}])
        };
        assert_eq!(empty, expected, "{dialect}");
        let list = json!({ "items": empty }).to_string();
        assert_eq!(
            ReusableDocument::list_from_json(list.as_bytes()),
            Ok(Vec::new())
        );

        let (_, created) = bench.create(&capture(STRANGER, &proof, 1), at(10.0));
        let later = dialect <= Dialect::V2024;
        assert_eq!(created["status"], if later { 1 } else { 3 }, "{dialect}");
        assert_eq!(created["document"].get("type").is_none(), later);
        assert!(created["document"]["id"].is_string());
        let (_, document) = bench.look_up(&created["id"], at(13.0));
        let document = &document["document"];
        assert_eq!(document.get("faceMatch").is_some(), !later, "{dialect}");
        assert_eq!(document["content"].is_array(), dialect == Dialect::V2024);
        assert_eq!(document["type"] == "CNH", dialect == Dialect::V2023);
    }
}

/// The first test subject's documents exist from the start, in every simulator.
#[test]
fn standing_documents() {
    let (mut bench, proof) = begun(Dialect::V2025, YES);
    let found = find(&mut bench, YES, "BR_RG");
    let (mut other, _) = begun(Dialect::V2025, YES);
    assert_eq!(found, find(&mut other, YES, "BR_RG"));
    let (_, answer) = bench.create(&reuse(YES, &proof, &found[0]["documentId"]), at(1.0));
    assert_eq!(answer["document"]["cpfMatch"], true);
}

/// A process proves the person if it is the person's, complete, not refused, and at most 24 hours
/// old; for a kept document it must also be a yes, or have a score of 50.
#[test]
fn what_proves_the_person() {
    let (high, low, no, failed, late) = (
        "11122230370",
        "11122230451",
        "11122230290",
        "11122231261",
        "11122232748",
    );
    for (subject, seconds, captures, reuses) in [
        (STRANGER, 0.0, 200, 200),
        (STRANGER, 24.0 * HOURS, 200, 200),
        (STRANGER, 24.0 * HOURS + 1.0, 409, 409),
        (high, 3.0, 200, 200),
        (high, 1.0, 409, 409),
        (low, 3.0, 200, 409),
        (no, 1.0, 409, 409),
        (failed, 1.0, 409, 409),
        (late, 19.0, 409, 409),
        // This person's documents take as long as their other results, and are not kept before.
        (late, 20.0, 200, 404),
        (late, 24.0 * HOURS + 20.0, 200, 404),
    ] {
        let (mut bench, proof) = begun(Dialect::V2025, subject);
        let (status, answer) = bench.create(&capture(subject, &proof, 1), at(seconds));
        assert_eq!(status, captures, "{subject} {seconds} {answer}");
        let document = match answer["document"].get("id") {
            Some(id) if answer["status"] == 3 => id.clone(),
            _ => json!("5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43"),
        };
        let (status, answer) = bench.create(&reuse(subject, &proof, &document), at(seconds));
        assert_eq!(status, reuses, "{subject} {seconds} {answer}");
    }
    let (mut bench, proof) = begun(Dialect::V2025, YES);
    let (status, _) = bench.create(&capture(STRANGER, &proof, 1), at(1.0));
    assert_eq!(status, 409, "another person's");
    let (_, document) = bench.create(&capture(YES, &proof, 1), at(1.0));
    let (status, _) = bench.create(&capture(YES, &document["id"], 1), at(1.0));
    assert_eq!(status, 409, "a document proves nobody");
}

/// The newest contract requires the kind of the code for captures and reuses; the earlier ones
/// accept it and do not require it.
#[test]
fn the_newest_dialect_requires_the_kind_of_the_code() {
    for dialect in Dialect::ALL {
        let (mut bench, proof) = begun(dialect, YES);
        let (status, kept) = bench.create(&capture(YES, &proof, 1), at(1.0));
        assert_eq!(status, 200, "{dialect:?} {kept}");
        let unknown = json!("5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43");
        let reused = reuse(YES, &proof, &unknown);
        for (given, found) in [(capture(YES, &proof, 1), 200), (reused, 404)] {
            for left_out in [json!(null), json!("")] {
                let mut body = given.clone();
                body["subject"]["duiType"] = left_out;
                let expected = match dialect {
                    Dialect::V2026 => (400, "20003"),
                    _ if found == 200 => (200, ""),
                    _ => (404, ""),
                };
                assert_eq!(code(&bench.create(&body, at(1.0))), expected, "{dialect:?}");
            }
        }
    }
}

/// A missing or wrong member has its code; one without a code of its own makes the body invalid.
#[test]
fn each_flaw_has_its_code() {
    let (mut bench, proof) = begun(Dialect::V2025, STRANGER);
    let good = capture(STRANGER, &proof, 1);
    let unknown = "5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43";
    for (pointer, value, expected) in [
        ("/subject", json!(null), (400, "20004")),
        ("/subject/code", json!(null), (400, "20005")),
        ("/subject/code", json!("12345678900"), (400, "20507")),
        ("/document", json!(null), (400, "20003")),
        ("/document/purpose", json!(""), (400, "20003")),
        ("/document/authProcessId", json!(null), (400, "20003")),
        ("/document/authProcessId", json!("abc"), (400, "20003")),
        ("/document/authProcessId", json!(unknown), (404, "50001")),
        ("/document/files", json!([]), (400, "20003")),
        (
            "/document/files",
            json!([{"data": plain()}, {"data": plain()}, {"data": plain()}]),
            (400, "20003"),
        ),
        ("/document/files/0/data", json!("?"), (400, "20900")),
        ("/document/files/0/data", json!("aGVsbG8="), (400, "20505")),
        (
            "/document/files/0/data",
            json!("A".repeat(819_204)),
            (400, "20506"),
        ),
        ("/document/documentId", json!(unknown), (404, "")),
    ] {
        let mut body = good.clone();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[member] = value;
        if pointer == "/document/files/0/data" {
            body["document"]["files"] = json!([{"data": body.pointer("/document/files/0/data")}]);
        }
        assert_eq!(code(&bench.create(&body, at(1.0))), expected, "{pointer}");
    }
    for (query, expected) in [
        ("", (400, "20005")),
        ("?code=1&type=BR_RG", (400, "20507")),
        ("?code=12345678909", (400, "20003")),
        ("?code=12345678909&type=", (400, "20003")),
        ("?code=12345678909&type=BR_SOMETHING", (200, "")),
    ] {
        let answer = bench.get(&format!("/documents/v1{query}"), at(1.0));
        assert_eq!(code(&answer), expected, "{query}");
    }
    bench.key = bench
        .simulator
        .issue_api_key(KeyProfile::new("identity".parse().unwrap()));
    let answer = bench.get("/documents/v1?code=12345678909&type=BR_RG", at(1.0));
    assert_eq!(code(&answer), (403, "30017"));
}

/// The kind of a person's documents can be arranged; only the person's own can be used again.
#[test]
fn papers() {
    let subject: SubjectCode = STRANGER.parse().unwrap();
    for (paper, cpf_match, face_match) in [
        (Paper::Own, json!(true), json!(true)),
        (Paper::OtherNumber, json!(false), json!(true)),
        (Paper::OtherFace, json!(true), json!(false)),
        (Paper::Unreadable, json!(null), json!(null)),
    ] {
        let (mut bench, proof) = begun(Dialect::V2025, STRANGER);
        bench
            .simulator
            .arrange(subject.clone(), Outcome::YES.with_paper(paper));
        let (_, answer) = bench.create(&capture(STRANGER, &proof, 1), at(1.0));
        let document = &answer["document"];
        assert_eq!(
            (&document["cpfMatch"], &document["faceMatch"]),
            (&cpf_match, &face_match)
        );
        assert_eq!(
            document.get("content").is_none(),
            paper == Paper::Unreadable
        );
        let kept = find(&mut bench, STRANGER, "BR_CNH") != json!([{}]);
        assert_eq!(kept, paper == Paper::Own, "{paper:?}");
    }
}

/// Another tenant's captured documents are not found.
#[test]
fn documents_belong_to_a_tenant() {
    let (mut bench, proof) = begun(Dialect::V2025, STRANGER);
    bench.create(&capture(STRANGER, &proof, 1), at(1.0));
    let other = super::bench::account("7e1f3f2c-55f0-4a5c-8f0e-000000000001");
    bench.simulator.register_account(&other);
    bench.token = super::bench::log_in(&mut bench.simulator, &other, at(1.0));
    bench.key = bench.simulator.issue_api_key_in(
        other.tenant_id(),
        KeyProfile::new("document".parse().unwrap()),
    );
    assert_eq!(find(&mut bench, STRANGER, "BR_CNH"), json!([{}]));
    let (status, _) = bench.create(&capture(STRANGER, &proof, 1), at(1.0));
    assert_eq!(status, 404);
}

//! What may be kept of a final process once the person's data must be gone.
//!
//! Must judge exactly as the whole process does, and must hold nothing personal: no content of a document, no address of a picture, no
//! unknown value that is more than a plain word.

use serde_json::{Map, Value, json};

use crate::unknown::UnknownValue;
use crate::wire;
use crate::{
    BehaviorAlert, Cpf, Curp, Document, DocumentId, Evidence, FaceMatch, FinalProcess,
    IdentityResult, LivenessResult, Match, Process, RiskLevel, RiskScore, Serpro, Status,
    TrustDecision,
};

/// Stands for a value that was not kept. No documented value is written so, and so it reads as unknown.
const NOT_KEPT: &str = "not-kept";

/// The longest word that is kept of what this version does not know.
const LONGEST_WORD: usize = 40;

/// A number beyond this is kept as this: it could be somebody's.
const LARGEST_NUMBER: i64 = 999;

impl FinalProcess {
    /// The process as it may be stored where nothing personal may stand.
    ///
    /// It keeps the id, the status, every result, the numbers, a document's id, type and matches, and the names of unknown members.
    /// [`decide`](crate::decide) gives the same verdict for it. Of values that this version does not know it keeps plain words (letters,
    /// `-` and `_`, at most 40); of numbers beyond any documented range that they were beyond it.
    #[must_use]
    pub fn reduced(&self) -> Self {
        let json = self.to_reduced_json().to_string();
        match Process::from_json(json.as_bytes()) {
            Ok(Process::Final(process)) => process,
            // Cannot be, as the tests show; and what cannot be must not approve.
            _ => self.contradictory(),
        }
    }

    /// [`reduced`](Self::reduced) as JSON, in the form of the newest answers; [`Process::from_json`] reads it.
    #[must_use]
    pub fn to_reduced_json(&self) -> Value {
        let evidence = self.evidence();
        let mut members = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                members.insert(name.to_owned(), value);
            }
        };
        put("id", Some(self.id().as_str().into()));
        put("status", Some(status(self.status())));
        if evidence.is_conflicting() {
            // Two spellings with two values, which is how an answer contradicts itself; the first counts, in any order of keys.
            put("status_", Some(0.into()));
        }
        put(
            "unicoId",
            evidence.identity().map(|word| result(identity(word))),
        );
        put("liveness", evidence.liveness().map(liveness));
        put(
            "identityFraudsters",
            evidence.behavior_alert().map(|word| result(alert(word))),
        );
        put("score", evidence.risk_score().map(score));
        put(
            "government",
            evidence
                .serpro()
                .map(|value| json!({ "serpro": serpro(value) })),
        );
        let (authenticated, token) = comparison(evidence);
        put("authenticated", authenticated);
        put("biometryToken", token.map(result));
        put(
            "idCloud",
            evidence.trust_decision().map(|word| result(trust(word))),
        );
        put(
            "riskLevel",
            evidence.risk_level().map(|word| result(risk_level(word))),
        );
        put("document", evidence.document().map(document));
        if evidence.has_error() {
            members.insert("error".to_owned(), NOT_KEPT.into());
        }
        for (name, value) in evidence.unknown_members() {
            // An error that says nothing must not say something once its value is left out.
            let empty = wire::is_error_name(last_part(name)) && !wire::is_error(name, value);
            let name = if is_member_name(name) { name } else { NOT_KEPT };
            // A second spelling of what stands there already would contradict it.
            if !members.keys().any(|known| wire::is_same(known, name)) {
                let kept = if empty { Value::Null } else { NOT_KEPT.into() };
                members.insert(name.to_owned(), kept);
            }
        }
        members.into()
    }
}

fn result(value: Value) -> Value {
    Map::from_iter([("result".to_owned(), value)]).into()
}

fn status(status: &Status) -> Value {
    match status {
        Status::Completed => 3.into(),
        Status::Canceled => 4.into(),
        // Nothing else is final.
        _ => 5.into(),
    }
}

fn identity(result: &IdentityResult) -> Value {
    match result {
        IdentityResult::Unknown(value) => unknown(value, IdentityResult::WORDS),
        known => known.to_json(),
    }
}

fn alert(alert: &BehaviorAlert) -> Value {
    match alert {
        BehaviorAlert::Unknown(value) => unknown(value, BehaviorAlert::WORDS),
        known => known.to_json(),
    }
}

fn trust(decision: &TrustDecision) -> Value {
    match decision {
        TrustDecision::Unknown(value) => unknown(value, TrustDecision::WORDS),
        known => known.to_json(),
    }
}

fn risk_level(level: &RiskLevel) -> Value {
    match level {
        RiskLevel::Unknown(value) => unknown(value, RiskLevel::WORDS),
        known => known.to_json(),
    }
}

fn liveness(liveness: &LivenessResult) -> Value {
    match liveness {
        LivenessResult::Inconclusive => 0.into(),
        LivenessResult::Live => 1.into(),
        LivenessResult::NotLive => 2.into(),
        LivenessResult::Unknown(value) => unknown(value, &[]),
    }
}

fn score(score: &RiskScore) -> Value {
    match score {
        RiskScore::Valid(score) => (*score).into(),
        RiskScore::OutOfRange(number) => bounded(*number),
        RiskScore::Unknown(value) => unknown(value, &[]),
    }
}

fn serpro(serpro: &Serpro) -> Value {
    match serpro {
        Serpro::OutOfRange(number) => bounded(*number),
        Serpro::Unknown(value) => unknown(value, &[]),
        known => known.to_json(),
    }
}

fn bounded(number: i64) -> Value {
    number.clamp(-LARGEST_NUMBER, LARGEST_NUMBER).into()
}

/// `authenticated` and `biometryToken.result`, of which one says what both say, unless they differ.
fn comparison(evidence: &Evidence) -> (Option<Value>, Option<Value>) {
    match evidence.face_match() {
        None => (None, None),
        Some(FaceMatch::Contradiction) => (Some(true.into()), Some(false.into())),
        Some(FaceMatch::Same) => (None, Some(true.into())),
        Some(FaceMatch::Different) => (None, Some(false.into())),
        Some(FaceMatch::Unknown(value)) => (None, Some(unknown(value, &TRUTHS))),
    }
}

const TRUTHS: [&str; 2] = ["true", "false"];

fn document(document: &Document) -> Value {
    let matched = |found: &Match| match found {
        Match::Same => true.into(),
        Match::Different => false.into(),
        Match::Unknown(value) => unknown(value, &TRUTHS),
    };
    let id = document
        .id()
        .map(DocumentId::as_str)
        .filter(|id| !is_personal(id));
    let kind = document.type_name().filter(|kind| is_type_name(kind));
    // Written also where they are null: an object without members is no document.
    json!({
        "id": id,
        "type": kind,
        "cpfMatch": document.cpf_match().map(matched),
        "faceMatch": document.face_match().map(matched),
    })
}

/// A type such as `unico.moja.dictionary.br.rg.v2.Rg`, `BR_RG` or `RG`.
fn is_type_name(name: &str) -> bool {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let is_dictionary = name.starts_with("unico.")
        && digits <= 2
        && name
            .split('.')
            .all(|part| is_plain_word(part.trim_end_matches(|last: char| last.is_ascii_digit())));
    is_dictionary || is_plain_word(name)
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, inner)| inner)
}

/// A name of one plain word, or of one within a member that is documented.
fn is_member_name(name: &str) -> bool {
    match name.split_once('.') {
        Some((outer, inner)) => {
            let is_outer = |known| wire::is_same(known, outer);
            (wire::EVIDENCE_OBJECTS.into_iter().any(is_outer) || is_outer("processAdditionalInfo"))
                && is_plain_word(inner)
        }
        None => is_plain_word(name),
    }
}

fn is_personal(id: &str) -> bool {
    id.parse::<Cpf>().is_ok() || id.parse::<Curp>().is_ok()
}

/// A value that must stay unknown when it is read again: a plain word as it came, unless it is one of the documented.
fn unknown(value: &UnknownValue, documented: &[&str]) -> Value {
    value
        .json()
        .as_str()
        .filter(|word| is_plain_word(word))
        .filter(|word| {
            !documented
                .iter()
                .any(|known| known.eq_ignore_ascii_case(word))
        })
        .unwrap_or(NOT_KEPT)
        .into()
}

fn is_plain_word(text: &str) -> bool {
    (1..=LONGEST_WORD).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced(json: &str) -> Value {
        match Process::from_json(json.as_bytes()).unwrap() {
            Process::Final(process) => process.to_reduced_json(),
            Process::Pending(_) => panic!("not final"),
        }
    }

    const ID: &str = "80371b2a-3ac7-432e-866d-57fe37896ac6";

    /// What is known is kept, what is personal is not.
    #[test]
    fn what_is_kept() {
        for (members, kept) in [
            (
                r#""unicoId":{"result":"YES"}"#,
                r#""unicoId":{"result":"yes"}"#,
            ),
            (
                r#""unicoId":{"result":"maybe"}"#,
                r#""unicoId":{"result":"maybe"}"#,
            ),
            (
                r#""unicoId":{"result":"Maria Silva"}"#,
                r#""unicoId":{"result":"not-kept"}"#,
            ),
            (r#""score":52998224725"#, r#""score":999"#),
            (
                r#""government":{"serpro":-2}"#,
                r#""government":{"serpro":-2}"#,
            ),
            (
                r#""authenticated":true"#,
                r#""biometryToken":{"result":true}"#,
            ),
            (
                r#""ageResult":{"result":"adult"}"#,
                r#""ageResult":"not-kept""#,
            ),
            (
                r#""liveness":1,"error":{"code":"10201"}"#,
                r#""liveness":1,"error":"not-kept""#,
            ),
            (
                r#""liveness":1,"code":"10201""#,
                r#""liveness":1,"error":"not-kept","code":"not-kept""#,
            ),
            (r#""liveness":1,"error":{}"#, r#""liveness":1,"error":null"#),
            (
                r#""unicoId":{"result":"yes","error":"Maria"}"#,
                r#""unicoId":{"result":"yes"},"error":"not-kept","unicoId.error":"not-kept""#,
            ),
            (r#""529.982.247-25":1"#, r#""not-kept":"not-kept""#),
            (r#""processAdditionalInfo":{"personName":"Maria"}"#, ""),
            (
                r#""document":{"id":"52998224725","type":"unico.moja.dictionary.br.rg.v2.Rg","content":{"nome":"Maria"},"cpfMatch":true,"fileUrls":"https://files.example/1"}"#,
                r#""document":{"id":null,"type":"unico.moja.dictionary.br.rg.v2.Rg","cpfMatch":true,"faceMatch":null}"#,
            ),
        ] {
            let comma = if kept.is_empty() { "" } else { "," };
            let expected = format!(r#"{{"id":"{ID}","status":3{comma}{kept}}}"#);
            let expected: Value = serde_json::from_str(&expected).unwrap();
            assert_eq!(
                reduced(&format!(r#"{{"id":"{ID}","status":3,{members}}}"#)),
                expected
            );
        }
    }

    /// An answer that contradicts itself does so in any form.
    #[test]
    fn a_contradiction_stays_one() {
        let json = format!(r#"{{"id":"{ID}","status":5,"status":3}}"#);
        let Process::Final(process) = Process::from_json(json.as_bytes()).unwrap() else {
            panic!("not final");
        };
        let reduced = process.reduced();
        assert!(reduced.evidence().is_conflicting() && reduced.is_failed());
        assert_eq!(reduced.reduced(), reduced);
    }
}

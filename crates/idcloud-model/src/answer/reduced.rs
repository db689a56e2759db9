//! The part of a final process that may be kept when the person's data must be deleted.
//!
//! Must not change the verdict, and must hold nothing personal: no document content, no picture
//! URL, no value that this version does not know.

use serde_json::{Map, Value, json};

use crate::answer::wire;
use crate::{
    Document, DocumentId, Evidence, FaceMatch, FinalProcess, LivenessResult, Match, Process,
    RiskScore, Serpro, Status,
};

/// Replaces a value that was not kept. No documented value equals it, so it reads as unknown.
const NOT_KEPT: &str = "not-kept";

/// The longest word that is kept of an unknown member's name.
const LONGEST_WORD: usize = 40;

/// A larger number is stored as this one: it could be a person's.
const LARGEST_NUMBER: i64 = 999;

impl FinalProcess {
    /// The process as it may be stored without personal data.
    ///
    /// It keeps the id, the status, every result, the numbers, a document's id, type and matches,
    /// and the names of unknown members. [`decide`](crate::decide) gives the same verdict for it.
    /// An unknown value is replaced by a mark, because any word could be a name; a number beyond
    /// its documented range is replaced by one that is also beyond it. Names of unknown members are
    /// kept if they have the form of API names ([`is_member_name`]), and a document's type if it
    /// has a documented form.
    #[must_use]
    pub fn reduced(&self) -> Self {
        let json = self.to_reduced_json().to_string();
        match Process::from_json(json.as_bytes()) {
            Ok(Process::Final(process)) => process,
            // Unreachable, as the tests show; and an unreachable case must not approve.
            _ => self.contradictory(),
        }
    }

    /// [`reduced`](Self::reduced) as JSON, in the newest form of answers; [`Process::from_json`]
    /// reads it.
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
            // Two spellings with two values, as a contradictory answer has them; the first counts,
            // in any order of keys.
            put("status_", Some(0.into()));
        }
        put(
            "unicoId",
            evidence.identity().map(|word| result_word(word.as_str())),
        );
        put("liveness", evidence.liveness().map(liveness));
        put(
            "identityFraudsters",
            evidence
                .behavior_alert()
                .map(|word| result_word(word.as_str())),
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
            evidence
                .trust_decision()
                .map(|word| result_word(word.as_str())),
        );
        put(
            "riskLevel",
            evidence.risk_level().map(|word| result_word(word.as_str())),
        );
        put("document", evidence.document().map(document));
        if evidence.has_error() {
            members.insert("error".to_owned(), NOT_KEPT.into());
        }
        for (name, value) in evidence.unknown_members() {
            // An empty error must not become a real one when its value is replaced.
            let empty = wire::is_error_name(last_part(name)) && !wire::is_error(name, value);
            let name = if is_member_name(name) { name } else { NOT_KEPT };
            // A second spelling of an existing member would contradict it.
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

/// A documented word as a result; for any other, the mark.
fn result_word(word: Option<&str>) -> Value {
    result(word.unwrap_or(NOT_KEPT).into())
}

fn status(status: &Status) -> Value {
    match status {
        Status::Completed => 3.into(),
        Status::Canceled => 4.into(),
        // No other status is final.
        _ => 5.into(),
    }
}

fn liveness(liveness: &LivenessResult) -> Value {
    match liveness {
        LivenessResult::Inconclusive => 0.into(),
        LivenessResult::Live => 1.into(),
        LivenessResult::NotLive => 2.into(),
        LivenessResult::Unknown(_) => NOT_KEPT.into(),
    }
}

fn score(score: &RiskScore) -> Value {
    match score {
        RiskScore::Valid(score) => (*score).into(),
        RiskScore::OutOfRange(number) => bounded(*number),
        RiskScore::Unknown(_) => NOT_KEPT.into(),
    }
}

fn serpro(serpro: &Serpro) -> Value {
    match serpro {
        Serpro::OutOfRange(number) => bounded(*number),
        Serpro::Unknown(_) => NOT_KEPT.into(),
        known => known.to_json(),
    }
}

fn bounded(number: i64) -> Value {
    number.clamp(-LARGEST_NUMBER, LARGEST_NUMBER).into()
}

/// `authenticated` and `biometryToken.result`; if both agree one of them is kept.
fn comparison(evidence: &Evidence) -> (Option<Value>, Option<Value>) {
    match evidence.face_match() {
        None => (None, None),
        Some(FaceMatch::Contradiction) => (Some(true.into()), Some(false.into())),
        Some(FaceMatch::Same) => (None, Some(true.into())),
        Some(FaceMatch::Different) => (None, Some(false.into())),
        Some(FaceMatch::Unknown(_)) => (None, Some(NOT_KEPT.into())),
    }
}

fn document(document: &Document) -> Value {
    let matched = |found: &Match| -> Value {
        match found {
            Match::Same => true.into(),
            Match::Different => false.into(),
            Match::Unknown(_) => NOT_KEPT.into(),
        }
    };
    let id = document.id().map(DocumentId::as_str);
    let kind = document.known_type_name();
    // Written even if they are null: an object without members counts as no document.
    json!({
        "id": id,
        "type": kind,
        "cpfMatch": document.cpf_match().map(matched),
        "faceMatch": document.face_match().map(matched),
    })
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, inner)| inner)
}

/// Whether an unknown member's name may be stored and printed: one word in the form of API names,
/// which begins with a lowercase letter, or one such word within a documented member.
///
/// A person's name as a member's name begins with a capital letter, and so is not accepted.
#[must_use]
pub fn is_member_name(name: &str) -> bool {
    match name.split_once('.') {
        Some((outer, inner)) => {
            let is_outer = |known| wire::is_same(known, outer);
            (wire::EVIDENCE_OBJECTS.into_iter().any(is_outer) || is_outer("processAdditionalInfo"))
                && is_api_word(inner)
        }
        None => is_api_word(name),
    }
}

fn is_api_word(text: &str) -> bool {
    // The names of errors are accepted in any spelling.
    wire::is_error_name(text)
        || (1..=LONGEST_WORD).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
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

    /// Known values are kept, personal ones are not.
    #[test]
    fn what_is_kept() {
        for (members, kept) in [
            (
                r#""unicoId":{"result":"YES"}"#,
                r#""unicoId":{"result":"yes"}"#,
            ),
            (
                r#""unicoId":{"result":"maybe"}"#,
                r#""unicoId":{"result":"not-kept"}"#,
            ),
            (
                r#""identityFraudsters":{"result":"Zuleica"}"#,
                r#""identityFraudsters":{"result":"not-kept"}"#,
            ),
            (r#""Zuleica":1"#, r#""not-kept":"not-kept""#),
            (
                r#""document":{"id":"x-52998224725","type":"Zuleica","cpfMatch":"Maria"}"#,
                r#""document":{"id":null,"type":null,"cpfMatch":"not-kept","faceMatch":null},"document.id":"not-kept""#,
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
                r#""document":{"id":null,"type":"unico.moja.dictionary.br.rg.v2.Rg","cpfMatch":true,"faceMatch":null},"document.id":"not-kept""#,
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

    /// A contradictory answer stays contradictory in every form.
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

//! The result object, which scripts read.
//!
//! Its keys, their order and their values are public interface. Must not hold personal data unless
//! the caller asked for it.

use std::fmt;

use idcloud_flows::{Pending, Report};
use idcloud_model::{
    Asked, BehaviorAlert, Document, Evidence, FinalProcess, IdentityResult, Language,
    LivenessReading, Match, Mismatch, PendingProcess, ProcessId, RiskLevel, RiskScore, Scenario,
    Serpro, Status, TrustDecision, Verdict, is_member_name, mismatches, simulated_notice,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::failure::submit;

/// Replaces personal data.
const REDACTED: &str = "redacted";

/// Replaces a word that this version does not know: it could be personal data.
const UNKNOWN: &str = "unknown";

/// A larger number is not a score, and could be a person's number.
const LARGEST_NUMBER: u64 = 999;

/// The source of an answer, and whether personal data may be shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// `local`, `uat`, `production` or `custom`; `None` if it is not known.
    pub(crate) environment: Option<&'static str>,
    /// Whether a simulator answered; `None` if it is not known.
    pub(crate) simulated: Option<bool>,
    /// Whether personal data is printed.
    pub(crate) reveal: bool,
}

/// One verification, as `--format json` prints it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultObject {
    pub(crate) environment: Option<&'static str>,
    pub(crate) simulated: Option<bool>,
    pub(crate) process_id: String,
    pub(crate) status: &'static str,
    pub(crate) decision: &'static str,
    pub(crate) scenario: &'static str,
    pub(crate) explanation: String,
    pub(crate) identity: Value,
    pub(crate) liveness: Value,
    pub(crate) behavior_alert: Value,
    pub(crate) risk_score: Value,
    pub(crate) serpro_similarity: Value,
    pub(crate) face_match: Option<bool>,
    pub(crate) trust_decision: Value,
    pub(crate) risk_level: Value,
    pub(crate) document: Option<DocumentObject>,
    pub(crate) additional_info: Value,
    pub(crate) mismatches: Vec<MismatchObject>,
    pub(crate) recorded: bool,
    pub(crate) journal_error: Option<String>,
    pub(crate) unknown: Map<String, Value>,
}

/// Hides evidence and additional members, which may be personal.
impl fmt::Debug for ResultObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultObject")
            .field("process_id", &self.process_id)
            .field("status", &self.status)
            .field("decision", &self.decision)
            .field("scenario", &self.scenario)
            .finish_non_exhaustive()
    }
}

/// A difference between the key's declared capabilities and its answer.
#[derive(Serialize)]
pub(crate) struct MismatchObject {
    capability: &'static str,
    kind: &'static str,
    pub(crate) help: String,
}

impl MismatchObject {
    fn list(mismatches: impl Iterator<Item = Mismatch>, language: Language) -> Vec<Self> {
        mismatches
            .map(|one| Self {
                capability: one.capability().as_str(),
                kind: one.kind(),
                help: one.remedy(language),
            })
            .collect()
    }
}

/// A document, with its members in the order of the output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DocumentObject {
    id: Option<String>,
    #[serde(rename = "type")]
    type_name: Option<String>,
    cpf_match: Option<bool>,
    face_match: Option<bool>,
    content: Value,
    file_urls: Value,
}

/// The explanation of a process that is known only from a partial answer.
const UNCONFIRMED: &str = "Only a part of the create's answer arrived, and it names this process. IDCloud has not confirmed it yet: ask for its result by its id.";

impl ResultObject {
    /// The result of a report.
    pub(crate) fn reported(environment: &'static str, reveal: bool, report: &Report) -> Self {
        let context = Context {
            environment: Some(environment),
            simulated: Some(report.simulated()),
            reveal,
        };
        Self {
            explanation: report.explanation(Language::English),
            mismatches: MismatchObject::list(report.mismatches(), Language::English),
            recorded: report.recorded(),
            journal_error: report.journal_error().map(submit::unwritten),
            ..Self::judged(
                context,
                report.process(),
                *report.asked(),
                *report.verdict(),
                Language::English,
            )
        }
    }

    /// The judged result of a final process, for a key with the capabilities of the request.
    pub(crate) fn judged(
        context: Context,
        process: &FinalProcess,
        asked: Asked,
        verdict: Verdict,
        language: Language,
    ) -> Self {
        let found = mismatches(process, asked, &verdict, asked.capabilities());
        Self {
            decision: verdict.decision().as_str(),
            scenario: verdict.scenario().id(),
            explanation: verdict.explanation(language),
            mismatches: MismatchObject::list(found, language),
            ..Self::observed(
                context,
                process.id(),
                process.status(),
                process.evidence(),
                asked,
            )
        }
    }

    /// The result of a pending process: nothing may be decided yet.
    pub(crate) fn waiting(
        context: Context,
        process: &PendingProcess,
        asked: Asked,
        language: Language,
    ) -> Self {
        let scenario = process.scenario();
        let mut explanation = scenario.explanation(language).to_owned();
        if context.simulated == Some(true) {
            explanation.push(' ');
            explanation.push_str(simulated_notice(language));
        }
        Self {
            scenario: scenario.id(),
            explanation,
            ..Self::observed(
                context,
                process.id(),
                process.status(),
                process.evidence(),
                asked,
            )
        }
    }

    /// The result of a pending process in the journal, which keeps no evidence: nothing may be
    /// decided yet.
    pub(crate) fn remembered(context: Context, pending: &Pending) -> Self {
        let scenario = pending.scenario();
        let mut explanation = if pending.is_unconfirmed() {
            UNCONFIRMED.to_owned()
        } else {
            scenario.explanation(Language::English).to_owned()
        };
        if context.simulated == Some(true) {
            explanation.push(' ');
            explanation.push_str(simulated_notice(Language::English));
        }
        Self {
            environment: context.environment,
            simulated: context.simulated,
            process_id: pending.process_id().as_str().to_owned(),
            status: pending.status(),
            decision: "wait",
            scenario: scenario.id(),
            explanation,
            identity: Value::Null,
            liveness: Value::Null,
            behavior_alert: Value::Null,
            risk_score: Value::Null,
            serpro_similarity: Value::Null,
            face_match: None,
            trust_decision: Value::Null,
            risk_level: Value::Null,
            document: None,
            additional_info: Value::Null,
            mismatches: Vec::new(),
            recorded: true,
            journal_error: pending.journal_error().map(submit::unwritten),
            unknown: Map::new(),
        }
    }

    fn observed(
        context: Context,
        id: &ProcessId,
        status: &Status,
        evidence: &Evidence,
        asked: Asked,
    ) -> Self {
        let reading = LivenessReading::of(evidence, &asked);
        Self {
            environment: context.environment,
            simulated: context.simulated,
            process_id: id.as_str().to_owned(),
            status: status.as_str(),
            decision: "wait",
            scenario: Scenario::Processing.id(),
            explanation: String::new(),
            identity: context.word(evidence.identity(), IdentityResult::to_json, |it| {
                matches!(it, IdentityResult::Unknown(_))
            }),
            liveness: context.word(Some(&reading), LivenessReading::to_json, |it| {
                matches!(it, LivenessReading::Unknown(_))
            }),
            behavior_alert: context.word(evidence.behavior_alert(), BehaviorAlert::to_json, |it| {
                matches!(it, BehaviorAlert::Unknown(_))
            }),
            risk_score: context.number(evidence.risk_score().map(RiskScore::to_json)),
            serpro_similarity: context.number(evidence.serpro().map(Serpro::to_json)),
            face_match: evidence.face_match().and_then(|value| value.as_bool()),
            trust_decision: context.word(evidence.trust_decision(), TrustDecision::to_json, |it| {
                matches!(it, TrustDecision::Unknown(_))
            }),
            risk_level: context.word(evidence.risk_level(), RiskLevel::to_json, |it| {
                matches!(it, RiskLevel::Unknown(_))
            }),
            document: evidence
                .document()
                .map(|document| DocumentObject::new(document, context.reveal)),
            additional_info: match evidence.additional_info() {
                Some(info) if context.reveal => info.to_json(),
                Some(_) => REDACTED.into(),
                None => Value::Null,
            },
            mismatches: Vec::new(),
            recorded: false,
            journal_error: None,
            unknown: unknown(evidence, context.reveal),
        }
    }
}

impl DocumentObject {
    /// The same, without the content and its addresses.
    pub(crate) fn without_content(self) -> Self {
        Self {
            content: Value::Null,
            file_urls: Value::Null,
            ..self
        }
    }

    fn new(document: &Document, reveal: bool) -> Self {
        let urls: Vec<&str> = document.file_urls().collect();
        let personal = |value: Value| match value {
            Value::Null => Value::Null,
            value if reveal => value,
            _ => REDACTED.into(),
        };
        Self {
            id: document.id().map(|id| id.as_str().to_owned()),
            type_name: if reveal {
                document.type_name().map(str::to_owned)
            } else {
                document.type_name().map(|_| {
                    let known = document.known_type_name();
                    known.unwrap_or(UNKNOWN).to_owned()
                })
            },
            cpf_match: document.cpf_match().and_then(Match::as_bool),
            face_match: document.face_match().and_then(Match::as_bool),
            content: personal(document.content().cloned().unwrap_or_default()),
            file_urls: personal(if urls.is_empty() {
                Value::Null
            } else {
                urls.into()
            }),
        }
    }
}

impl Context {
    /// Evidence as JSON. An unknown value is shown only if personal data is printed.
    fn word<T>(
        self,
        evidence: Option<&T>,
        to_json: impl Fn(&T) -> Value,
        is_unknown: impl Fn(&T) -> bool,
    ) -> Value {
        match evidence {
            None => Value::Null,
            Some(evidence) if is_unknown(evidence) && !self.reveal => UNKNOWN.into(),
            Some(evidence) => to_json(evidence),
        }
    }

    /// A number unchanged, if it can be a score.
    fn number(self, number: Option<Value>) -> Value {
        let is_short = |number: &Value| {
            number
                .as_i64()
                .is_none_or(|number| number.unsigned_abs() <= LARGEST_NUMBER)
        };
        number
            .filter(|number| self.reveal || is_short(number))
            .unwrap_or_default()
    }
}

/// The members that this version does not know: their names, if they look like names of an API, and
/// their values only if personal data is printed.
fn unknown(evidence: &Evidence, reveal: bool) -> Map<String, Value> {
    evidence
        .unknown_members()
        .map(|(name, value)| {
            if reveal {
                return (name.to_owned(), value.clone());
            }
            let name = if is_member_name(name) { name } else { REDACTED };
            (name.to_owned(), REDACTED.into())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use idcloud_model::{Capabilities, Policy, Process, SelfieKind, decide};

    use super::*;

    const CONTEXT: Context = Context {
        environment: Some("custom"),
        simulated: Some(true),
        reveal: false,
    };

    fn object(
        answer: &str,
        capabilities: &str,
        selfie: SelfieKind,
        context: Context,
    ) -> ResultObject {
        let capabilities: Capabilities = capabilities.parse().unwrap();
        let asked = Asked::new(capabilities, selfie);
        match Process::from_json(answer.as_bytes()).unwrap() {
            Process::Pending(process) => {
                ResultObject::waiting(context, &process, asked, Language::English)
            }
            Process::Final(process) => {
                let verdict = decide(&process, &asked, &Policy::default());
                ResultObject::judged(context, &process, asked, verdict, Language::English)
            }
        }
    }

    fn json(answer: &str, capabilities: &str, selfie: SelfieKind) -> Value {
        serde_json::to_value(object(answer, capabilities, selfie, CONTEXT)).unwrap()
    }

    #[test]
    fn the_keys_and_their_order_are_those_of_the_contract() {
        let object = object(
            r#"{"id":"a","status":3}"#,
            "identity",
            SelfieKind::Image,
            CONTEXT,
        );
        let text = serde_json::to_string(&object).unwrap();
        let keys = [
            "environment",
            "simulated",
            "processId",
            "status",
            "decision",
            "scenario",
            "explanation",
            "identity",
            "liveness",
            "behaviorAlert",
            "riskScore",
            "serproSimilarity",
            "faceMatch",
            "trustDecision",
            "riskLevel",
            "document",
            "additionalInfo",
            "mismatches",
            "recorded",
            "journalError",
            "unknown",
        ];
        let positions: Vec<_> = keys
            .iter()
            .map(|key| text.find(&format!("\"{key}\":")).unwrap())
            .collect();
        assert!(positions.is_sorted(), "{text}");
        assert_eq!(
            serde_json::to_value(&object)
                .unwrap()
                .as_object()
                .unwrap()
                .len(),
            keys.len()
        );
    }

    /// A verdict cannot be misread: the meaning of liveness depends on the selfie and on the key.
    #[test]
    fn liveness_is_printed_as_what_it_proves() {
        use SelfieKind::{CaptureToken, Image, Unknown};
        let yes = r#"{"id":"a","status":3,"unicoId":{"result":"yes"}}"#;
        let one = r#"{"id":"a","status":3,"unicoId":{"result":"inconclusive"},"liveness":1}"#;
        let two = r#"{"id":"a","status":3,"unicoId":{"result":"inconclusive"},"liveness":2}"#;
        let zero = r#"{"id":"a","status":3,"unicoId":{"result":"yes"},"liveness":0}"#;
        let new = r#"{"id":"a","status":3,"unicoId":{"result":"yes"},"liveness":"maybe"}"#;
        let no = r#"{"id":"a","status":3,"unicoId":{"result":"no"}}"#;
        for (answer, capabilities, selfie, expected) in [
            (yes, "identity", Image, json!("not-checked")),
            (yes, "liveness,identity", Image, json!("not-checked")),
            (yes, "identity", CaptureToken, json!("not-checked")),
            (yes, "liveness,identity", CaptureToken, json!("implied")),
            (yes, "identity", Unknown, json!("unverified")),
            (one, "identity", Image, json!("not-checked")),
            (one, "liveness,identity", CaptureToken, json!("live")),
            (one, "liveness,identity", Unknown, json!("unverified")),
            (two, "identity", Image, json!("not-live")),
            (zero, "identity", Image, json!("inconclusive")),
            (new, "identity", Image, json!("unknown")),
            (no, "identity", Image, Value::Null),
        ] {
            assert_eq!(
                json(answer, capabilities, selfie)["liveness"],
                expected,
                "{answer} {capabilities} {selfie:?}"
            );
        }
    }

    /// Nothing personal leaks: a word that this version does not know could be a person's name.
    #[test]
    fn evidence_is_printed_where_it_is_known() {
        let answer = r#"{"id":"a","status":3,"unicoId":{"result":"Zuleica"},"identityFraudsters":{"result":"suspicious"},
                "score":-12,"government":{"serpro":-2},"idCloud":{"result":"high-risk"},"riskLevel":{"result":"Zuleica"},
                "biometryToken":{"result":"false"},"novelty":{"a":"Zuleica"},"Zuleica":1}"#;
        let hidden = json(answer, "identity", SelfieKind::Image);
        assert_eq!(hidden["identity"], "unknown");
        assert_eq!(hidden["behaviorAlert"], "suspicious");
        assert_eq!(hidden["riskScore"], -12);
        assert_eq!(hidden["serproSimilarity"], -2);
        assert_eq!(hidden["trustDecision"], "high-risk");
        assert_eq!(hidden["riskLevel"], "unknown");
        assert_eq!(hidden["faceMatch"], false);
        assert_eq!(
            hidden["unknown"],
            json!({"novelty": "redacted", "redacted": "redacted"})
        );
        assert!(!hidden.to_string().contains("Zuleica"), "{hidden}");
        let reveal = Context {
            reveal: true,
            ..CONTEXT
        };
        let shown = object(answer, "identity", SelfieKind::Image, reveal);
        let shown = serde_json::to_value(shown).unwrap();
        assert_eq!(shown["identity"], "Zuleica");
        assert_eq!(shown["unknown"]["novelty"], json!({"a": "Zuleica"}));
        let number =
            r#"{"id":"a","status":3,"score":52998224725,"government":{"serpro":52998224725}}"#;
        let hidden = json(number, "identity", SelfieKind::Image);
        assert!(!hidden.to_string().contains("5299"), "{hidden}");
    }

    #[test]
    fn a_pending_process_waits() {
        for (status, word, scenario) in [
            ("1", "processing", "processing"),
            ("2", "divergence", "divergence"),
            ("9", "unknown", "unknown-status"),
        ] {
            let object = json(
                &format!(r#"{{"id":"a","status":{status}}}"#),
                "identity",
                SelfieKind::Image,
            );
            assert_eq!(object["status"], word);
            assert_eq!(object["decision"], "wait");
            assert_eq!(object["scenario"], scenario);
            assert!(!object["explanation"].as_str().unwrap().is_empty());
        }
    }

    /// Nothing personal leaks unless the caller asked for it.
    #[test]
    fn personal_members_are_redacted_unless_revealed() {
        let answer = r#"{"id":"a","status":3,
            "document":{"id":"d","type":"BR_RG","cpfMatch":true,"faceMatch":false,"content":{"n":"Marker"},
                        "fileUrls":["https://Marker"],"extra":"Marker"},
            "processAdditionalInfo":{"personName":"Marker","other":"Marker"}}"#;
        let hidden = json(answer, "document", SelfieKind::Image);
        assert!(!hidden.to_string().contains("Marker"), "{hidden}");
        assert_eq!(
            hidden["document"],
            json!({"id":"d","type":"BR_RG","cpfMatch":true,"faceMatch":false,"content":"redacted","fileUrls":"redacted"})
        );
        assert_eq!(hidden["additionalInfo"], "redacted");
        let reveal = Context {
            reveal: true,
            ..CONTEXT
        };
        let shown =
            serde_json::to_value(object(answer, "document", SelfieKind::Image, reveal)).unwrap();
        assert_eq!(shown["document"]["content"], json!({"n":"Marker"}));
        assert_eq!(shown["additionalInfo"]["personName"], "Marker");
        let debug = format!(
            "{:?}",
            object(answer, "document", SelfieKind::Image, reveal)
        );
        assert!(!debug.contains("Marker"), "{debug}");
    }

    /// The order of a document's keys is public interface too.
    #[test]
    fn a_documents_keys_have_their_order() {
        let answer = r#"{"id":"a","status":3,"document":{"faceMatch":false,"type":"CNH","id":"d","cpfMatch":true}}"#;
        let object = object(answer, "document", SelfieKind::Image, CONTEXT);
        assert_eq!(
            serde_json::to_string(&object.document).unwrap(),
            r#"{"id":"d","type":"CNH","cpfMatch":true,"faceMatch":false,"content":null,"fileUrls":null}"#
        );
    }
}

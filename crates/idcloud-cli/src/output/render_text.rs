//! Renders a result as text: the verdict, its reasons, its limits, and whether it was simulated.
//!
//! Must not let text from an answer control the terminal, nor show a value that the result object
//! redacts.

use std::io::{self, Write};

use idcloud_model::Language;
use serde_json::Value;

use crate::output::result_object::ResultObject;
use crate::output::sanitize::harmless;
use crate::output::style::{Painted, Style};

/// Writes a result.
pub(crate) fn write(
    object: &ResultObject,
    language: Language,
    to: &mut dyn Write,
    style: Style,
) -> io::Result<()> {
    if object.simulated == Some(true) {
        let simulated = pick(language, "SIMULATED", "SIMULADO");
        write!(to, "{}: ", style.caution(simulated))?;
    }
    writeln!(
        to,
        "{}  {}",
        headline(object.decision, language, style),
        style.dim(object.scenario)
    )?;
    writeln!(to)?;
    for line in style.wrapped(&object.explanation, 0) {
        writeln!(to, "{line}")?;
    }
    writeln!(to)?;
    for (name, value) in facts(object, language) {
        writeln!(to, "  {} {value}", style.dim(&format!("{name:<16}")))?;
    }
    for mismatch in &object.mismatches {
        writeln!(to)?;
        let note = pick(language, "note", "nota");
        // Not wrapped: it contains words to copy.
        writeln!(to, "{note}: {}", mismatch.help)?;
    }
    Ok(())
}

/// One of two wordings.
pub(crate) fn pick(
    language: Language,
    english: &'static str,
    portuguese: &'static str,
) -> &'static str {
    match language {
        Language::Portuguese => portuguese,
        _ => english,
    }
}

fn headline(decision: &'static str, language: Language, style: Style) -> Painted<'static> {
    let say = |english, portuguese| pick(language, english, portuguese);
    match decision {
        "approve" => style.good(say("APPROVED", "APROVADO")),
        "review" => style.caution(say("NOT APPROVED: review", "NÃO APROVADO: revisão")),
        "recapture" => style.caution(say("NOT APPROVED: recapture", "NÃO APROVADO: nova captura")),
        "reject" => style.error(say("NOT APPROVED: reject", "NÃO APROVADO: rejeição")),
        _ => style.caution(say("NOT APPROVED YET: wait", "AINDA NÃO APROVADO: espera")),
    }
}

fn facts(object: &ResultObject, language: Language) -> Vec<(&'static str, String)> {
    let say = |english, portuguese| pick(language, english, portuguese);
    let mut facts = vec![(say("process", "processo"), object.process_id.clone())];
    if let Some(environment) = object.environment {
        facts.push((say("environment", "ambiente"), environment.to_owned()));
    }
    facts.push((say("status", "situação"), object.status.to_owned()));
    let face_match = object.face_match.map_or(Value::Null, Value::from);
    for (name, value) in [
        (say("identity", "identidade"), &object.identity),
        (say("liveness", "prova de vida"), &object.liveness),
        (say("behavior alert", "alerta"), &object.behavior_alert),
        (say("risk score", "escore de risco"), &object.risk_score),
        ("Serpro", &object.serpro_similarity),
        (say("face match", "mesma face"), &face_match),
        (say("trust decision", "decisão"), &object.trust_decision),
        (say("risk level", "nível de risco"), &object.risk_level),
    ] {
        facts.extend(shown(value, language).map(|shown| (name, shown)));
    }
    if let Some(document) = &object.document {
        let document = serde_json::to_string(document).unwrap_or_default();
        facts.push((say("document", "documento"), harmless(&document)));
    }
    let person = say("person", "pessoa");
    facts.extend(shown(&object.additional_info, language).map(|shown| (person, shown)));
    if !object.unknown.is_empty() {
        let names: Vec<String> = object.unknown.keys().map(|name| harmless(name)).collect();
        facts.push((say("unknown members", "desconhecidos"), names.join(", ")));
    }
    facts
}

fn shown(value: &Value, language: Language) -> Option<String> {
    let say = |english, portuguese| Some(pick(language, english, portuguese).to_owned());
    match value {
        Value::Null => None,
        Value::String(text) if text == "not-checked" => say("not checked", "não verificada"),
        Value::String(text) if text == "not-live" => say("not live", "não está viva"),
        Value::String(text) => Some(harmless(text)),
        Value::Bool(true) => say("yes", "sim"),
        Value::Bool(false) => say("no", "não"),
        other => Some(harmless(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn object() -> ResultObject {
        ResultObject {
            environment: Some("local"),
            simulated: Some(true),
            process_id: "80371b2a-3ac7-432e-866d-57fe37896ac6".into(),
            status: "completed",
            decision: "approve",
            scenario: "identity-yes-without-liveness",
            explanation: "It is the holder. ".repeat(9),
            identity: "yes".into(),
            liveness: "not-checked".into(),
            behavior_alert: Value::Null,
            risk_score: Value::Null,
            serpro_similarity: Value::Null,
            face_match: None,
            trust_decision: Value::Null,
            risk_level: Value::Null,
            document: None,
            additional_info: Value::Null,
            mismatches: Vec::new(),
            recorded: false,
            journal_error: None,
            unknown: Map::new(),
        }
    }

    fn text(object: &ResultObject) -> String {
        let mut out = Vec::new();
        write(object, Language::English, &mut out, Style::PLAIN).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// A simulated verdict is always marked as one, and so is an unchecked liveness.
    #[test]
    fn a_person_reads_the_verdict_and_its_limits() {
        let text = text(&object());
        assert!(
            text.starts_with("SIMULATED: APPROVED  identity-yes"),
            "{text}"
        );
        assert!(text.contains("liveness         not checked"), "{text}");
        assert!(!text.contains("risk score"), "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 88),
            "{text}"
        );
    }

    /// A verdict cannot be misread: every decision except an approval says that it is not one.
    #[test]
    fn only_an_approval_looks_like_one() {
        for decision in ["review", "recapture", "reject", "wait", "anything"] {
            let text = text(&ResultObject {
                decision,
                ..object()
            });
            assert!(text.starts_with("SIMULATED: NOT APPROVED"), "{text}");
        }
    }

    /// A verdict that was not simulated, or whose source is unknown, is not marked as simulated.
    #[test]
    fn only_a_simulated_verdict_says_so() {
        for simulated in [None, Some(false)] {
            let text = text(&ResultObject {
                simulated,
                ..object()
            });
            assert!(text.starts_with("APPROVED"), "{text}");
        }
    }

    #[test]
    fn the_same_is_told_in_portuguese() {
        let mut out = Vec::new();
        write(&object(), Language::Portuguese, &mut out, Style::PLAIN).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("SIMULADO: APROVADO"), "{text}");
        assert!(text.contains("prova de vida    não verificada"), "{text}");
    }

    #[test]
    fn an_answers_text_cannot_control_the_terminal() {
        let mut unknown = Map::new();
        unknown.insert("\u{1b}[2Jname".into(), json!(1));
        let text = text(&ResultObject {
            identity: "\u{1b}[31myes".into(),
            unknown,
            ..object()
        });
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

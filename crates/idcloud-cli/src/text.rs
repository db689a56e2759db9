//! A result for a person: the verdict, why, what it does not say, and whether it was simulated.
//!
//! Never lets an answer's own text control the terminal, and never shows what the result object redacts.

use std::io::{self, Write};

use serde_json::Value;

use crate::harmless::harmless;
use crate::result_object::ResultObject;
use crate::style::{Painted, Style};

/// How wide sentences run.
const WIDTH: usize = 88;

/// Writes a result.
pub(crate) fn write(object: &ResultObject, to: &mut dyn Write, style: Style) -> io::Result<()> {
    let simulated = if object.simulated { " (simulated)" } else { "" };
    writeln!(
        to,
        "{}{simulated}  {}",
        headline(object.decision, style),
        style.dim(object.scenario)
    )?;
    writeln!(to)?;
    for line in wrapped(&object.explanation) {
        writeln!(to, "{line}")?;
    }
    writeln!(to)?;
    for (name, value) in facts(object) {
        writeln!(to, "  {} {value}", style.dim(&format!("{name:<16}")))?;
    }
    Ok(())
}

fn headline(decision: &'static str, style: Style) -> Painted<'static> {
    match decision {
        "approve" => style.good("APPROVED"),
        "review" => style.caution("NOT APPROVED: review"),
        "recapture" => style.caution("NOT APPROVED: recapture"),
        "reject" => style.error("NOT APPROVED: reject"),
        _ => style.caution("NOT APPROVED YET: wait"),
    }
}

fn facts(object: &ResultObject) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("process", object.process_id.clone()),
        ("environment", object.environment.to_owned()),
        ("status", object.status.to_owned()),
    ];
    let face_match = object.face_match.map_or(Value::Null, Value::from);
    for (name, value) in [
        ("identity", &object.identity),
        ("liveness", &object.liveness),
        ("behavior alert", &object.behavior_alert),
        ("risk score", &object.risk_score),
        ("Serpro", &object.serpro_similarity),
        ("face match", &face_match),
        ("trust decision", &object.trust_decision),
        ("risk level", &object.risk_level),
    ] {
        facts.extend(shown(value).map(|shown| (name, shown)));
    }
    if let Some(document) = &object.document {
        let document = serde_json::to_string(document).unwrap_or_default();
        facts.push(("document", harmless(&document)));
    }
    facts.extend(shown(&object.additional_info).map(|shown| ("person", shown)));
    if !object.unknown.is_empty() {
        let names: Vec<String> = object.unknown.keys().map(|name| harmless(name)).collect();
        facts.push(("unknown members", names.join(", ")));
    }
    facts
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text == "not-checked" => Some("not checked".to_owned()),
        Value::String(text) if text == "not-live" => Some("not live".to_owned()),
        Value::String(text) => Some(harmless(text)),
        Value::Bool(value) => Some(if *value { "yes" } else { "no" }.to_owned()),
        other => Some(harmless(&other.to_string())),
    }
}

/// Breaks a sentence between words.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn object() -> ResultObject {
        ResultObject {
            environment: "local",
            simulated: true,
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
            unknown: Map::new(),
        }
    }

    fn text(object: &ResultObject) -> String {
        let mut out = Vec::new();
        write(object, &mut out, Style::PLAIN).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// A simulated verdict says so everywhere it goes, and an unchecked liveness too.
    #[test]
    fn a_person_reads_the_verdict_and_its_limits() {
        let text = text(&object());
        assert!(text.starts_with("APPROVED (simulated)"), "{text}");
        assert!(text.contains("liveness         not checked"), "{text}");
        assert!(!text.contains("risk score"), "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH),
            "{text}"
        );
    }

    /// A verdict cannot be misread: everything but an approval says that it is none.
    #[test]
    fn only_an_approval_looks_like_one() {
        for decision in ["review", "recapture", "reject", "wait", "anything"] {
            let text = text(&ResultObject {
                decision,
                ..object()
            });
            assert!(text.starts_with("NOT APPROVED"), "{text}");
        }
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

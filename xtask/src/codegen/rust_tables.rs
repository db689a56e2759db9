//! The spec as Rust tables.
//!
//! Tables and constants alone: what a value means stands in the hand-written module beside it.

use std::fmt::Write as _;

use super::catalogue::{Catalogue, Text};
use super::scenarios::Scenarios;

/// What every generated Rust file begins with.
const HEADER: &str = "\
//! Made by `cargo xtask codegen` from `spec/`.
//!
//! Never edited by hand: change the spec and run it again.
";

/// The error catalogue, sorted by code, and a name for each code.
pub(crate) fn error_codes(codes: &Catalogue) -> String {
    let mut out = format!(
        "{HEADER}\nuse crate::error_code::{{Actor, CatalogueEntry, Endpoint, ErrorCode, RetryClass}};\n\
         use crate::language::Text;\n\n/// The codes that are documented.\nimpl ErrorCode {{\n"
    );
    let mut names: Vec<_> = codes
        .entries()
        .map(|entry| (constant(&entry.name), entry))
        .collect();
    names.sort_by(|one, other| one.0.cmp(&other.0));
    for (name, entry) in names {
        let _ = write!(
            out,
            "/// `{code}`: {meaning}\npub const {name}: Self = Self::known({code:?});\n",
            code = entry.code,
            meaning = entry.meaning.en,
        );
    }
    out.push_str("}\n\n/// Every documented code, sorted by its text.\npub(crate) static ERROR_CODES: &[CatalogueEntry] = &[\n");
    for entry in codes.entries() {
        let endpoints: Vec<String> = entry
            .endpoints
            .iter()
            .map(|endpoint| format!("Endpoint::{}", endpoint.variant()))
            .collect();
        let _ = write!(
            out,
            "    CatalogueEntry {{\n        code: {:?},\n        http_status: &{:?},\n        endpoints: &[{}],\n        \
             messages: &{:?},\n        meaning: {},\n        cause: {},\n        remedy: {},\n        \
             retry: RetryClass::{},\n        actor: Actor::{},\n        source: {:?},\n    }},\n",
            entry.code,
            entry.http_status,
            endpoints.join(", "),
            entry.messages,
            text(&entry.meaning),
            text(&entry.cause),
            text(&entry.remedy),
            entry.retry.variant(),
            entry.actor.variant(),
            entry.source,
        );
    }
    out.push_str("];\n");
    out
}

/// The decision table's rows in their order, and the sentences that a verdict may add.
pub(crate) fn scenarios(scenarios: &Scenarios) -> String {
    let mut out = format!(
        "{HEADER}\nuse crate::language::Text;\n\n\
         /// What the spec says of one row of the decision table.\n#[derive(Debug)]\npub(crate) struct ScenarioEntry {{\n\
         /// The row's id.\npub(crate) id: &'static str,\n\
         /// The decision's name, `wait` for a process that is not final.\npub(crate) decision: &'static str,\n\
         /// What happened, what it does not say, what to do next.\npub(crate) text: Text,\n}}\n\n\
         /// Every row, in the table's order.\npub(crate) static SCENARIOS: &[ScenarioEntry] = &[\n"
    );
    for row in &scenarios.rows {
        let _ = write!(
            out,
            "    ScenarioEntry {{\n        id: {:?},\n        decision: {:?},\n        text: {},\n    }},\n",
            row.id,
            row.decision.word(),
            text(&row.text),
        );
    }
    out.push_str("];\n");
    for note in &scenarios.notes {
        let _ = write!(
            out,
            "\n/// Added to a row's text where it holds.\npub(crate) static NOTE_{}: Text = {};\n",
            constant(&note.id),
            text(&note.text),
        );
    }
    out
}

fn text(text: &Text) -> String {
    format!(
        "Text {{\n            en: {:?},\n            pt: {:?},\n        }}",
        text.en, text.pt
    )
}

fn constant(name: &str) -> String {
    name.replace('-', "_").to_ascii_uppercase()
}

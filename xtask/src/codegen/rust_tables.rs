//! The spec as Rust tables.
//!
//! Must not contain more than tables and constants: the meaning of a value is in the hand-written
//! module beside it.

use std::fmt::Write as _;

use super::catalogue::{Catalogue, Text};
use super::scenarios::Scenarios;
use super::vocabulary::{Unit, Vocabulary};

/// The first lines of every generated Rust file.
const HEADER: &str = "\
//! Made by `cargo xtask codegen` from `spec/`.
//!
//! Never edited by hand: change the spec and run it again.
";

/// The error catalogue, sorted by code, and a name for each code.
pub(crate) fn error_codes(codes: &Catalogue) -> String {
    let mut out = format!(
        "{HEADER}\nuse crate::catalogue::error_code::{{Actor, CatalogueEntry, Endpoint, ErrorCode, RetryClass}};\n\
         use crate::catalogue::language::Text;\n\n/// The codes that are documented.\nimpl ErrorCode {{\n"
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
            .map(|endpoint| format!("Endpoint::{endpoint:?}"))
            .collect();
        let _ = write!(
            out,
            "    CatalogueEntry {{\n        code: {:?},\n        http_status: &{:?},\n        endpoints: &[{}],\n        \
             messages: &{:?},\n        meaning: {},\n        cause: {},\n        remedy: {},\n        \
             retry: RetryClass::{:?},\n        actor: Actor::{:?},\n        source: {:?},\n    }},\n",
            entry.code,
            entry.http_status,
            endpoints.join(", "),
            entry.messages,
            text(&entry.meaning),
            text(&entry.cause),
            text(&entry.remedy),
            entry.retry,
            entry.actor,
            entry.source,
        );
    }
    out.push_str("];\n");
    out
}

/// The decision table's rows in their order, and the sentences that a verdict may add.
pub(crate) fn scenarios(scenarios: &Scenarios) -> String {
    let mut out = format!(
        "{HEADER}\nuse crate::catalogue::language::Text;\n\n\
         /// What the spec says of one row of the decision table.\n#[derive(Debug)]\npub(crate) struct ScenarioEntry {{\n\
         /// The row's id.\npub(crate) id: &'static str,\n\
         /// The decision's name, `wait` for a process that is not final.\n\
         #[cfg_attr(not(test), expect(dead_code, reason = \"tests compare it with the table in code\"))]\npub(crate) decision: &'static str,\n\
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

/// The limits as constants with their units.
pub(crate) fn limits(vocabulary: &Vocabulary) -> String {
    let mut out = format!("{HEADER}\nuse std::time::Duration;\n");
    for limit in &vocabulary.limits {
        let number = digits(limit.value);
        let (kind, value) = match limit.unit {
            Unit::Characters | Unit::Bytes => ("usize", number),
            Unit::Pixels | Unit::Rate => ("u32", number),
            Unit::Seconds => ("Duration", format!("Duration::from_secs({number})")),
        };
        let code = limit
            .code
            .as_ref()
            .map(|code| format!(" Otherwise IDCloud answers {code}."))
            .unwrap_or_default();
        let _ = write!(
            out,
            "\n/// {} In {}.{code}\n///\n/// Source: {}.\npub const {}: {kind} = {value};\n",
            limit.meaning,
            limit.unit.word(),
            limit.source,
            constant(&limit.name),
        );
    }
    out
}

/// The words of every enum that a type of the model reads, by that type's name.
pub(crate) fn enums(vocabulary: &Vocabulary) -> String {
    let mut out = format!(
        "{HEADER}\n/// Types and the words that they must know, in the newest spelling.\n\
         pub(crate) static ENUMS: &[(&str, &[&str])] = &[\n"
    );
    for list in &vocabulary.enums {
        if let Some(rust) = &list.rust {
            let words: Vec<&str> = list
                .values
                .iter()
                .map(|value| value.wire.as_str())
                .collect();
            let _ = writeln!(out, "({rust:?}, &{words:?}),");
        }
    }
    out.push_str("];\n");
    out
}

/// A number with its digits in groups, as the lints want it.
fn digits(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
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

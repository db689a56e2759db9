//! The spec as reference pages.
//!
//! Must not add sentences about IDCloud: all come from the spec.

use std::fmt::Write as _;

use super::catalogue::{Catalogue, Endpoint, Entry, Text};
use super::scenarios::Scenarios;
use super::vocabulary::{Group, OpenEnum, Vocabulary};
use crate::Failure;

/// The first lines of every generated page.
const HEADER: &str = "<!-- Made by `cargo xtask codegen` from crates/idcloud-model/spec. Never edited by hand. -->\n\n";

/// Every error code, explained.
pub(crate) fn error_codes(codes: &Catalogue) -> String {
    let mut out = format!(
        "{HEADER}# Error codes\n\nMatch on the code, never on the message: messages come in two languages and change. \
         The messages below are IDCloud's, verbatim; everything else is this project's. `idcloud explain CODE` prints the same.\n\n\
         What may be repeated: `never` (change something first), `new-assertion`, `fresh-token` (once, with a new one), \
         `new-capture` (a new process, billed), `later` (the same read), `reads-only` (never a create: it may have happened).\n"
    );
    let (identity, api): (Vec<&Entry>, Vec<&Entry>) = codes
        .entries()
        .partition(|entry| entry.endpoints == [Endpoint::Token]);
    for (title, mut entries) in [
        ("Codes of the API", api),
        ("Codes of the identity server", identity),
    ] {
        entries.sort_by_key(|entry| numbers(&entry.code));
        let _ = write!(
            out,
            "\n## {title}\n\n| code | HTTP | repeat | who acts | what it says |\n|---|---|---|---|---|\n"
        );
        for entry in &entries {
            let _ = writeln!(
                out,
                "| [{0}](#{anchor}) | {1} | `{2}` | {3} | {4} |",
                entry.code,
                statuses(entry),
                entry.retry.word(),
                entry.actor.word(),
                entry.meaning.en,
                anchor = anchor(&entry.code),
            );
        }
        for entry in entries {
            out.push_str(&error_code(entry));
        }
    }
    out
}

fn error_code(entry: &Entry) -> String {
    let endpoints: Vec<&str> = entry
        .endpoints
        .iter()
        .map(|endpoint| endpoint.word())
        .collect();
    let mut out = format!(
        "\n### {}\n\nAnswered by {}. Source: {}.\n\n",
        entry.code,
        endpoints.join(", "),
        entry.source
    );
    for message in &entry.messages {
        let _ = writeln!(out, "> {message}\n");
    }
    let _ = write!(
        out,
        "- **English.** {} {} *{}*\n- **Português.** {} {} *{}*\n",
        entry.meaning.en,
        entry.cause.en,
        entry.remedy.en,
        entry.meaning.pt,
        entry.cause.pt,
        entry.remedy.pt,
    );
    out
}

/// The decision table.
pub(crate) fn scenarios(scenarios: &Scenarios) -> String {
    let mut out = format!(
        "{HEADER}# Scenarios\n\nThe table that turns an answer into a decision. Rows are tried from the top, and the first that \
         fits decides. The ids are public interface.\n\n| scenario | when | decision |\n|---|---|---|\n"
    );
    for row in &scenarios.rows {
        let _ = writeln!(
            out,
            "| [`{0}`](#{0}) | {1} | {2} |",
            row.id,
            row.when.en,
            row.decision.word()
        );
    }
    out.push_str("\n## What a verdict says\n");
    for row in &scenarios.rows {
        let Text { en, pt } = &row.text;
        let _ = write!(
            out,
            "\n### {}\n\n- **{}.** {en}\n- **Português.** {} {pt}\n",
            row.id,
            row.decision.word(),
            row.when.pt
        );
    }
    out.push_str("\n## Added where it holds\n\n");
    for note in &scenarios.notes {
        let _ = writeln!(out, "- {}\n- {}", note.text.en, note.text.pt);
    }
    out
}

/// Requests and answers, with values and limits.
pub(crate) fn parameters(vocabulary: &Vocabulary) -> Result<String, Failure> {
    let mut out = format!(
        "{HEADER}# Parameters\n\nNames are dotted paths; `[]` is an element of a list. Every documented spelling is read; the one in \
         the first column is sent. What is absent is left out, never sent as null.\n"
    );
    for group in &vocabulary.groups {
        out.push_str(&parameter_group(vocabulary, group)?);
    }
    out.push_str("\n# Values\n\nEvery list is open: a value that is not listed is kept as it came, and approves nothing.\n");
    for list in &vocabulary.enums {
        out.push_str(&values(list));
    }
    out.push_str(
        "\n# Limits\n\n| limit | value | code | what it bounds | source |\n|---|---|---|---|---|\n",
    );
    for limit in &vocabulary.limits {
        let code = limit.code.as_deref().unwrap_or("–");
        let _ = writeln!(
            out,
            "| `{}` | {} {} | {code} | {} | {} |",
            limit.name,
            limit.value,
            limit.unit.word(),
            limit.meaning,
            limit.source
        );
    }
    Ok(out)
}

fn parameter_group(vocabulary: &Vocabulary, group: &Group) -> Result<String, Failure> {
    let mut out = format!("\n## {}\n\n", group.title);
    if let Some(base) = &group.extends {
        let _ = writeln!(
            out,
            "Everything of *{}*, and:\n",
            vocabulary.group(base)?.title
        );
    }
    out.push_str("| name | type | needed | what it is |\n|---|---|---|---|\n");
    for parameter in &group.parameters {
        let mut text = parameter.text.clone();
        if let Some(name) = &parameter.values {
            let _ = write!(text, " Values: [{name}](#{name}).");
        }
        if !parameter.spellings.is_empty() {
            let _ = write!(text, " Also spelt `{}`.", parameter.spellings.join("`, `"));
        }
        let mut kind = parameter.kind.word().to_owned();
        if let Some(also) = parameter.also {
            let _ = write!(kind, " or {}", also.word());
        }
        let _ = writeln!(
            out,
            "| `{}` | {kind} | {} | {text} |",
            parameter.name,
            parameter.need.word()
        );
    }
    Ok(out)
}

fn values(list: &OpenEnum) -> String {
    let mut out = format!(
        "\n## {}\n\nIn `{}`. {} Source: {}.\n\n",
        list.name, list.member, list.note, list.source
    );
    out = out.replace(".  Source", ". Source");
    out.push_str("| value | meaning |\n|---|---|\n");
    for value in &list.values {
        let aliases = if value.aliases.is_empty() {
            String::new()
        } else {
            format!(", `{}`", value.aliases.join("`, `"))
        };
        let _ = writeln!(out, "| `{}`{aliases} | {} |", value.wire, value.meaning);
    }
    out
}

/// The terms, and their older names.
pub(crate) fn glossary(vocabulary: &Vocabulary) -> String {
    let mut out = format!(
        "{HEADER}# Glossary\n\nThe words that this project uses, and the names that older pages and products have for the same \
         things.\n\n| word | Portuguese | also called | meaning |\n|---|---|---|---|\n"
    );
    for term in &vocabulary.terms {
        let aliases = if term.aliases.is_empty() {
            "–".to_owned()
        } else {
            term.aliases.join(", ")
        };
        let _ = writeln!(
            out,
            "| {} | {} | {aliases} | {} |",
            term.name, term.portuguese, term.meaning
        );
    }
    out
}

fn statuses(entry: &Entry) -> String {
    if entry.http_status.is_empty() {
        return "–".to_owned();
    }
    entry
        .http_status
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// A code's parts as numbers, so that 1.2.7 comes before 1.2.11 and 510 before 10201.
fn numbers(code: &str) -> Vec<u32> {
    code.split('.')
        .map(|part| part.parse().unwrap_or(u32::MAX))
        .collect()
}

/// The anchor of a heading in the usual Markdown viewers.
fn anchor(heading: &str) -> String {
    heading.replace('.', "")
}

//! `idcloud simulator subjects`: the test subjects, and the outcome of each.
//!
//! Must not list a real person: the codes belong to no one.

use std::io::{self, Write};

use idcloud_model::SelfieKind;
use idcloud_simulator::TestSubject;
use serde::Serialize;

use crate::failure::Failure;
use crate::failure::exit::Exit;
use crate::output::Output;
use crate::output::style::Style;

/// Runs the command.
pub(super) fn run(output: &mut Output<'_>) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed {
        code: &'static str,
        name: &'static str,
        scenario: &'static str,
        description: &'static str,
        capabilities: String,
        selfie: &'static str,
    }
    let listed: Vec<Listed> = idcloud_simulator::subjects()
        .iter()
        .map(|subject| Listed {
            code: subject.code,
            name: subject.name,
            scenario: subject.scenario,
            description: subject.description,
            capabilities: subject.capabilities.to_string(),
            selfie: subject.selfie.as_str(),
        })
        .collect();
    output
        .result(&listed, |to, style| {
            table(idcloud_simulator::subjects(), to, style)
        })
        .map_err(|_| Failure::closed())?;
    Ok(Exit::Answered)
}

fn table(subjects: &[TestSubject], to: &mut dyn Write, style: Style) -> io::Result<()> {
    let width = |text: fn(&TestSubject) -> String| {
        subjects
            .iter()
            .map(|subject| text(subject).chars().count())
            .max()
            .unwrap_or_default()
    };
    let scenario = width(|subject| subject.scenario.to_owned());
    let needs = width(needs);
    // The columns before the last one, and a comfortable width for the last one.
    let wide = 18 + 2 + scenario + 2 + needs + 2 + 48;
    if style.columns().is_some_and(|columns| columns < wide) {
        return list(subjects, to, style);
    }
    let head = format!(
        "{:<18}  {:<scenario$}  {:<needs$}  WHAT HAPPENS",
        "CODE", "SCENARIO", "NEEDS"
    );
    writeln!(to, "{}", style.dim(&head))?;
    for subject in subjects {
        writeln!(
            to,
            "{:<18}  {:<scenario$}  {:<needs$}  {}",
            subject.code,
            subject.scenario,
            self::needs(subject),
            subject.description
        )?;
    }
    footnotes(to)
}

/// The same for a terminal that is too narrow for a table.
fn list(subjects: &[TestSubject], to: &mut dyn Write, style: Style) -> io::Result<()> {
    let head = format!(
        "{:<18}  {}\n    {}",
        "CODE", "SCENARIO", "NEEDS: WHAT HAPPENS"
    );
    writeln!(to, "{}", style.dim(&head))?;
    for subject in subjects {
        writeln!(to, "{:<18}  {}", subject.code, subject.scenario)?;
        writeln!(to, "    {}: {}", needs(subject), subject.description)?;
    }
    footnotes(to)
}

fn footnotes(to: &mut dyn Write) -> io::Result<()> {
    writeln!(to)?;
    writeln!(
        to,
        "NEEDS lists the --capabilities of the key; * takes a capture token (idcloud simulator capture)."
    )?;
    writeln!(
        to,
        "A served key must have exactly these: the credentials' .env lists some, serve --capabilities LIST sets them."
    )?;
    writeln!(
        to,
        "Anybody else with a valid CPF or CURP is like the first: the face is the holder's."
    )
}

fn needs(subject: &TestSubject) -> String {
    let captured = subject.selfie == SelfieKind::CaptureToken;
    format!(
        "{}{}",
        subject.capabilities,
        if captured { " *" } else { "" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_line_for_each_subject() {
        let mut out = Vec::new();
        table(idcloud_simulator::subjects(), &mut out, Style::PLAIN).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text.lines().count(),
            idcloud_simulator::subjects().len() + 5
        );
    }
}

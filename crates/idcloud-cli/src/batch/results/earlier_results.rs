//! Results of an earlier run, limited to the columns that the next run uses.
//!
//! Must not take a foreign line for a result: a person may have written it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use idcloud_model::ProcessId;
use serde::Deserialize;
use serde_json::Value;

use crate::batch::input::source::Form;
use crate::batch::run::outcome::Outcome;
use crate::failure::{Failure, Refusal};
use crate::input::blanks;
use crate::input::opening::open_regular;

/// The columns of a result row that are used.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct EarlierResult {
    reference: Option<String>,
    outcome: String,
    environment: Option<String>,
    process_id: Option<String>,
    /// An object; in CSV, the JSON text of one.
    error: Value,
}

impl EarlierResult {
    /// Whether a process exists, or may exist, for the row.
    pub(crate) fn was_submitted(&self) -> bool {
        [
            Outcome::Done,
            Outcome::Failed,
            Outcome::Pending,
            Outcome::Ambiguous,
        ]
        .into_iter()
        .any(|submitted| self.is(submitted))
    }

    /// Whether the row's outcome was ambiguous.
    pub(crate) fn was_in_doubt(&self) -> bool {
        self.is(Outcome::Ambiguous)
    }

    /// Whether another program was submitting the row, so that its end was unknown.
    pub(crate) fn was_in_flight(&self) -> bool {
        let kind = |error: &Value| error.get("kind").and_then(Value::as_str) == Some("in-flight");
        match &self.error {
            Value::String(text) => serde_json::from_str(text).is_ok_and(|error| kind(&error)),
            error => kind(error),
        }
    }

    /// Whether the row belongs to another environment. A row without a result does not name its
    /// environment.
    pub(crate) fn is_elsewhere(&self, environment: Option<&str>) -> bool {
        match (self.environment.as_deref().map(str::trim), environment) {
            (None | Some(""), _) | (_, None) => false,
            (Some(told), Some(environment)) => told != environment,
        }
    }

    /// The row's reference as an input has it: without the blanks that a spreadsheet left around
    /// it.
    pub(crate) fn reference(&self) -> Option<&str> {
        self.reference.as_deref().map(blanks::trim)
    }

    /// The process that the row names.
    pub(crate) fn process_id(&self) -> Option<ProcessId> {
        self.process_id.as_deref()?.trim().parse().ok()
    }

    fn is(&self, outcome: Outcome) -> bool {
        self.outcome.trim().eq_ignore_ascii_case(outcome.as_str())
    }
}

/// Calls `each` with every row of the results, until `each` fails.
///
/// # Errors
/// The results cannot be read, or the error of `each`.
pub(crate) fn read(
    path: &Path,
    form: Form,
    mut each: impl FnMut(EarlierResult) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let unreadable = || {
        Failure::usage(vec![Refusal::new(
            "--output",
            "names results that cannot be read",
            "name another file, or allow yourself to read this one",
        )])
    };
    let (file, _) = open_regular(path).map_err(|_| unreadable())?;
    match form {
        Form::Csv => {
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
            for row in reader.deserialize::<EarlierResult>() {
                match row {
                    Ok(row) => each(row)?,
                    Err(error) if error.is_io_error() => return Err(unreadable()),
                    Err(_) => {}
                }
            }
        }
        Form::JsonLines => {
            for line in BufReader::new(file).split(b'\n') {
                let line = line.map_err(|_| unreadable())?;
                if let Ok(row) = serde_json::from_slice::<EarlierResult>(&line) {
                    each(row)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "80371b2a-3ac7-432e-866d-57fe37896ac6";

    /// Blanks that a spreadsheet left around an environment do not make it another one: its rows
    /// would be billed again.
    #[test]
    fn blanks_make_no_other_environment() {
        for (told, is_elsewhere) in [(" uat ", false), ("  ", false), (" production", true)] {
            let row = EarlierResult {
                environment: Some(told.to_owned()),
                ..EarlierResult::default()
            };
            assert_eq!(row.is_elsewhere(Some("uat")), is_elsewhere, "{told:?}");
        }
    }

    /// No row is paid for twice: results read the same in each form, also after a spreadsheet has
    /// saved them.
    #[test]
    fn rows_are_read_in_each_form() {
        let directory = tempfile::tempdir().unwrap();
        let csv = format!(
            "reference,outcome,environment,processId,error\n a , DONE ,uat,{ID},\nb,ambiguous,,,\"{{\"\"kind\"\":\"\"in-flight\"\"}}\"\nc,refused,,,\n"
        );
        let lines = format!(
            "{{\"reference\":\"a\",\"outcome\":\"done\",\"environment\":\"uat\",\"processId\":\"{ID}\"}}\nno result\n{{\"reference\":\"b\",\"outcome\":\"ambiguous\",\"error\":{{\"kind\":\"in-flight\"}}}}\n{{\"reference\":\"c\",\"outcome\":\"refused\"}}\n"
        );
        for (name, content, form) in [
            ("out.csv", csv, Form::Csv),
            ("out.jsonl", lines, Form::JsonLines),
        ] {
            let path = directory.path().join(name);
            std::fs::write(&path, content).unwrap();
            let mut rows = Vec::new();
            read(&path, form, |row| {
                rows.push((
                    row.reference().unwrap().to_owned(),
                    (row.was_submitted(), row.was_in_doubt(), row.was_in_flight()),
                    row.is_elsewhere(Some("production")),
                    row.process_id().is_some(),
                ));
                Ok(())
            })
            .unwrap();
            let expected = [
                ("a".to_owned(), (true, false, false), true, true),
                ("b".to_owned(), (true, true, true), false, false),
                ("c".to_owned(), (false, false, false), false, false),
            ];
            assert_eq!(rows, expected, "{name}");
        }
    }
}

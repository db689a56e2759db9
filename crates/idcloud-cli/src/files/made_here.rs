//! Which files an output may replace: those that this program made, and empty ones.
//!
//! Must not recognise its own files by their names.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::Value;

use crate::batch::input::source::Form;
use crate::batch::results::row_object;
use crate::batch::run::outcome::Outcome;
use crate::failure::Refusal;
use crate::input::opening::{is_stream, open_regular};
use crate::input::unreadable;

/// The first lines of the page about a batch.
pub(crate) const REPORT: &str = "<!doctype html>\n<!-- Made by idcloud batch report -->\n";
/// The first line of a manual page.
pub(crate) const MANUAL: &str = ".\\\" Made by idcloud man\n";
/// The first line of the variables file of a simulator.
pub(crate) const VARIABLES: &str = "# Made by idcloud simulator serve\n";

/// The kinds of files that this program makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// Results of a batch.
    Results(Form),
    /// The page about a batch.
    Report,
    /// A page of the manual.
    Manual,
    /// Environment variables of a simulator.
    Variables,
}

impl Made {
    const fn what(self) -> &'static str {
        match self {
            Self::Results(Form::Csv) => {
                "results of a batch (its header is none that this program writes)"
            }
            Self::Results(Form::JsonLines) => {
                "results of a batch (its first line is none that this program writes)"
            }
            Self::Report => "a page of idcloud batch report",
            Self::Manual => "a page of idcloud man",
            Self::Variables => "variables of idcloud simulator serve",
        }
    }

    /// Whether a file with this beginning was made by this program.
    fn begins(self, head: &[u8]) -> bool {
        match self {
            Self::Results(Form::Csv) => {
                let mut reader = csv::ReaderBuilder::new();
                let mut reader = reader.flexible(true).from_reader(head);
                reader
                    .headers()
                    .is_ok_and(|header| row_object::is_header(header.iter().map(str::trim)))
            }
            Self::Results(Form::JsonLines) => {
                let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
                serde_json::from_slice(line).is_ok_and(|row: Value| is_result(&row))
            }
            Self::Report => head.starts_with(REPORT.as_bytes()),
            Self::Manual => head.starts_with(MANUAL.as_bytes()),
            Self::Variables => head.starts_with(VARIABLES.as_bytes()),
        }
    }
}

/// Whether a line is a row of results: a row of an input has no outcome, and a person's own table
/// has other keys.
fn is_result(row: &Value) -> bool {
    let outcome = row.get("outcome").and_then(Value::as_str);
    let keys = row.as_object().into_iter().flat_map(|row| row.keys());
    row_object::are_keys(keys.map(String::as_str))
        && outcome.is_some_and(|outcome| Outcome::ALL.iter().any(|known| known.as_str() == outcome))
}

/// The kind of file at an output path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No file, a directory, or a stream that may be written to, such as standard output by its
    /// path.
    Nothing,
    /// Not a regular file, such as a pipe, and not written to.
    NoFile,
    /// A file without content.
    Empty,
    /// A file that this program made.
    Ours,
    /// Anything else.
    Foreign,
}

/// The kind of file at `path`.
///
/// # Errors
/// It cannot be read.
pub(crate) fn standing(path: &Path, made: Made) -> io::Result<Standing> {
    /// Bytes of the first line that are read; no row of results is nearly as long.
    const HEAD: u64 = 256 * 1024;
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Ok(Standing::Nothing),
        Ok(found) if !found.is_file() => {
            // Results are opened more than once: a pipe's reader would take the first close for the
            // end.
            let is_written = !matches!(made, Made::Results(_)) && is_stream(path, &found);
            return Ok(if is_written {
                Standing::Nothing
            } else {
                Standing::NoFile
            });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Standing::Nothing),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    let mut head = Vec::new();
    open_regular(path)?.0.take(HEAD).read_to_end(&mut head)?;
    Ok(if head.is_empty() {
        Standing::Empty
    } else if made.begins(&head) {
        Standing::Ours
    } else {
        Standing::Foreign
    })
}

/// Refuses to replace a file that this program did not make.
///
/// # Errors
/// Names `field` and the files that it may replace.
pub(crate) fn refuse_foreign(field: &str, path: &Path, made: Made) -> Result<(), Refusal> {
    match standing(path, made) {
        Ok(Standing::Foreign) => Err(foreign(field, made)),
        Ok(Standing::NoFile) => Err(no_file(field)),
        Ok(_) => Ok(()),
        Err(_) => Err(Refusal::new(
            field,
            "names a file that cannot be read, and so may be any",
            "name another file, or allow yourself to read this one",
        )),
    }
}

/// The refusal of an output that is not a regular file.
pub(crate) fn no_file(field: &str) -> Refusal {
    unreadable(field, &io::ErrorKind::InvalidInput.into())
}

/// The refusal of an output path with a foreign file.
pub(crate) fn foreign(field: &str, made: Made) -> Refusal {
    Refusal::new(
        field,
        format!(
            "names a file that is not {}, and would be lost",
            made.what()
        ),
        "name another file, or move this one away",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_standing(path: &Path, made: Made, content: &str, expected: Standing) {
        fs::write(path, content).unwrap();
        assert_eq!(
            standing(path, made).unwrap(),
            expected,
            "{made:?} {content}"
        );
        let refused = refuse_foreign("--output", path, made).is_err();
        assert_eq!(refused, expected == Standing::Foreign, "{content}");
    }

    #[test]
    fn only_what_was_made_here_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        for (made, content, expected) in [
            (Made::Report, REPORT, Standing::Ours),
            (Made::Report, "<!doctype html>\n<html>", Standing::Foreign),
            (Made::Report, "reference,outcome,", Standing::Foreign),
            (Made::Manual, MANUAL, Standing::Ours),
            (Made::Manual, ".TH ls 1", Standing::Foreign),
            (Made::Variables, VARIABLES, Standing::Ours),
            (
                Made::Variables,
                "IDCLOUD_ENV=production\n",
                Standing::Foreign,
            ),
        ] {
            assert_standing(&path, made, content, expected);
        }
    }

    #[test]
    fn only_results_are_replaced_by_results() {
        const CSV: Made = Made::Results(Form::Csv);
        const LINES: Made = Made::Results(Form::JsonLines);
        let now = row_object::COLUMNS.join(",");
        let earlier = now.replace(",mismatches", "");
        let first = earlier.replace(",recorded,journalError", "");
        let object = |keys: &str, outcome: &str| {
            let member = |key| match key {
                "outcome" => format!("\"outcome\":\"{outcome}\""),
                key => format!("\"{key}\":null"),
            };
            format!(
                "{{{}}}",
                keys.split(',').map(member).collect::<Vec<_>>().join(",")
            )
        };
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        for (made, content, expected) in [
            (CSV, now.as_str(), Standing::Ours),
            (CSV, &format!("\u{feff}{now}\r\na,done"), Standing::Ours),
            (
                CSV,
                &format!("\"{}\"\n", now.replace(',', "\",\"")),
                Standing::Ours,
            ),
            (CSV, &earlier, Standing::Ours),
            (CSV, &first, Standing::Ours),
            (CSV, &format!("{now},cpf"), Standing::Foreign),
            (CSV, "reference,outcome,environment\n", Standing::Foreign),
            (
                CSV,
                "reference,outcome,cpf,name\na,ok,x,Ana\n",
                Standing::Foreign,
            ),
            (CSV, &now.replacen("reference", "id", 1), Standing::Foreign),
            (
                CSV,
                "reference,cpf,name,email,phone,selfie\n",
                Standing::Foreign,
            ),
            (CSV, "reference,outcomes\n", Standing::Foreign),
            (CSV, "-----BEGIN PRIVATE KEY-----\n", Standing::Foreign),
            (CSV, "SQLite format 3\0", Standing::Foreign),
            (CSV, "", Standing::Empty),
            (
                LINES,
                &format!("{}\n{{", object(&now, "done")),
                Standing::Ours,
            ),
            (LINES, &object(&earlier, "invalid"), Standing::Ours),
            (
                LINES,
                &object(now.strip_suffix(",error").unwrap(), "done"),
                Standing::Ours,
            ),
            (
                LINES,
                &object(&format!("{now},cpf"), "done"),
                Standing::Foreign,
            ),
            (LINES, &object(&now, "other"), Standing::Foreign),
            (
                LINES,
                "{\"reference\":\"a\",\"outcome\":\"done\"}\n",
                Standing::Foreign,
            ),
            (
                LINES,
                "{\"reference\":\"a\",\"cpf\":\"x\"}\n",
                Standing::Foreign,
            ),
            (
                LINES,
                "{\"reference\":\"a\",\"outcome\":\"other\"}\n",
                Standing::Foreign,
            ),
            (LINES, "{\"outcome\":\"done\"}\n", Standing::Foreign),
            (
                LINES,
                "\n{\"reference\":\"a\",\"outcome\":\"done\"}",
                Standing::Foreign,
            ),
        ] {
            assert_standing(&path, made, content, expected);
        }
        let missing = directory.path().join("missing");
        assert_eq!(standing(&missing, CSV).unwrap(), Standing::Nothing);
        assert_eq!(standing(directory.path(), CSV).unwrap(), Standing::Nothing);
    }
}

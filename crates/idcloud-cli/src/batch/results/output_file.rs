//! Where the rows of a batch's output go: a file that appears whole, or standard output.
//!
//! Must not leave half a file where a whole one stood.

use std::io::{self, Write};
use std::path::Path;

use crate::batch::input::source::Form;
use crate::batch::results::row_object::{COLUMNS, RowObject};
use crate::failure::Refusal;
use crate::files::made_here::{Made, refuse_foreign};
use crate::files::replacement::Replacement;

/// What errors name.
pub(crate) const FIELD: &str = "--output";

/// A file of results.
pub(crate) struct Sink {
    form: FormWriter,
}

enum FormWriter {
    Csv(Box<csv::Writer<Replacement>>),
    JsonLines(Replacement),
}

impl Sink {
    /// Begins a file; it appears when it is [`commit`](Self::commit)ted.
    ///
    /// # Errors
    /// Its name does not tell its form, something else than results stands there, or it cannot be written there.
    pub(crate) fn begin(path: &Path) -> Result<Self, Refusal> {
        let form = form(path)?;
        refuse_foreign(FIELD, path, Made::Results(form))?;
        let file = Replacement::begin(path).map_err(|_| unwritable())?;
        let form = match form {
            Form::JsonLines => FormWriter::JsonLines(file),
            Form::Csv => {
                let mut writer = csv::Writer::from_writer(file);
                writer.write_record(COLUMNS).map_err(|_| unwritable())?;
                FormWriter::Csv(Box::new(writer))
            }
        };
        Ok(Self { form })
    }

    /// Writes one row.
    pub(crate) fn row(&mut self, row: &RowObject<'_>) -> io::Result<()> {
        match &mut self.form {
            FormWriter::Csv(writer) => Ok(writer.write_record(row.cells()?)?),
            FormWriter::JsonLines(file) => {
                serde_json::to_writer(&mut *file, row)?;
                file.write_all(b"\n")
            }
        }
    }

    /// Lets the file appear.
    pub(crate) fn commit(self) -> io::Result<()> {
        match self.form {
            FormWriter::JsonLines(file) => file.commit(),
            FormWriter::Csv(writer) => writer
                .into_inner()
                .map_err(csv::IntoInnerError::into_error)?
                .commit(),
        }
    }
}

/// The form of results that a file's name tells.
///
/// # Errors
/// It tells none.
pub(crate) fn form(path: &Path) -> Result<Form, Refusal> {
    Form::of(path).ok_or_else(|| {
        Refusal::new(
            FIELD,
            "has a name that does not tell its form",
            "name it .csv, or .jsonl for JSON lines",
        )
    })
}

fn unwritable() -> Refusal {
    Refusal::new(
        FIELD,
        "cannot be written there",
        "name a file in a directory that exists and that you may write to",
    )
}

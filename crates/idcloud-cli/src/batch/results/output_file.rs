//! The destination of a batch's output: a file that appears complete, or standard output.
//!
//! Must not replace a complete file by half of one.

use std::io::{self, Write};
use std::path::Path;

use crate::batch::input::source::Form;
use crate::batch::results::row_object::{COLUMNS, RowObject};
use crate::failure::Refusal;
use crate::files::made_here::{Made, refuse_foreign};
use crate::files::replacement::Replacement;

/// The flag that errors name.
pub(crate) const FIELD: &str = "--output";

/// A file of results.
pub(crate) struct OutputFile {
    form: FormWriter,
}

enum FormWriter {
    Csv(Box<csv::Writer<Replacement>>),
    JsonLines(Replacement),
}

impl OutputFile {
    /// Starts a file; it appears at [`commit`](Self::commit).
    ///
    /// # Errors
    /// Its name has no known extension, the existing file does not hold results, or the
    /// directory is not writable.
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

    /// Makes the file appear.
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

/// The form of the results by the extension of the file's name.
///
/// # Errors
/// The extension is unknown.
pub(crate) fn form(path: &Path) -> Result<Form, Refusal> {
    Form::of(path).ok_or_else(|| {
        Refusal::new(
            FIELD,
            "has a name without a known ending",
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

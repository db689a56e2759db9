//! The input file of a batch, read row by row.
//!
//! Must not keep a row: a million of them are read in the memory of one.

use std::io;
use std::path::Path;

use idcloud_model::SavedTextError;

use crate::batch::input::csv_rows::CsvRows;
use crate::batch::input::fields::Fields;
use crate::batch::input::json_rows::JsonRows;
use crate::batch::input::version::{Place, Unchanged, Version, is_change};
use crate::failure::Refusal;
use crate::input;
use crate::input::opening::open_regular;
use crate::input::wiped::Ahead;

/// The field in errors about the whole file.
const FIELD: &str = "INPUT";

/// The longest row in bytes: far longer than any row with a person and a file name.
pub(crate) const MAX_ROW: usize = 64 * 1024;

/// The refusal when the rows end before the file does: the row on `line` could not be read.
pub(crate) fn broken(line: u64, error: &io::Error) -> Refusal {
    let field = format!("line {line}");
    if is_change(error) {
        return Refusal::new(
            field,
            "the input changed while it was read",
            "run the same command again when nobody writes to it",
        );
    }
    Refusal::new(
        field,
        "the input cannot be read any further",
        "check the file and the disk it is on",
    )
}

/// The refusal of a row that is longer than [`MAX_ROW`].
pub(crate) fn too_long() -> Refusal {
    Refusal::new(
        "row",
        format!("is longer than {} kB", MAX_ROW / 1024),
        "put each row on a line of its own; the selfie is the name of a file",
    )
}

/// Comma-separated values, or one JSON object on each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Csv,
    JsonLines,
}

impl Form {
    /// The form by the extension of the file's name.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" | "json" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// One row, and the line it begins on.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) line: u64,
    /// The texts that could be read; they include the reference even if another value is broken.
    pub(crate) fields: Fields,
    /// Why the other texts could not be read.
    pub(crate) broken: Option<Refusal>,
}

/// The encoding problem of a row's or header's bytes that are not UTF-8.
///
/// UTF-16 is recognised by its zero bytes: splitting at line ends cuts its lines in the middle of a
/// character.
pub(crate) fn encoding(bytes: &[u8]) -> &'static str {
    let is_utf16 =
        bytes.contains(&0) || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    input::encoding(if is_utf16 {
        SavedTextError::Utf16
    } else {
        SavedTextError::NotUtf8
    })
}

/// The rows of an input file, in their order.
pub(crate) struct Source {
    rows: FormRows,
    place: Place,
}

enum FormRows {
    Csv(Box<CsvRows<Unchanged>>),
    JsonLines(JsonRows<Ahead<Unchanged>>),
}

impl Source {
    /// Opens the file, and reads its header if it has one.
    ///
    /// # Errors
    /// The file is missing, its name has no known extension, or its header breaks rules.
    pub(crate) fn open(path: &Path) -> Result<Self, Vec<Refusal>> {
        let refused = |refusal| vec![refusal];
        if input::is_stdin(path) {
            return Err(refused(Refusal::new(
                FIELD,
                "cannot be standard input: a batch reads its input more than once",
                "save it as a file",
            )));
        }
        let form = Form::of(path).ok_or_else(|| {
            refused(Refusal::new(
                FIELD,
                "has a name without a known ending",
                "name it .csv, or .jsonl for JSON lines",
            ))
        })?;
        let unreadable = |error: io::Error| refused(input::unreadable(FIELD, &error));
        let file = open_regular(path)
            .and_then(|(file, _)| Unchanged::new(file))
            .map_err(unreadable)?;
        let place = file.place(path);
        let rows = match form {
            Form::Csv => FormRows::Csv(Box::new(CsvRows::open(file)?)),
            Form::JsonLines => FormRows::JsonLines(JsonRows::open(Ahead::new(file))),
        };
        Ok(Self { rows, place })
    }

    /// The version of the file when it was opened.
    pub(crate) const fn version(&self) -> &Version {
        self.place.version()
    }

    /// The positions of columns of the header that are not read, counted from 1.
    pub(crate) fn ignored(&self) -> Vec<usize> {
        match &self.rows {
            FormRows::Csv(rows) => rows.ignored().collect(),
            FormRows::JsonLines(_) => Vec::new(),
        }
    }

    /// The next row, or `None` at the end. Returns no row once the file has changed: its rows may
    /// no longer be wanted.
    ///
    /// # Errors
    /// The file cannot be read any further, or has changed.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, Refusal> {
        let entry = match &mut self.rows {
            FormRows::Csv(rows) => rows.next(),
            FormRows::JsonLines(rows) => rows.next(),
        }?;
        if let Some(entry) = &entry {
            let place = self.place.check();
            place.map_err(|error| broken(entry.line, &error))?;
        }
        Ok(entry)
    }
}

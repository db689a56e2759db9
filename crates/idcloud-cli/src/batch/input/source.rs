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

/// What errors about the file as a whole name.
const FIELD: &str = "INPUT";

/// No row with a person and the name of a file is nearly as long.
pub(crate) const MAX_ROW: usize = 64 * 1024;

/// Why the rows end before the file does, where the row on `line` could not be read.
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

/// The refusal of a row that is longer than any.
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
    /// The form that a file's name tells.
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
    /// What could be read of it: the reference too where something else is broken.
    pub(crate) fields: Fields,
    /// Why the rest could not.
    pub(crate) broken: Option<Refusal>,
}

/// What is wrong with the bytes of a row or of a header that are no UTF-8.
///
/// A line of UTF-16 begins and ends in the middle of a character, so its empty bytes are what it is known by.
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
    /// Opens the file, and reads its header where it has one.
    ///
    /// # Errors
    /// It is not there, its name does not tell what it holds, or its header breaks rules.
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
                "has a name that does not tell what it holds",
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

    /// What the file was when it was opened.
    pub(crate) const fn version(&self) -> &Version {
        self.place.version()
    }

    /// Which columns of the header are not read, counted from 1.
    pub(crate) fn ignored(&self) -> Vec<usize> {
        match &self.rows {
            FormRows::Csv(rows) => rows.ignored().collect(),
            FormRows::JsonLines(_) => Vec::new(),
        }
    }

    /// The next row, or nothing at the end. No row is handed out once the file is another: it is not what the person wants any more.
    ///
    /// # Errors
    /// The file cannot be read any further, or is another than it was.
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

//! The input file of a batch, read row by row.
//!
//! Never keeps a row: a million of them are read in the memory of one.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::csv_rows::CsvRows;
use super::fields::Fields;
use super::json_rows::JsonRows;
use crate::failure::Refusal;
use crate::input;

/// What errors about the file as a whole name.
const FIELD: &str = "INPUT";

/// No row with a person and the name of a file is nearly as long.
pub(crate) const MAX_ROW: usize = 64 * 1024;

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
    pub(crate) fields: Result<Fields, Refusal>,
}

/// The rows of an input file, in their order.
pub(crate) enum Source {
    Csv(CsvRows<File>),
    JsonLines(JsonRows<BufReader<File>>),
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
        let unreadable = |error: std::io::Error| refused(input::unreadable(FIELD, &error));
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
        }
        Ok(match form {
            Form::Csv => Self::Csv(CsvRows::open(file)?),
            Form::JsonLines => Self::JsonLines(JsonRows::open(BufReader::new(file))),
        })
    }

    /// Which columns of the header are not read, counted from 1.
    pub(crate) fn ignored(&self) -> Vec<usize> {
        match self {
            Self::Csv(rows) => rows.ignored().collect(),
            Self::JsonLines(_) => Vec::new(),
        }
    }

    /// The next row, or nothing at the end.
    ///
    /// # Errors
    /// The file cannot be read any further.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, Refusal> {
        match self {
            Self::Csv(rows) => rows.next(),
            Self::JsonLines(rows) => rows.next(),
        }
    }
}

//! Reads rows from a CSV file.
//!
//! Must not build a row from two: an unclosed quote ends with its own row.

use std::io::Read;

use zeroize::Zeroizing;

use crate::batch::input::column::Column;
use crate::batch::input::csv_header;
use crate::batch::input::csv_record::Splitter;
use crate::batch::input::fields::Fields;
use crate::batch::input::lines::{Line, Lines};
use crate::batch::input::quotes::{self, Quotes};
use crate::batch::input::source::{self, Entry};
use crate::failure::Refusal;
use crate::input::blanks;
use crate::input::wiped::Ahead;

/// The remedy for an unpaired quote.
const UNPAIRED: &str = "look for a double quote too many on this line; inside a value write it twice, and the value in double quotes";

/// Every CPF and every CURP has at least this many digits.
const DIGITS: usize = 6;

/// The rows of a CSV file.
pub(crate) struct CsvRows<R> {
    lines: Lines<Ahead<R>>,
    row: Line,
    ahead: Line,
    /// Whether `ahead` holds the line after the row.
    is_ahead: bool,
    splitter: Splitter,
    columns: Vec<Option<Column>>,
}

/// The result of reading the lines of one row.
enum Gathered {
    /// One record.
    Row,
    /// Not a record: the reason, and the length of its first line in bytes.
    Broken(Refusal, usize),
}

impl<R: Read> CsvRows<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// Every rule that the header breaks.
    pub(crate) fn open(source: R) -> Result<Self, Vec<Refusal>> {
        let mut rows = Self {
            lines: Lines::open(Ahead::new(source)),
            row: Line::new(),
            ahead: Line::new(),
            is_ahead: false,
            splitter: Splitter::new(),
            columns: Vec::new(),
        };
        rows.header().map_err(|refusal| vec![refusal])?;
        rows.columns = csv_header::columns(rows.splitter.split(rows.row.text()))?;
        rows.row.wipe();
        Ok(rows)
    }

    /// Reads the lines of the header; an empty file has an empty header.
    fn header(&mut self) -> Result<(), Refusal> {
        while self.begin()? && self.row.is_blank() {}
        let text = self.row.text();
        if !csv_header::is_text(text) {
            return Err(csv_header::not_text(text));
        }
        match self.gather()? {
            Gathered::Row => Ok(()),
            Gathered::Broken(refusal, _) => Err(Refusal {
                field: format!("{}, {}", csv_header::FIELD, refusal.field),
                ..refusal
            }),
        }
    }

    /// The positions of columns that are not read, counted from 1.
    pub(crate) fn ignored(&self) -> impl Iterator<Item = usize> {
        (1..)
            .zip(&self.columns)
            .filter(|(_, column)| column.is_none())
            .map(|(position, _)| position)
    }

    /// The next row, or `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read any further.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, Refusal> {
        while self.begin()? {
            if self.row.is_blank() {
                continue;
            }
            let gathered = self.gather()?;
            let read = match gathered {
                Gathered::Row => self.fields(),
                Gathered::Broken(refusal, first) => {
                    let line = self.row.text().get(..first).unwrap_or_default();
                    Some((self.reference(line), Some(refusal)))
                }
            };
            let line = self.row.number;
            self.row.wipe();
            self.splitter.wipe();
            if let Some((fields, broken)) = read {
                return Ok(Some(Entry {
                    line,
                    fields,
                    broken,
                }));
            }
        }
        Ok(None)
    }

    /// Starts a row with the next line. Returns false at the end of the file.
    fn begin(&mut self) -> Result<bool, Refusal> {
        if std::mem::take(&mut self.is_ahead) {
            std::mem::swap(&mut self.row, &mut self.ahead);
            return Ok(true);
        }
        self.lines.next(&mut self.row)
    }

    /// Appends the lines that belong to a value in quotes. A line that is a row by itself belongs
    /// to no value: the quote was never closed.
    fn gather(&mut self) -> Result<Gathered, Refusal> {
        let first = self.row.text().len();
        if !self.row.is_whole {
            return Ok(Gathered::Broken(source::too_long(), first));
        }
        let Some(column) = Quotes::of(self.row.text()).open() else {
            return Ok(Gathered::Row);
        };
        let mut quotes = Quotes::of(self.row.text());
        // Without the quote the line is complete: then the next line with as many values is another
        // row, whatever it holds. In the last column it may be text.
        let is_whole =
            plain(self.row.text()).len() == self.columns.len() && column + 1 < self.columns.len();
        let mut fits = true;
        while quotes.open().is_some() {
            if !self.lines.next(&mut self.ahead)? {
                break;
            }
            if !self.ahead.is_whole || self.is_row(self.ahead.text(), is_whole) {
                self.is_ahead = true;
                break;
            }
            quotes.see(self.ahead.text());
            fits &= self.row.append(&self.ahead);
            self.ahead.wipe();
        }
        if fits && quotes.open().is_none() && quotes.torn().is_none() {
            return Ok(Gathered::Row);
        }
        let rule = "opens a double quote that is not closed before the row ends";
        Ok(Gathered::Broken(
            Refusal::new(self.name(column), rule, UNPAIRED),
            first,
        ))
    }

    /// Whether a line is a row by itself: it has all columns, and digits in the CPF or CURP column;
    /// with `by_columns` the number of columns is enough. It may have an open quote of its own.
    fn is_row(&self, line: &[u8], by_columns: bool) -> bool {
        let has_code = |values: &[&[u8]]| {
            values.iter().zip(&self.columns).any(|(value, column)| {
                let digits = value.iter().filter(|byte| byte.is_ascii_digit());
                matches!(column, Some(Column::Cpf | Column::Curp)) && digits.count() >= DIGITS
            })
        };
        let is_row = |values: &[&[u8]]| {
            values.len() == self.columns.len() && (by_columns || has_code(values))
        };
        is_row(&plain(line)) || quotes::values(line).is_some_and(|values| is_row(&values))
    }

    /// The name of a column for an error message; `position` counts from 0.
    fn name(&self, position: usize) -> String {
        match self.columns.get(position) {
            Some(Some(column)) => column.as_str().to_owned(),
            _ => format!("column {}", position + 1),
        }
    }

    /// The reference of a broken row whose first line is `line`. If the line has the wrong number
    /// of commas, only the first column is certainly in its place: in a later one a name could pass
    /// for a reference.
    fn reference(&self, line: &[u8]) -> Fields {
        let place = self
            .columns
            .iter()
            .position(|column| *column == Some(Column::Reference));
        let values = plain(line);
        let value = match place {
            Some(place) if values.len() == self.columns.len() => {
                values.get(place).map(|value| quotes::unquoted(value))
            }
            Some(0) => quotes::first(line),
            _ => None,
        };
        let mut fields = Fields::default();
        if let Some(Ok(text)) = value.map(str::from_utf8) {
            fields.put(Column::Reference, Zeroizing::new(text.to_owned()));
        }
        fields
    }

    /// The row's texts, and the first problem if some could not be read; `None` if the row is
    /// empty.
    fn fields(&mut self) -> Option<(Fields, Option<Refusal>)> {
        let record = self.splitter.split(self.row.text());
        if !record.is_empty() && record.iter().all(is_blank) {
            return None;
        }
        let (has, needs) = (record.len(), self.columns.len());
        if has != needs {
            let broken = match Quotes::of(self.row.text()).torn() {
                Some(column) => Refusal::new(
                    self.name(column),
                    "has text behind a double quote that closes it",
                    UNPAIRED,
                ),
                None => Refusal::new(
                    "row",
                    format!("has {has} columns where the header has {needs}"),
                    "put values that contain a comma into double quotes",
                ),
            };
            return Some((self.reference(self.row.text()), Some(broken)));
        }
        let mut fields = Fields::default();
        let mut broken = None;
        for (bytes, column) in record.iter().zip(&self.columns) {
            let Some(column) = column else { continue };
            let (rule, remedy) = match str::from_utf8(bytes) {
                Ok(text) if blanks::trim(text).contains('\n') => (
                    "holds a line break",
                    "write it on one line, and look for a double quote that is left open",
                ),
                Ok(text) => {
                    fields.put(*column, Zeroizing::new(text.to_owned()));
                    continue;
                }
                Err(_) => (source::encoding(bytes), "save the file as UTF-8"),
            };
            broken.get_or_insert_with(|| Refusal::new(column.as_str(), rule, remedy));
        }
        Some((fields, broken))
    }
}

/// The values of a line if quotes had no meaning.
fn plain(line: &[u8]) -> Vec<&[u8]> {
    let line = line.trim_ascii_end();
    line.split(|byte| *byte == b',').collect()
}

/// Whether a field is empty: no text, or only blanks and characters that separate fields in other
/// files.
fn is_blank(field: &[u8]) -> bool {
    str::from_utf8(field).is_ok_and(|text| {
        let is_separator = |sign| blanks::is_blank(sign) || matches!(sign, ';' | ',');
        text.chars().all(is_separator)
    })
}

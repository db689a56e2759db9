//! Rows out of comma-separated values.
//!
//! Never reads on where a row does not end: a quote that is left open would swallow the rest of the file.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use zeroize::Zeroizing;

use super::column::{Column, Named};
use super::fields::Fields;
use super::source::{self, Entry, MAX_ROW};
use crate::failure::Refusal;
use crate::wiped::Ahead;

/// What errors about the header name.
const HEADER: &str = "the header";

/// What the reader of CSV takes at once. It wipes nothing, so it has no more in hand than a few characters.
const BUFFER: usize = 8;

/// How many columns there is room for from the start.
const COLUMNS: usize = 32;

/// The rows of a CSV file.
pub(crate) struct CsvRows<R> {
    reader: Reader<Bounded<R>>,
    record: ByteRecord,
    columns: Vec<Option<Column>>,
    left: Rc<Cell<usize>>,
}

impl<R: Read> CsvRows<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// Every rule that the header breaks.
    pub(crate) fn open(source: R) -> Result<Self, Vec<Refusal>> {
        let left = Rc::new(Cell::new(MAX_ROW + BUFFER));
        let bounded = Bounded {
            source: Ahead::new(source),
            left: Rc::clone(&left),
            last: b'\n',
        };
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            // A return before it is white space at the end of the row; so lines are counted right.
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(BUFFER)
            .from_reader(bounded);
        // As large as it can become: a record that grows would leave a copy behind.
        let mut header = ByteRecord::with_capacity(MAX_ROW + BUFFER, COLUMNS);
        reader
            .read_byte_record(&mut header)
            .map_err(|error| vec![unreadable(&error, 1)])?;
        Ok(Self {
            columns: columns(&header)?,
            reader,
            record: header,
            left,
        })
    }

    /// Which columns the header has that are not read, counted from 1.
    pub(crate) fn ignored(&self) -> impl Iterator<Item = usize> {
        (1..)
            .zip(&self.columns)
            .filter(|(_, column)| column.is_none())
            .map(|(position, _)| position)
    }

    /// The next row, or nothing at the end.
    ///
    /// # Errors
    /// The file cannot be read any further.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, Refusal> {
        loop {
            self.left.set(MAX_ROW + BUFFER);
            let line = self.reader.position().line();
            let more = self
                .reader
                .read_byte_record(&mut self.record)
                .map_err(|error| unreadable(&error, line))?;
            if !more {
                return Ok(None);
            }
            if !self.record.iter().all(is_blank) {
                let (fields, broken) = self.fields();
                let line = self.line(line);
                self.wipe();
                return Ok(Some(Entry {
                    line,
                    fields,
                    broken,
                }));
            }
        }
    }

    /// Writes over what the record holds of a person: it has no other way to forget.
    fn wipe(&mut self) {
        let length = self.record.as_slice().len();
        self.record.clear();
        self.record.push_field(&vec![0; length]);
        self.record.clear();
    }

    /// On which line the row begins that was just read. The reader passed over blank lines after `before`.
    fn line(&self, before: u64) -> u64 {
        let bytes = self.record.as_slice().iter();
        let inside: u64 = bytes.map(|byte| u64::from(*byte == b'\n')).sum();
        let after = self.reader.position().line();
        after.saturating_sub(inside + 1).max(before)
    }

    /// The row's texts, and what is wrong where some could not be read.
    fn fields(&self) -> (Fields, Option<Refusal>) {
        let mut fields = Fields::default();
        let (has, needs) = (self.record.len(), self.columns.len());
        if has != needs {
            // Only the first column is certainly in its place: behind it a reference could be a name.
            if self.columns.first() == Some(&Some(Column::Reference))
                && let Some(Ok(text)) = self.record.get(0).map(str::from_utf8)
            {
                fields.put(Column::Reference, Zeroizing::new(text.trim().to_owned()));
            }
            let broken = Refusal::new(
                "row",
                format!("has {has} columns where the header has {needs}"),
                "put values that contain a comma into double quotes",
            );
            return (fields, Some(broken));
        }
        let mut broken = None;
        for (bytes, column) in self.record.iter().zip(&self.columns) {
            let Some(column) = column else { continue };
            match str::from_utf8(bytes) {
                Ok(text) => {
                    fields.put(*column, Zeroizing::new(text.trim().to_owned()));
                }
                Err(_) => {
                    broken.get_or_insert_with(|| {
                        Refusal::new(
                            column.as_str(),
                            source::encoding(bytes),
                            "save the file as UTF-8",
                        )
                    });
                }
            }
        }
        (fields, broken)
    }
}

/// Whether a field holds nothing: no text, or nothing but what separates fields elsewhere.
fn is_blank(field: &[u8]) -> bool {
    str::from_utf8(field).is_ok_and(|text| {
        text.chars()
            .all(|c| c.is_whitespace() || matches!(c, ';' | ','))
    })
}

fn columns(header: &ByteRecord) -> Result<Vec<Option<Column>>, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut columns: Vec<Option<Column>> = Vec::new();
    let is_text = |bytes: &[u8]| str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'));
    if !header.iter().all(is_text) {
        return Err(vec![Refusal::new(
            HEADER,
            source::encoding(header.as_slice()),
            "save the file as CSV in UTF-8",
        )]);
    }
    for (position, name) in (1..).zip(header) {
        let column = match Column::named(str::from_utf8(name).unwrap_or_default().trim()) {
            Named::Known(column) => column,
            Named::Misspelt(column) => {
                refusals.push(Refusal::new(
                    format!("column {position}"),
                    format!("looks like {}, spelt otherwise", column.as_str()),
                    format!("name it {}", column.as_str()),
                ));
                column
            }
            Named::Unknown => {
                columns.push(None);
                continue;
            }
        };
        if columns.contains(&Some(column)) {
            refusals.push(Refusal::new(
                format!("column {position}"),
                format!("is {} again", column.as_str()),
                "keep one of the two",
            ));
        }
        columns.push(Some(column));
    }
    let has = |column| columns.contains(&Some(column));
    for column in [Column::Reference, Column::Name, Column::Selfie] {
        if !has(column) {
            refusals.push(missing(column.as_str(), header));
        }
    }
    if !has(Column::Cpf) && !has(Column::Curp) {
        refusals.push(missing("cpf", header));
    }
    if refusals.is_empty() {
        Ok(columns)
    } else {
        Err(refusals)
    }
}

fn missing(name: &str, header: &ByteRecord) -> Refusal {
    let semicolons = header.len() == 1 && header.iter().any(|text| text.contains(&b';'));
    let remedy = if semicolons {
        "separate the columns with commas, not with semicolons"
    } else {
        "begin the file with reference,cpf,name,email,phone,selfie"
    };
    Refusal::new(HEADER, format!("has no column {name}"), remedy)
}

fn unreadable(error: &csv::Error, line: u64) -> Refusal {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Refusal::new(
            format!("line {line}"),
            format!("begins a row of more than {} kB", MAX_ROW / 1024),
            "look for a double quote that is never closed",
        ),
        csv::ErrorKind::Io(error) => source::broken(line, error),
        _ => source::broken(line, &io::ErrorKind::InvalidData.into()),
    }
}

/// Ends with an error where more is read than a row may have, and ends the last line where nobody did.
struct Bounded<R> {
    source: Ahead<R>,
    left: Rc<Cell<usize>>,
    last: u8,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = self.source.read(buffer)?;
        if read == 0
            && self.last != b'\n'
            && let Some(end) = buffer.first_mut()
        {
            *end = b'\n';
            read = 1;
        }
        if let Some(last) = buffer.get(..read).and_then(<[u8]>::last) {
            self.last = *last;
        }
        match self.left.get().checked_sub(read) {
            Some(left) => self.left.set(left),
            None => return Err(io::ErrorKind::FileTooLarge.into()),
        }
        Ok(read)
    }
}

//! Rows out of JSON lines.
//!
//! Never keeps a line that is longer than a row may be, and never quotes one.

use std::fmt;
use std::io::{self, BufRead, Read as _};

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use zeroize::{Zeroize as _, Zeroizing};

use super::column::{Column, Named};
use super::fields::Fields;
use super::source::{self, Entry, MAX_ROW};
use crate::failure::Refusal;

/// The rows of a file with one JSON object on each line.
pub(crate) struct JsonRows<R> {
    source: R,
    line: u64,
    buffer: Zeroizing<Vec<u8>>,
}

impl<R: BufRead> JsonRows<R> {
    /// Reads nothing yet.
    pub(crate) fn open(source: R) -> Self {
        Self {
            source,
            line: 0,
            buffer: Zeroizing::new(Vec::with_capacity(MAX_ROW + 1)),
        }
    }

    /// The next row, or nothing at the end. Blank lines are no rows.
    ///
    /// # Errors
    /// The file cannot be read any further.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, Refusal> {
        loop {
            self.line += 1;
            let Some(whole) = self.read_line()? else {
                return Ok(None);
            };
            let mut text = self.buffer.as_slice();
            if self.line == 1 {
                text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
            }
            if text.trim_ascii().is_empty() {
                continue;
            }
            let (fields, broken) = if whole {
                fields(text)
            } else {
                (Fields::default(), Some(too_long()))
            };
            // What was read of a person stands in the fields alone from here on.
            self.buffer.as_mut_slice().zeroize();
            return Ok(Some(Entry {
                line: self.line,
                fields,
                broken,
            }));
        }
    }

    /// Fills the buffer with a line. False where the line is too long; the rest of it is passed over.
    fn read_line(&mut self) -> Result<Option<bool>, Refusal> {
        self.buffer.clear();
        let line = self.line;
        let unreadable = |error: io::Error| source::broken(line, &error);
        let limit = u64::try_from(MAX_ROW).unwrap_or(u64::MAX);
        let read = self
            .source
            .by_ref()
            .take(limit)
            .read_until(b'\n', &mut self.buffer)
            .map_err(unreadable)?;
        if read < MAX_ROW || self.buffer.last() == Some(&b'\n') {
            return Ok((read > 0).then_some(true));
        }
        self.source.skip_until(b'\n').map_err(unreadable)?;
        Ok(Some(false))
    }
}

fn too_long() -> Refusal {
    Refusal::new(
        "row",
        format!("is longer than {} kB", MAX_ROW / 1024),
        "put each row on a line of its own; the selfie is the name of a file",
    )
}

/// The object's texts, and what is wrong where some could not be read.
fn fields(text: &[u8]) -> (Fields, Option<Refusal>) {
    let mut fields = Fields::default();
    let mut problem = None;
    let lossy;
    let text = match str::from_utf8(text) {
        Ok(whole) if !whole.contains('\0') => whole,
        Ok(_) => {
            let broken = Refusal::new("row", source::encoding(text), "save the file as UTF-8");
            return (fields, Some(broken));
        }
        Err(_) => {
            problem = Some(Refusal::new(
                "row",
                source::encoding(text),
                "save the file as UTF-8",
            ));
            // The other members can be read: the reference is what the row is told by.
            lossy = Zeroizing::new(String::from_utf8_lossy(text).into_owned());
            &*lossy
        }
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = deserializer
        .deserialize_map(Object {
            fields: &mut fields,
            problem: &mut problem,
        })
        .and_then(|()| deserializer.end());
    let broken = problem.or_else(|| read.err().map(|error| unread(&error)));
    (fields, broken)
}

fn unread(error: &serde_json::Error) -> Refusal {
    if error.is_data() {
        return Refusal::new(
            "row",
            "is not an object",
            "give an object such as {\"reference\": \"…\"}",
        );
    }
    let column = error.column();
    Refusal::new(
        "row",
        format!("is not JSON (column {column})"),
        "give an object on one line, such as {\"reference\": \"…\"}",
    )
}

struct Object<'a> {
    /// What was read.
    fields: &'a mut Fields,
    /// Why the object is refused; the error of the reader would say less.
    problem: &'a mut Option<Refusal>,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = map.next_key()? {
            let (column, problem) = match Column::named(&name) {
                Named::Known(column) => match map.next_value::<Value>()? {
                    Value::Absent => continue,
                    Value::Text(text) => {
                        // A value that holds what was no text is no value.
                        if text.contains(char::REPLACEMENT_CHARACTER) && self.problem.is_some() {
                            continue;
                        }
                        if self.fields.put(column, text) {
                            continue;
                        }
                        (column, ("is given twice", "keep one of the two"))
                    }
                    Value::Other => (column, ("is not text", "put it into double quotes")),
                },
                Named::Misspelt(column) => {
                    map.next_value::<IgnoredAny>()?;
                    (
                        column,
                        ("is spelt otherwise", "spell the key as documented"),
                    )
                }
                Named::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let (rule, remedy) = problem;
            // Read on: the reference may stand behind what is refused.
            self.problem
                .get_or_insert_with(|| Refusal::new(column.as_str(), rule, remedy));
        }
        Ok(())
    }
}

/// A text that is wiped.
struct Text(Zeroizing<String>);

impl<'de> serde::Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Zeroizing::<String>::deserialize(deserializer).map(Self)
    }
}

/// The value of a column.
enum Value {
    Absent,
    Text(Zeroizing<String>),
    Other,
}

impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(Zeroizing::new(text)))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Absent)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut all: A) -> Result<Value, A::Error> {
        while all.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Value, A::Error> {
        while all.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}

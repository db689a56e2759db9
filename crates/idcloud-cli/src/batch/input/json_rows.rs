//! Reads rows from JSON lines.
//!
//! Must not keep a line that is longer than a row may be, nor quote one.

use std::fmt;
use std::io::BufRead;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use zeroize::Zeroizing;

use crate::batch::input::column::{Column, Named};
use crate::batch::input::fields::Fields;
use crate::batch::input::lines::{Line, Lines};
use crate::batch::input::source::{self, Entry};
use crate::failure::Refusal;
use crate::input::blanks;

/// The rows of a file with one JSON object on each line.
pub(crate) struct JsonRows<R> {
    lines: Lines<R>,
    line: Line,
}

impl<R: BufRead> JsonRows<R> {
    /// Opens the input without reading it.
    pub(crate) fn open(source: R) -> Self {
        Self {
            lines: Lines::open(source),
            line: Line::new(),
        }
    }

    /// The next row, or `None` at the end. Blank lines are skipped.
    ///
    /// # Errors
    /// The file cannot be read any further.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, Refusal> {
        while self.lines.next(&mut self.line)? {
            if self.line.is_blank() {
                continue;
            }
            let too_long = (!self.line.is_whole).then(source::too_long);
            let (fields, broken) = fields(self.line.text(), too_long);
            // From here on only the fields hold personal data.
            self.line.wipe();
            return Ok(Some(Entry {
                line: self.line.number,
                fields,
                broken,
            }));
        }
        Ok(None)
    }
}

/// The object's texts, and the first problem if some could not be read; `problem` is one that is
/// known already. The reference is read in any case, because messages name the row by it.
fn fields(text: &[u8], mut problem: Option<Refusal>) -> (Fields, Option<Refusal>) {
    let mut fields = Fields::default();
    let mut misspelt = None;
    let lossy;
    let whole = str::from_utf8(text);
    if whole.map_or(true, |whole| whole.contains('\0')) {
        let refusal = || Refusal::new("row", source::encoding(text), "save the file as UTF-8");
        problem.get_or_insert_with(refusal);
    }
    let text = if let Ok(whole) = whole {
        whole
    } else {
        lossy = Zeroizing::new(String::from_utf8_lossy(text).into_owned());
        &*lossy
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = deserializer
        .deserialize_map(Object {
            fields: &mut fields,
            problem: &mut problem,
            misspelt: &mut misspelt,
        })
        .and_then(|()| deserializer.end());
    if let (None, Some(reference)) = (fields.text(Column::Reference), misspelt) {
        fields.put(Column::Reference, reference);
    }
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
    /// The texts that were read.
    fields: &'a mut Fields,
    /// Why the object is refused. Set here because the parser's own error would say less.
    problem: &'a mut Option<Refusal>,
    /// The text under a key that is a misspelt `reference`.
    misspelt: &'a mut Option<Zeroizing<String>>,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = map.next_key()? {
            let named = Column::named(&name);
            let (Named::Known(column) | Named::Misspelt(column)) = named else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let is_known = named == Named::Known(column);
            let (text, is_text) = match map.next_value::<Value>()? {
                Value::Absent if is_known => continue,
                // A value with bytes that are not UTF-8 is not a value.
                Value::Text(text)
                    if self.problem.is_some() && text.contains(char::REPLACEMENT_CHARACTER) =>
                {
                    (None, true)
                }
                Value::Text(text) => (Some(text), true),
                Value::Number(text) => (Some(text), false),
                Value::Absent | Value::Other => (None, false),
            };
            let (rule, remedy) = if !is_known {
                if column == Column::Reference {
                    *self.misspelt = text;
                }
                ("is spelt otherwise", "spell the key as documented")
            } else if !is_text {
                // The row is refused, and messages name it by its reference.
                if let (Column::Reference, Some(text)) = (column, text) {
                    self.fields.put(column, text);
                }
                ("is not text", "put it into double quotes")
            } else if text.is_none_or(|text| self.fields.put(column, text)) {
                continue;
            } else {
                ("is given twice", "keep one of the two")
            };
            // Continue: the reference may follow the value that is refused.
            self.problem.get_or_insert_with(|| {
                let refusal = Refusal::new(column.as_str(), rule, remedy);
                if is_known {
                    refusal
                } else {
                    blanks::named(refusal, &name)
                }
            });
        }
        Ok(())
    }
}

/// A text that is wiped on drop.
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
    /// A whole number, with its digits as written.
    Number(Zeroizing<String>),
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

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(Zeroizing::new(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(Zeroizing::new(number.to_string())))
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

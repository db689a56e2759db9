//! Tracks the double quotes of CSV line by line: which are open, and in which column.
//!
//! Must not parse values: the CSV reader does that, by the same rule for where a quote begins and
//! ends.

/// Records where a quoted value begins that is still open at the end of a line, and where one ends
/// wrongly.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quotes {
    state: State,
    /// Separating commas so far.
    commas: usize,
    /// The column in which the last quote opened, from 0.
    opened: usize,
    torn: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// At the beginning of a value.
    #[default]
    Start,
    Plain,
    Quoted,
    /// After a quote that closes a value, or is the first of an escaped pair.
    Quote,
    /// After a closing quote and a blank.
    Behind,
}

impl Quotes {
    /// Scans one line.
    pub(crate) fn of(line: &[u8]) -> Self {
        let mut quotes = Self::default();
        quotes.see(line);
        quotes
    }

    /// Continues with another line.
    pub(crate) fn see(&mut self, line: &[u8]) {
        for byte in line {
            self.step(*byte);
        }
    }

    fn step(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            (State::Start, b'"') => {
                self.opened = self.commas;
                State::Quoted
            }
            (State::Quoted, b'"') => State::Quote,
            (State::Quoted, _) | (State::Quote, b'"') => State::Quoted,
            (_, b',') => {
                self.commas += 1;
                State::Start
            }
            (_, b'\n') => State::Start,
            (State::Quote | State::Behind, byte) if byte.is_ascii_whitespace() => State::Behind,
            (State::Quote | State::Behind, _) => {
                self.torn.get_or_insert(self.opened);
                State::Plain
            }
            (State::Start | State::Plain, _) => State::Plain,
        };
    }

    /// The column in which a quote is still open, from 0.
    pub(crate) fn open(&self) -> Option<usize> {
        matches!(self.state, State::Quoted).then_some(self.opened)
    }

    /// The first column with text after a closing quote, from 0: such a quote was meant to open a
    /// value.
    pub(crate) const fn torn(&self) -> Option<usize> {
        self.torn
    }
}

/// The values of one line with their quotes; `None` if a quote is left open.
pub(crate) fn values(line: &[u8]) -> Option<Vec<&[u8]>> {
    let mut quotes = Quotes::default();
    let values = line.split(|byte| {
        let before = quotes.commas;
        quotes.step(*byte);
        quotes.commas > before
    });
    let values = values.collect();
    quotes.open().is_none().then_some(values)
}

/// The first value of a line, if it is certain without the rest of the line.
pub(crate) fn first(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let end = match line.strip_prefix(b"\"") {
        Some(quoted) => quoted.iter().position(|byte| *byte == b'"')? + 2,
        None => line
            .iter()
            .position(|byte| *byte == b',')
            .unwrap_or(line.len()),
    };
    let value = line.get(..end)?;
    matches!(line.get(end), None | Some(b',' | b'\r')).then(|| unquoted(value))
}

/// A value without the quotes at its ends.
pub(crate) fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    value.strip_suffix(b"\"").unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_opens_at_the_beginning_of_a_value_alone() {
        for (line, open, torn) in [
            ("a,b\n", None, None),
            ("a,\"b,c\"\n", None, None),
            ("a,\"b\"\"c\"\r\n", None, None),
            ("a,b\"c,d\n", None, None),
            ("a,\"b,c\n", Some(1), None),
            ("\"a,b\n", Some(0), None),
            ("a,\"b\"\"\n", Some(1), None),
            ("a,\"b\" c,d\n", None, Some(1)),
        ] {
            let quotes = Quotes::of(line.as_bytes());
            assert_eq!((quotes.open(), quotes.torn()), (open, torn), "{line}");
        }
    }

    #[test]
    fn values_are_split_where_no_quote_is_open() {
        let values = |line: &'static str| values(line.as_bytes()).map(|values| values.len());
        assert_eq!(values("a,\"b,c\",d\n"), Some(3));
        assert_eq!(values("a,\"b,c\n"), None);
        for (line, expected) in [
            ("a,b\n", Some("a")),
            ("\"a\",\"b\n", Some("a")),
            ("\"a,b\n", None),
            ("\"a\"x\",b\n", None),
            ("a\r\n", Some("a\r")),
        ] {
            let first = first(line.as_bytes()).map(|first| str::from_utf8(first).unwrap());
            assert_eq!(first, expected, "{line}");
        }
    }
}

//! Colour and width of text on terminals.
//!
//! Must not colour a pipe or a file, nor a terminal whose owner set `NO_COLOR`.

use std::fmt::{self, Display};

/// The widest a sentence is printed, in columns.
const WIDTH: usize = 88;

/// Whether words may be coloured, and how wide the terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    colour: bool,
    columns: Option<usize>,
}

impl Style {
    /// For a stream that is not a terminal.
    pub(crate) const PLAIN: Self = Self {
        colour: false,
        columns: None,
    };

    /// Decides by the kind of the stream, `NO_COLOR` and `TERM`.
    pub(crate) fn new(terminal: bool, no_color: Option<&str>, term: Option<&str>) -> Self {
        let refused = no_color.is_some_and(|value| !value.is_empty()) || term == Some("dumb");
        Self {
            colour: terminal && !refused,
            columns: None,
        }
    }

    /// The same for a terminal of `columns` columns.
    pub(crate) fn on(self, columns: Option<usize>) -> Self {
        Self { columns, ..self }
    }

    /// Whether words are coloured.
    pub(crate) fn is_coloured(self) -> bool {
        self.colour
    }

    /// The terminal's width in columns, if there is one.
    pub(crate) fn columns(self) -> Option<usize> {
        self.columns
    }

    /// Breaks a sentence between words, leaving room for `indent` columns before each line.
    pub(crate) fn wrapped(self, text: &str, indent: usize) -> Vec<String> {
        let columns = self.columns.map_or(WIDTH, |columns| columns.min(WIDTH));
        let width = columns.saturating_sub(indent);
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }

    pub(crate) fn error(self, text: &str) -> Painted<'_> {
        self.paint("1;31", text)
    }

    pub(crate) fn good(self, text: &str) -> Painted<'_> {
        self.paint("1;32", text)
    }

    pub(crate) fn caution(self, text: &str) -> Painted<'_> {
        self.paint("1;33", text)
    }

    pub(crate) fn dim(self, text: &str) -> Painted<'_> {
        self.paint("2", text)
    }

    fn paint<'a>(self, code: &'static str, text: &'a str) -> Painted<'a> {
        Painted {
            code: self.colour.then_some(code),
            text,
        }
    }
}

/// A word with its colour.
pub(crate) struct Painted<'a> {
    code: Option<&'static str>,
    text: &'a str,
}

impl Display for Painted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(formatter, "\x1b[{code}m{}\x1b[0m", self.text),
            None => formatter.write_str(self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_willing_terminal_is_coloured() {
        let coloured =
            |terminal, no_color, term| Style::new(terminal, no_color, term).is_coloured();
        assert!(coloured(true, None, Some("xterm")));
        assert!(coloured(true, Some(""), None));
        assert!(!coloured(true, Some("1"), Some("xterm")));
        assert!(!coloured(true, None, Some("dumb")));
        assert!(!coloured(false, None, Some("xterm")));
        assert_eq!(Style::PLAIN.error("x").to_string(), "x");
    }

    /// Sentences are no wider than the terminal, nor wider than [`WIDTH`].
    #[test]
    fn sentences_fit() {
        let text = "word ".repeat(60);
        for (columns, indent, widest) in [
            (None, 0, 84),
            (Some(80), 0, 79),
            (Some(120), 0, 84),
            (Some(80), 40, 39),
            (Some(1), 40, 4),
        ] {
            let lines = Style::PLAIN.on(columns).wrapped(&text, indent);
            let found = lines.iter().map(String::len).max();
            assert_eq!(found, Some(widest), "{columns:?} {indent}");
        }
    }
}

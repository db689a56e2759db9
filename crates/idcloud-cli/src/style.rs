//! Colour, for terminals alone.
//!
//! Never colours a pipe or a file, nor a terminal whose owner set `NO_COLOR`.

use std::fmt::{self, Display};

/// Whether words may be coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// No colour at all.
    pub(crate) const PLAIN: Self = Self { colour: false };

    /// Decides from what the stream is and what the person asked for.
    pub(crate) fn new(terminal: bool, no_color: Option<&str>, term: Option<&str>) -> Self {
        let refused = no_color.is_some_and(|value| !value.is_empty()) || term == Some("dumb");
        Self {
            colour: terminal && !refused,
        }
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
            |terminal, no_color, term| Style::new(terminal, no_color, term) != Style::PLAIN;
        assert!(coloured(true, None, Some("xterm")));
        assert!(coloured(true, Some(""), None));
        assert!(!coloured(true, Some("1"), Some("xterm")));
        assert!(!coloured(true, None, Some("dumb")));
        assert!(!coloured(false, None, Some("xterm")));
        assert_eq!(Style::PLAIN.error("x").to_string(), "x");
    }
}

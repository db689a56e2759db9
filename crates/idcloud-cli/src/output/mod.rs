//! The two streams: results on standard output, everything else on standard error.
//!
//! Must not write a diagnostic to standard output.

pub(crate) mod render_text;
pub(crate) mod result_object;
pub(crate) mod sanitize;
pub(crate) mod style;
pub(crate) mod timestamp;
pub(crate) mod wrap;

use std::ffi::OsString;
use std::io::{self, Write};

use serde::Serialize;
use zeroize::Zeroizing;

use crate::args::Format;
use crate::failure::Failure;
use crate::output::sanitize::harmless_lines;
use crate::output::style::Style;
use crate::output::wrap::folded;

/// Which of the streams are terminals.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terminals {
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
    /// The terminal's width in columns, if it is known.
    pub(crate) columns: Option<usize>,
}

/// The output streams and their format.
pub(crate) struct Output<'a> {
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
    terminals: Terminals,
    styles: (Style, Style),
    format: Format,
    /// Whether the reader of standard output has closed it.
    deserted: bool,
}

impl<'a> Output<'a> {
    /// Wraps the streams; `variable` looks up `NO_COLOR` and `TERM`.
    pub(crate) fn new(
        stdout: &'a mut dyn Write,
        stderr: &'a mut dyn Write,
        terminals: Terminals,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> Self {
        let text = |name| variable(name).map(|value| value.to_string_lossy().into_owned());
        let (no_color, term) = (text("NO_COLOR"), text("TERM"));
        let style = |terminal| {
            let columns = terminals.columns.filter(|_| terminal);
            Style::new(terminal, no_color.as_deref(), term.as_deref()).on(columns)
        };
        Self {
            stdout,
            stderr,
            terminals,
            styles: (style(terminals.stdout), style(terminals.stderr)),
            format: Format::Text,
            deserted: false,
        }
    }

    /// Whether the reader of standard output has closed it, as `head` does.
    pub(crate) fn is_deserted(&self) -> bool {
        self.deserted
    }

    /// Sets the format of results and errors.
    pub(crate) fn set_format(&mut self, format: Format) {
        self.format = format;
    }

    /// The format of results and errors.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether standard error is a terminal that shows text for a person.
    pub(crate) fn is_watched(&self) -> bool {
        self.terminals.stderr && self.format == Format::Text
    }

    /// Writes the result: `text` in the text format, `object` as one JSON value otherwise.
    pub(crate) fn result(
        &mut self,
        object: &impl Serialize,
        text: impl FnOnce(&mut dyn Write, Style) -> io::Result<()>,
    ) -> io::Result<()> {
        // Written in one call, so that a concurrent reader sees all of it or nothing.
        let mut whole = Zeroizing::new(Vec::new());
        match self.format {
            Format::Text => {
                text(&mut *whole, self.styles.0)?;
                whole = fold(whole, self.styles.0);
            }
            Format::Json => {
                if self.terminals.stdout {
                    serde_json::to_writer_pretty(&mut *whole, object)?;
                } else {
                    serde_json::to_writer(&mut *whole, object)?;
                }
                whole.push(b'\n');
            }
        }
        self.text(&whole)
    }

    /// Writes one of many results on a line of its own: `text` in the text format, `object` as JSON
    /// otherwise.
    pub(crate) fn line(
        &mut self,
        object: &impl Serialize,
        text: impl FnOnce(&mut dyn Write, Style) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut whole = Zeroizing::new(Vec::new());
        match self.format {
            Format::Text => {
                text(&mut *whole, self.styles.0)?;
                whole = fold(whole, self.styles.0);
            }
            Format::Json => {
                serde_json::to_writer(&mut *whole, object)?;
                whole.push(b'\n');
            }
        }
        self.text(&whole)
    }

    /// Writes a result that has only one form.
    pub(crate) fn text(&mut self, text: &[u8]) -> io::Result<()> {
        let written = self
            .stdout
            .write_all(text)
            .and_then(|()| self.stdout.flush());
        if let Err(error) = &written {
            self.deserted |= error.kind() == io::ErrorKind::BrokenPipe;
        }
        written
    }

    /// Writes a result that exists only in the text format.
    pub(crate) fn summary(
        &mut self,
        text: impl FnOnce(&mut dyn Write, Style) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut whole = Zeroizing::new(Vec::new());
        text(&mut *whole, self.styles.0)?;
        self.text(&fold(whole, self.styles.0))
    }

    /// Writes a message of clap's, on the stream that clap chooses.
    pub(crate) fn clap(&mut self, error: &clap::Error) -> io::Result<()> {
        let (stream, style): (&mut dyn Write, Style) = if error.use_stderr() {
            (&mut *self.stderr, self.styles.1)
        } else {
            (&mut *self.stdout, self.styles.0)
        };
        let rendered = error.render();
        let text = if style.is_coloured() {
            rendered.ansi().to_string()
        } else {
            rendered.to_string()
        };
        let whole = Zeroizing::new(format!("{}\n", text.trim_end()).into_bytes());
        stream.write_all(&fold(whole, style))?;
        stream.flush()
    }

    /// Writes an error in the chosen format.
    pub(crate) fn failure(&mut self, failure: &Failure) -> io::Result<()> {
        match self.format {
            Format::Text => {
                let mut whole = Zeroizing::new(Vec::new());
                failure.write_text(&mut *whole, self.styles.1)?;
                self.stderr.write_all(&fold(whole, self.styles.1))?;
            }
            Format::Json => failure.write_json(self.stderr)?,
        }
        self.stderr.flush()
    }

    /// Starts a new line: after ctrl-c a terminal shows `^C` in the middle of one.
    pub(crate) fn after_ctrl_c(&mut self) {
        if self.is_watched() {
            // A closed standard error needs no new line.
            let _ = writeln!(self.stderr);
        }
    }

    /// Writes a note for a person.
    pub(crate) fn note(&mut self, text: &str) -> io::Result<()> {
        let whole = Zeroizing::new(format!("{}\n", harmless_lines(text)).into_bytes());
        self.stderr.write_all(&fold(whole, self.styles.1))?;
        self.stderr.flush()
    }
}

/// Text for a person, wrapped to the terminal's width.
fn fold(text: Zeroizing<Vec<u8>>, style: Style) -> Zeroizing<Vec<u8>> {
    match (style.columns(), std::str::from_utf8(&text)) {
        (Some(columns), Ok(lines)) => Zeroizing::new(folded(lines, columns).into_bytes()),
        _ => text,
    }
}

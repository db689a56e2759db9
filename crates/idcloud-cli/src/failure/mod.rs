//! Failures, for a person and for a script.
//!
//! Must not hold personal data, a secret, a URL or an answer's body: messages name fields and
//! rules, not values. The exception is an API's origin that could be mistaken for another: it is
//! named.

pub(crate) mod call;
pub(crate) mod exit;
pub(crate) mod journal;
pub(crate) mod submit;

use std::borrow::Cow;
use std::io::{self, Write};

use idcloud_model::{Language, Violation};
use serde::Serialize;

use crate::failure::exit::Exit;
use crate::output::sanitize::harmless_lines;
use crate::output::style::Style;

/// Whether the failed request was sent, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Delivery {
    /// It was provably not sent.
    NotSent,
    /// IDCloud may have received it.
    Unknown,
    /// IDCloud answered.
    Answered,
}

/// One rule that an input breaks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Refusal {
    /// The field by the user's name for it: `selfie`, `subject.code`, `--env`.
    pub(crate) field: String,
    /// The rule, or how it is broken; without the value.
    pub(crate) rule: String,
    /// The remedy.
    pub(crate) remedy: String,
    /// The code with which IDCloud would have refused it.
    pub(crate) code: Option<Box<str>>,
}

impl Refusal {
    /// A refusal without an IDCloud code.
    pub(crate) fn new(
        field: impl Into<String>,
        rule: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            rule: rule.into(),
            remedy: remedy.into(),
            code: None,
        }
    }

    /// Field and rule, and IDCloud's code if there is one.
    pub(crate) fn sentence(&self) -> String {
        match &self.code {
            Some(code) => format!("{}: {} (IDCloud code {code})", self.field, self.rule),
            None => format!("{}: {}", self.field, self.rule),
        }
    }
}

/// The value; or `None`, and the refusal is added to the others.
pub(crate) fn keep<T>(result: Result<T, Refusal>, refusals: &mut Vec<Refusal>) -> Option<T> {
    result.map_err(|refusal| refusals.push(refusal)).ok()
}

/// Like [`keep`], for a value that may break several rules at once.
pub(crate) fn keep_all<T>(
    result: Result<T, Vec<Refusal>>,
    refusals: &mut Vec<Refusal>,
) -> Option<T> {
    result.map_err(|mut more| refusals.append(&mut more)).ok()
}

impl From<&Violation> for Refusal {
    fn from(violation: &Violation) -> Self {
        // The selfie is a flag here, whatever member of the request carries it.
        let field = match violation.path() {
            "imageBase64" => "selfie",
            path => path,
        };
        Self {
            code: violation.code().map(Box::from),
            ..Self::new(
                field,
                violation.meaning_in(Language::English),
                violation.remedy_in(Language::English),
            )
        }
    }
}

/// An error for scripts. Its keys and their order are public interface.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorObject<'a> {
    kind: &'a str,
    delivery: Delivery,
    code: Option<&'a str>,
    pub(crate) message: Cow<'a, str>,
    help: Option<&'a str>,
    attempts: u32,
    process_id: Option<&'a str>,
}

/// Why the program ends without a result, or with a failure in addition to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) kind: &'static str,
    pub(crate) delivery: Delivery,
    pub(crate) code: Option<Box<str>>,
    pub(crate) message: String,
    pub(crate) help: Option<Box<str>>,
    pub(crate) attempts: u32,
    pub(crate) process_id: Option<Box<str>>,
    /// The broken rules behind `message`, if there are any.
    pub(crate) refusals: Vec<Refusal>,
    /// Whether the text adds that nothing was sent: only for commands that send something.
    pub(crate) reassures: bool,
}

impl Failure {
    /// The command line or the configuration is wrong.
    pub(crate) fn usage(refusals: Vec<Refusal>) -> Self {
        Self::from_refusals(Exit::Usage, "usage", refusals)
    }

    /// An input was refused before anything was sent.
    pub(crate) fn refused_here(refusals: Vec<Refusal>) -> Self {
        Self {
            reassures: true,
            ..Self::from_refusals(Exit::RefusedHere, "invalid-input", refusals)
        }
    }

    /// An input of a command that sends nothing was refused.
    pub(crate) fn refused_offline(refusals: Vec<Refusal>) -> Self {
        Self {
            reassures: false,
            ..Self::refused_here(refusals)
        }
    }

    /// A fault of this program or of its machine.
    pub(crate) fn fault(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Fault,
            kind: "fault",
            delivery: Delivery::NotSent,
            code: None,
            message: message.into(),
            help: None,
            attempts: 0,
            process_id: None,
            refusals: Vec::new(),
            reassures: false,
        }
    }

    /// Whether the program failed before anything was sent.
    pub(crate) fn is_harmless_fault(&self) -> bool {
        self.exit == Exit::Fault && self.delivery == Delivery::NotSent && self.process_id.is_none()
    }

    /// Standard output is closed.
    pub(crate) fn closed() -> Self {
        Self::fault("standard output cannot be written")
    }

    /// The same failure with another message.
    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    fn from_refusals(exit: Exit, kind: &'static str, refusals: Vec<Refusal>) -> Self {
        let joined =
            |text: fn(&Refusal) -> String| refusals.iter().map(text).collect::<Vec<_>>().join("; ");
        let help = joined(|refusal| format!("{}: {}", refusal.field, refusal.remedy));
        Self {
            exit,
            kind,
            code: refusals.iter().find_map(|refusal| refusal.code.clone()),
            message: joined(Refusal::sentence),
            help: (!help.is_empty()).then(|| help.into()),
            refusals,
            ..Self::fault("")
        }
    }

    /// The error object.
    pub(crate) fn object(&self) -> ErrorObject<'_> {
        ErrorObject {
            kind: self.kind,
            delivery: self.delivery,
            code: self.code.as_deref(),
            message: (&*self.message).into(),
            help: self.help.as_deref(),
            attempts: self.attempts,
            process_id: self.process_id.as_deref(),
        }
    }

    /// Writes the error object, on one line.
    pub(crate) fn write_json(&self, to: &mut dyn Write) -> io::Result<()> {
        #[derive(Serialize)]
        struct Envelope<'a> {
            error: ErrorObject<'a>,
        }
        let envelope = Envelope {
            error: self.object(),
        };
        serde_json::to_writer(&mut *to, &envelope)?;
        writeln!(to)
    }

    /// Writes the error as text: a line for each rule, each followed by its remedy.
    pub(crate) fn write_text(&self, to: &mut dyn Write, style: Style) -> io::Result<()> {
        if self.refusals.is_empty() {
            let code = self
                .code
                .as_ref()
                .map(|code| format!(" (code {code})"))
                .unwrap_or_default();
            let mentioned = self
                .code
                .as_ref()
                .is_some_and(|code| self.message.contains(&**code));
            let code = if mentioned { "" } else { code.as_str() };
            let message = harmless_lines(&self.message);
            writeln!(to, "{} {message}{code}", style.error("error:"))?;
            if let Some(help) = &self.help {
                writeln!(to, " {} {}", style.dim("help:"), harmless_lines(help))?;
            }
        }
        for refusal in &self.refusals {
            let sentence = harmless_lines(&refusal.sentence());
            writeln!(to, "{} {sentence}", style.error("error:"))?;
            if !refusal.remedy.is_empty() {
                writeln!(
                    to,
                    " {} {}",
                    style.dim("help:"),
                    harmless_lines(&refusal.remedy)
                )?;
            }
        }
        if let Some(id) = &self.process_id {
            writeln!(to, " {} {id}", style.dim("process:"))?;
        }
        if self.reassures {
            writeln!(to, "Nothing was sent.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Failure {
        Failure::refused_here(vec![
            Refusal {
                code: Some("20507".into()),
                ..Refusal::new(
                    "subject.code",
                    "the digits do not check",
                    "compare with the document",
                )
            },
            Refusal::new("selfie", "is a directory", "name a file"),
        ])
    }

    fn text(failure: &Failure) -> String {
        let mut out = Vec::new();
        failure.write_text(&mut out, Style::PLAIN).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// All violations are listed, each with its field, rule and remedy.
    #[test]
    fn every_refusal_is_told_to_a_person() {
        assert_eq!(
            text(&refused()),
            "error: subject.code: the digits do not check (IDCloud code 20507)\n \
             help: compare with the document\n\
             error: selfie: is a directory\n \
             help: name a file\n\
             Nothing was sent.\n"
        );
    }

    /// The keys of the error object and their order are public interface.
    #[test]
    fn the_error_object_has_exactly_its_keys() {
        let mut out = Vec::new();
        refused().write_json(&mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            concat!(
                r#"{"error":{"kind":"invalid-input","delivery":"not-sent","code":"20507","#,
                r#""message":"subject.code: the digits do not check (IDCloud code 20507); selfie: is a directory","#,
                r#""help":"subject.code: compare with the document; selfie: name a file","attempts":0,"processId":null}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_code_is_told_once() {
        let failure = Failure {
            code: Some("10201".into()),
            ..Failure::fault("refused")
        };
        assert_eq!(text(&failure), "error: refused (code 10201)\n");
        let failure = Failure {
            code: Some("10201".into()),
            ..Failure::fault("refused with code 10201")
        };
        assert_eq!(text(&failure), "error: refused with code 10201\n");
    }
}

//! Explains an error code.
//!
//! Its keys are public interface. Must not invent an explanation for an unknown code.

use std::io::{self, Write};

use idcloud_model::{ErrorCode, Language, RetryClass};
use serde::Serialize;

use crate::output::render_text::pick;
use crate::output::style::Style;

/// The `--format json` output for a code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CodeObject {
    code: String,
    meaning: &'static str,
    cause: &'static str,
    remedy: &'static str,
    retry: &'static str,
    endpoints: Vec<&'static str>,
    http_status: &'static [u16],
    #[serde(skip)]
    repeat: RetryClass,
    #[serde(skip)]
    message: Option<&'static str>,
}

impl CodeObject {
    /// The catalogue's entry for a code; `None` if it has none.
    pub(super) fn of(code: &ErrorCode, language: Language) -> Option<Self> {
        let entry = code.entry()?;
        Some(Self {
            code: entry.code().to_string(),
            meaning: entry.meaning(language),
            cause: entry.cause(language),
            remedy: entry.remedy(language),
            retry: entry.retry().as_str(),
            endpoints: entry
                .endpoints()
                .iter()
                .map(|endpoint| endpoint.path())
                .collect(),
            http_status: entry.http_status(),
            repeat: entry.retry(),
            message: entry.message(),
        })
    }

    /// An error with a word in place of a code; its texts are in the chosen language.
    pub(super) fn of_word(
        word: &str,
        [meaning, cause, remedy]: [&'static str; 3],
        repeat: RetryClass,
        endpoint: &'static str,
        http_status: &'static [u16],
    ) -> Self {
        Self {
            code: word.to_owned(),
            meaning,
            cause,
            remedy,
            retry: repeat.as_str(),
            endpoints: vec![endpoint],
            http_status,
            repeat,
            message: None,
        }
    }

    pub(super) fn write(
        &self,
        language: Language,
        to: &mut dyn Write,
        style: Style,
    ) -> io::Result<()> {
        writeln!(to, "{}  {}", style.error(&self.code), self.meaning)?;
        writeln!(to)?;
        let statuses: Vec<String> = self.http_status.iter().map(u16::to_string).collect();
        let statuses = if statuses.is_empty() {
            String::new()
        } else {
            format!(" (HTTP {})", statuses.join(", "))
        };
        let origin = format!("{}{statuses}", self.endpoints.join(", "));
        let say = |english, portuguese| pick(language, english, portuguese);
        for (name, value) in [
            (say("cause", "causa"), self.cause),
            (say("what to do", "o que fazer"), self.remedy),
            (say("repeat it?", "repetir?"), repeat(self.repeat, language)),
            (say("answered by", "respondido por"), &origin),
            (
                say("IDCloud's words", "texto da API"),
                self.message.unwrap_or_default(),
            ),
        ] {
            if value.is_empty() {
                continue;
            }
            let name = format!("{name:<16}");
            for (at, line) in style.wrapped(value, 2 + 16 + 1).into_iter().enumerate() {
                match at {
                    0 => writeln!(to, "  {} {line}", style.dim(&name))?,
                    _ => writeln!(to, "  {:<16} {line}", "")?,
                }
            }
        }
        Ok(())
    }
}

/// What may be repeated, as a sentence.
fn repeat(class: RetryClass, language: Language) -> &'static str {
    let (english, portuguese) = match class {
        RetryClass::NewAssertion => (
            "once, with a newly signed assertion",
            "uma vez, com uma nova asserção assinada",
        ),
        RetryClass::FreshToken => (
            "once, with a new access token",
            "uma vez, com um novo token de acesso",
        ),
        RetryClass::NewCapture => (
            "only with a new capture, which makes a new billable process",
            "só com uma nova captura, que gera um novo processo cobrado",
        ),
        RetryClass::Later => (
            "a read may succeed a little later",
            "a consulta pode dar certo um pouco depois",
        ),
        RetryClass::ReadsOnly => (
            "reads and token requests; never a create, which may have happened",
            "consultas e pedidos de token; nunca uma criação, que pode ter acontecido",
        ),
        _ => (
            "no: the same request is refused again",
            "não: o mesmo pedido será recusado de novo",
        ),
    };
    pick(language, english, portuguese)
}

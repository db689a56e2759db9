//! Explains a capture token, as far as it can be read.
//!
//! Must not print the token, nor any part of it except its two times.

use std::io::{self, Write};
use std::time::SystemTime;

use idcloud_model::{CaptureToken, Language};
use serde::Serialize;

use crate::output::render_text::pick;
use crate::output::style::Style;
use crate::output::timestamp::rfc3339;

/// The `--format json` output for a capture token.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenObject {
    kind: &'static str,
    /// Three of a signed token, five of an encrypted one.
    parts: usize,
    issued_at: Option<String>,
    expires_at: Option<String>,
    /// Whether it has certainly expired; false if its times cannot be read.
    expired: bool,
    explanation: &'static str,
}

impl TokenObject {
    pub(super) fn of(token: &CaptureToken, now: SystemTime, language: Language) -> Self {
        let expired = token.is_certainly_expired(now);
        let dated = token.issued_at().is_some() || token.expires_at().is_some();
        let (english, portuguese) = match (expired, dated) {
            (true, _) => (
                "A capture token that is too old: IDCloud would refuse it with code 10507. Capture again, and send the new token within \
                 ten minutes.",
                "Um token de captura velho demais: o IDCloud o recusaria com o código 10507. Capture outra vez e envie o novo token em até dez \
                 minutos.",
            ),
            (false, true) => (
                "A capture token that is not too old yet: it lives ten minutes and is good for one process. Whether it was used \
                 already, and what it shows, only IDCloud knows.",
                "Um token de captura ainda dentro do prazo: vale dez minutos e um só processo. Se já foi usado, e o que mostra, só o \
                 IDCloud sabe.",
            ),
            (false, false) => (
                "A capture token whose age cannot be read: it lives ten minutes from its capture and is good for one process. Whether it \
                 was used already, and what it shows, only IDCloud knows.",
                "Um token de captura cuja idade não pode ser lida: vale dez minutos a partir da captura e um só processo. Se já foi usado, e o \
                 que mostra, só o IDCloud sabe.",
            ),
        };
        Self {
            kind: "capture-token",
            parts: token.expose().split('.').count(),
            issued_at: token.issued_at().map(rfc3339),
            expires_at: token.expires_at().map(rfc3339),
            expired,
            explanation: pick(language, english, portuguese),
        }
    }

    pub(super) fn write(
        &self,
        language: Language,
        to: &mut dyn Write,
        style: Style,
    ) -> io::Result<()> {
        let say = |english, portuguese| pick(language, english, portuguese);
        let headline = if self.expired {
            style.error(say(
                "CAPTURE TOKEN: too old",
                "TOKEN DE CAPTURA: velho demais",
            ))
        } else {
            style.good(say("CAPTURE TOKEN", "TOKEN DE CAPTURA"))
        };
        writeln!(to, "{headline}")?;
        writeln!(to)?;
        for line in style.wrapped(self.explanation, 0) {
            writeln!(to, "{line}")?;
        }
        writeln!(to)?;
        for (name, value) in [
            (say("issued", "emitido"), &self.issued_at),
            (say("expires", "expira"), &self.expires_at),
        ] {
            if let Some(value) = value {
                writeln!(to, "  {} {value}", style.dim(&format!("{name:<16}")))?;
            }
        }
        Ok(())
    }
}

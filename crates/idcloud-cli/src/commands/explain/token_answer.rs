//! Explains an answer of the token endpoint: that it holds an access token, and for how long.
//!
//! Must not print the token, nor any part of it.

use std::io::{self, Write};

use idcloud_model::Language;
use serde::Serialize;
use serde_json::Value;

use crate::output::render_text::pick;
use crate::output::style::Style;

/// The part of a token answer that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TokenAnswer {
    /// The token's lifetime in seconds, if the answer has it as a number or in digits.
    lives: Option<u64>,
}

impl TokenAnswer {
    /// Recognises an answer with a text under `access_token`.
    pub(super) fn of(answer: &Value) -> Option<Self> {
        let token = answer.get("access_token")?.as_str()?;
        let lives = answer.get("expires_in").and_then(|lives| match lives {
            Value::String(digits) => digits.trim().parse().ok(),
            number => number.as_u64(),
        });
        (!token.trim().is_empty()).then_some(Self { lives })
    }
}

/// The `--format json` output for a token answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenAnswerObject {
    kind: &'static str,
    lifetime: Option<u64>,
    explanation: &'static str,
}

impl TokenAnswerObject {
    pub(super) fn of(answer: TokenAnswer, language: Language) -> Self {
        Self {
            kind: "token-answer",
            lifetime: answer.lives,
            explanation: pick(
                language,
                "The token endpoint gave an access token: the credentials are good. Whoever has the token acts as the service account until it \
                 ends, so keep this answer to yourself.",
                "O endpoint de token forneceu um token de acesso: as credenciais são válidas. Quem tem o token age como a conta de serviço até \
                 que ele expire; não compartilhe esta resposta.",
            ),
        }
    }

    pub(super) fn write(
        &self,
        language: Language,
        to: &mut dyn Write,
        style: Style,
    ) -> io::Result<()> {
        let headline = pick(language, "ACCESS TOKEN", "TOKEN DE ACESSO");
        writeln!(to, "{}", style.good(headline))?;
        writeln!(to)?;
        for line in style.wrapped(self.explanation, 0) {
            writeln!(to, "{line}")?;
        }
        if let Some(seconds) = self.lifetime {
            let name = pick(language, "lives", "vale por");
            let unit = pick(
                language,
                "seconds from when it was given",
                "segundos desde que foi fornecido",
            );
            writeln!(to)?;
            writeln!(
                to,
                "  {} {seconds} {unit}",
                style.dim(&format!("{name:<16}"))
            )?;
        }
        Ok(())
    }
}

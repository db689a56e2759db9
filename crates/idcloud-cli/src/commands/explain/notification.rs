//! Explains a webhook's payload.
//!
//! Must not call it a result: it carries none, and is not signed.

use std::io::{self, Write};

use idcloud_model::{Language, Notification, NotificationState};
use serde::Serialize;
use serde_json::Value;

use crate::output::render_text::pick;
use crate::output::sanitize::harmless;
use crate::output::style::Style;

/// The `--format json` output for a notification.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NotificationObject {
    kind: &'static str,
    process_id: String,
    state: Value,
    flow: Option<String>,
    last_event: Option<String>,
    explanation: String,
}

impl NotificationObject {
    pub(super) fn of(notification: &Notification, language: Language) -> Self {
        let id = notification.process_id().as_str();
        Self {
            kind: "notification",
            process_id: id.to_owned(),
            state: notification.state().map_or(Value::Null, state),
            flow: notification.flow().map(word),
            last_event: notification.last_event().map(word),
            explanation: match language {
                Language::Portuguese => format!(
                    "Um aviso de que o processo pode ter mudado. Não traz resultado nem assinatura: não decida nada com ele, \
                     consulte o processo com idcloud process get {id}."
                ),
                _ => format!(
                    "A notice that the process may have moved. It carries no result and no signature: decide nothing by it, and ask \
                     for the process with idcloud process get {id}."
                ),
            },
        }
    }

    pub(super) fn write(
        &self,
        language: Language,
        to: &mut dyn Write,
        style: Style,
    ) -> io::Result<()> {
        writeln!(
            to,
            "{}",
            style.caution(pick(language, "NOTIFICATION", "NOTIFICAÇÃO"))
        )?;
        writeln!(to)?;
        for line in style.wrapped(&self.explanation, 0) {
            writeln!(to, "{line}")?;
        }
        writeln!(to)?;
        let say = |english, portuguese| pick(language, english, portuguese);
        for (name, value) in [
            (say("process", "processo"), Some(self.process_id.as_str())),
            (say("state", "estado"), self.state.as_str()),
            (say("flow", "fluxo"), self.flow.as_deref()),
            (
                say("last event", "último evento"),
                self.last_event.as_deref(),
            ),
        ] {
            if let Some(value) = value {
                writeln!(
                    to,
                    "  {} {}",
                    style.dim(&format!("{name:<16}")),
                    harmless(value)
                )?;
            }
        }
        Ok(())
    }
}

/// A known state by its documented name; another one unchanged if it is a plain word.
fn state(state: &NotificationState) -> Value {
    match (state.as_str(), state.to_json()) {
        (Some(known), _) => known.into(),
        (None, Value::String(text)) => word(&text).into(),
        (None, _) => "redacted".into(),
    }
}

/// The text, if it looks like an identifier: a webhook's payload can come from anyone.
fn word(text: &str) -> String {
    let plain = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-');
    if plain { text } else { "redacted" }.to_owned()
}

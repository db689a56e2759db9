//! One notice about one process.
//!
//! Must not carry a result: whoever is told has to ask.

use bytes::Bytes;
use serde_json::json;

use crate::core::fault::reaction::ScheduledEvent;
use crate::{Notices, Webhook};

/// A notice on its way.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) body: Bytes,
    /// How many attempts have failed.
    pub(crate) failures: u32,
    /// Whether chance has had its say about it.
    pub(crate) drawn: bool,
    /// Not ours: it has no credentials, and nobody repeats it.
    pub(crate) forged: bool,
}

impl Notice {
    /// What `webhook` is told about `event`, if anything.
    pub(crate) fn of(event: &ScheduledEvent, webhook: &Webhook) -> Option<Self> {
        let ended = matches!(event.status, 3..=5);
        let state = match webhook.notices {
            Notices::Finished if ended => "PROCESS_STATE_FINISHED",
            Notices::Finished => return None,
            Notices::EveryChange if ended => "finished",
            // The older page names no state before the end.
            Notices::EveryChange => "processing",
        };
        Some(Self {
            body: body(&event.process_id, state, &webhook.flow),
            failures: 0,
            drawn: false,
            forged: false,
        })
    }

    /// A stranger's notice about a process that does not exist.
    pub(crate) fn forged(process_id: &str, webhook: &Webhook) -> Self {
        Self {
            body: body(process_id, "PROCESS_STATE_FINISHED", &webhook.flow),
            failures: 0,
            drawn: true,
            forged: true,
        }
    }
}

fn body(process_id: &str, state: &str, flow: &str) -> Bytes {
    json!({ "processId": process_id, "state": state, "flow": flow })
        .to_string()
        .into()
}

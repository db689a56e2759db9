//! One notice about one process.
//!
//! Must not carry a result: the receiver has to look it up.

use bytes::Bytes;
use serde_json::json;

use crate::core::fault::reaction::ScheduledEvent;
use crate::{Notices, Webhook};

/// A notice to be delivered.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) body: Bytes,
    /// How many attempts have failed.
    pub(crate) failures: u32,
    /// Whether its fault was drawn already.
    pub(crate) drawn: bool,
    /// A forged notice: it has no credentials, and is not repeated.
    pub(crate) forged: bool,
}

impl Notice {
    /// The notice of `event` for `webhook`, if it gets one.
    pub(crate) fn of(event: &ScheduledEvent, webhook: &Webhook) -> Option<Self> {
        let ended = matches!(event.status, 3..=5);
        let state = match webhook.notices {
            Notices::Finished if ended => "PROCESS_STATE_FINISHED",
            Notices::Finished => return None,
            Notices::EveryChange if ended => "finished",
            // The older page has no name for states before the end.
            Notices::EveryChange => "processing",
        };
        Some(Self {
            body: body(&event.process_id, state, &webhook.flow),
            failures: 0,
            drawn: false,
            forged: false,
        })
    }

    /// A forged notice about a process that does not exist.
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

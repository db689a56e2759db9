//! A webhook's notification: a process may have changed.
//!
//! Must not be taken for a result: it carries none, and it is not signed.

use std::fmt;

use serde_json::Value;

use crate::answer::wire;
use crate::answer::wire::Scalar as _;
use crate::unknown::open_enum;
use crate::{ProcessId, ReadError};

open_enum! {
    /// `state` of a notification.
    NotificationState {
        /// The process has ended (the published form).
        ProcessStateFinished = "PROCESS_STATE_FINISHED",
        /// The process has ended (the older form).
        Finished = "finished",
    }
}

/// One notification: a hint to poll the process, never its result.
///
/// The payload of API integrations is not published; that of hosted journeys is `{processId, state,
/// flow}`. So any object with a `processId` or an `id` counts as a notification.
#[derive(Clone, PartialEq)]
pub struct Notification {
    process_id: ProcessId,
    state: Option<NotificationState>,
    flow: Option<String>,
    last_event: Option<String>,
    last_event_description: Option<String>,
    certain: bool,
}

impl Notification {
    /// Parses a payload.
    ///
    /// # Errors
    /// The bytes are not an object with a usable id.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ReadError> {
        let payload = wire::object(bytes)?;
        let text = |name| wire::members(&payload, name).find_map(Value::as_str);
        let id = |name| text(name).and_then(ProcessId::from_wire);
        Ok(Self {
            process_id: id("processId")
                .or_else(|| id("id"))
                .ok_or(ReadError::NoId)?,
            state: text("state").map(|word| {
                NotificationState::from_word(word)
                    .unwrap_or_else(|| NotificationState::unknown(word.into()))
            }),
            flow: text("flow").map(str::to_owned),
            last_event: text("lastEvent").map(str::to_owned),
            last_event_description: text("lastEventDescription").map(str::to_owned),
            certain: payload
                .iter()
                .any(|(name, value)| wire::is_notices_own(name, value)),
        })
    }

    /// Whether the payload has a `state` or a `processId`, which no answer has: then it is a
    /// notification, whatever else it holds. An object with only an `id` may be an answer too.
    #[must_use]
    pub const fn is_certain(&self) -> bool {
        self.certain
    }

    /// The process that may have changed.
    #[must_use]
    pub const fn process_id(&self) -> &ProcessId {
        &self.process_id
    }

    /// The state that the notification names.
    #[must_use]
    pub const fn state(&self) -> Option<&NotificationState> {
        self.state.as_ref()
    }

    /// The flow, such as `id`, unchanged.
    #[must_use]
    pub fn flow(&self) -> Option<&str> {
        self.flow.as_deref()
    }

    /// The last event of a journey that its person left, unchanged.
    #[must_use]
    pub fn last_event(&self) -> Option<&str> {
        self.last_event.as_deref()
    }

    /// The description of the last event, unchanged.
    #[must_use]
    pub fn last_event_description(&self) -> Option<&str> {
        self.last_event_description.as_deref()
    }
}

/// Anyone may post to a webhook, so only values that this version knows are printed.
impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification")
            .field("process_id", &self.process_id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8263a268-5388-492a-bca2-28e1ff4a69f0";

    #[test]
    fn any_object_with_an_id() {
        for (payload, state) in [
            (
                format!(r#"{{"processId":"{ID}","state":"PROCESS_STATE_FINISHED","flow":"id"}}"#),
                Some(NotificationState::ProcessStateFinished),
            ),
            (
                format!(r#"{{"id":"{ID}","state":"finished"}}"#),
                Some(NotificationState::Finished),
            ),
            (format!(r#"{{"Id":"{ID}"}}"#), None),
            (
                format!(r#"{{"processId":"{ID}","status":3,"more":{{}}}}"#),
                None,
            ),
        ] {
            let read = Notification::from_json(payload.as_bytes()).unwrap();
            assert_eq!(read.process_id().as_str(), ID);
            assert_eq!(read.is_certain(), !payload.contains(r#""Id""#));
            assert_eq!(read.state().cloned(), state);
        }
        let unknown =
            Notification::from_json(format!(r#"{{"id":"{ID}","state":"NEW"}}"#).as_bytes())
                .unwrap();
        assert!(matches!(
            unknown.state(),
            Some(NotificationState::Unknown(_))
        ));
    }

    /// How a person left a journey is available, and not printed.
    #[test]
    fn last_events() {
        let payload = format!(
            r#"{{"processId":"{ID}","lastEvent":"EVENT_TYPE_SESSION_ENDED","lastEventDescription":"marker"}}"#
        );
        let read = Notification::from_json(payload.as_bytes()).unwrap();
        assert_eq!(read.last_event(), Some("EVENT_TYPE_SESSION_ENDED"));
        assert_eq!(read.last_event_description(), Some("marker"));
        assert!(!format!("{read:?}").contains("marker"));
    }

    #[test]
    fn refusals() {
        for (payload, error) in [
            ("", ReadError::Empty),
            ("{}", ReadError::NoId),
            (r#"{"processId":7}"#, ReadError::NoId),
            (r#"{"processId":"a/b"}"#, ReadError::NoId),
            ("[]", ReadError::NotAnObject),
            ("nope", ReadError::NotJson),
        ] {
            assert_eq!(
                Notification::from_json(payload.as_bytes()),
                Err(error),
                "{payload}"
            );
        }
    }
}

//! A request that has arrived, and the fault that it will meet.
//!
//! Must not draw again: the fault is drawn once, when the head arrives.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::Dialect;
use crate::core::fault::Fault;
use crate::core::fault::reaction::{Effect, Reaction};
use crate::core::wire::answer::Answer;
use crate::core::wire::error_catalogue::Refusal;
use crate::core::wire::rejection::Refused;

/// A request whose head has been read; its body may still be on the way.
///
/// Made by [`Simulator::arrive`](crate::Simulator::arrive), consumed by
/// [`Simulator::answer`](crate::Simulator::answer).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Arrival {
    pub(crate) fault: Fault,
    pub(crate) delay: Duration,
}

impl Arrival {
    /// The effect before the body is read, if there is one. Then there is nothing to answer.
    #[must_use]
    pub const fn before_body(&self) -> Option<Effect> {
        match self.fault {
            Fault::Refuse => Some(Effect::Refuse {
                lasts: Duration::ZERO,
            }),
            Fault::ResetBeforeBody => Some(Effect::ResetBeforeBody),
            _ => None,
        }
    }

    /// The time on the server's clock at `now`.
    pub(crate) fn clock(&self, now: SystemTime) -> SystemTime {
        let Fault::ClockSkew(seconds) = self.fault else {
            return now;
        };
        let skew = Duration::from_secs(seconds.unsigned_abs());
        let skewed = if seconds < 0 {
            now.checked_sub(skew)
        } else {
            now.checked_add(skew)
        };
        skewed.unwrap_or(now)
    }

    /// Whether the caller receives the complete, readable answer.
    pub(crate) const fn tells(&self) -> bool {
        matches!(
            self.fault,
            Fault::None | Fault::Latency(_) | Fault::ClockSkew(_) | Fault::RevokeToken
        )
    }

    /// The reaction of a request that is not processed.
    pub(crate) fn unprocessed(self, now: SystemTime) -> Reaction {
        let refused = Refused::ByRule(Refusal::INTERNAL);
        self.processed(Answer::refused(refused, Dialect::default()), now)
    }

    /// The reaction of a request that was processed and should be answered by `answer`.
    pub(crate) fn processed(self, answer: Answer, now: SystemTime) -> Reaction {
        let mut reaction = answer.into_reaction(now);
        reaction.delay = self.delay;
        let body = reaction.response.body_mut();
        match self.fault {
            Fault::Refuse => {
                reaction.effect = Effect::Refuse {
                    lasts: Duration::ZERO,
                };
            }
            Fault::ResetBeforeBody => reaction.effect = Effect::ResetBeforeBody,
            Fault::ResetAfterBody { .. } => reaction.effect = Effect::ResetAfterBody,
            Fault::ResetInAnswer { after } => {
                let after = after.min(body.len().saturating_sub(1));
                reaction.effect = Effect::ResetInAnswer { after };
            }
            Fault::Hang { .. } => reaction.effect = Effect::Hang,
            Fault::Status {
                status,
                retry_after,
                ..
            } => put_status(&mut reaction, status, retry_after),
            Fault::TruncatedJson => body.truncate(body.len() / 2),
            Fault::MalformedJson => {
                *body = Bytes::from_static(b"<!doctype html><title>OK</title>");
            }
            Fault::WithoutId => *body = without_id(body),
            _ => {}
        }
        reaction
    }
}

fn put_status(reaction: &mut Reaction, status: StatusCode, retry_after: Option<Duration>) {
    let response = &mut reaction.response;
    *response.status_mut() = status;
    let body = if status == StatusCode::INTERNAL_SERVER_ERROR {
        let Refusal {
            code, description, ..
        } = Refusal::INTERNAL;
        json!({ "error": { "code": code, "description": description } })
    } else {
        // A gateway's answer has no code, and its body is not published.
        json!({ "message": status.canonical_reason().unwrap_or("Fault") })
    };
    *response.body_mut() = body.to_string().into();
    if let Some(wait) = retry_after {
        // Whole seconds, rounded up: a client that waits this long has waited enough.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

fn without_id(body: &Bytes) -> Bytes {
    match serde_json::from_slice(body) {
        Ok(Value::Object(mut members)) => {
            members.remove("id");
            Value::Object(members).to_string().into()
        }
        _ => Bytes::from_static(b"{}"),
    }
}

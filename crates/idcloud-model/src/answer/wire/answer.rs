//! An answer of the create and process endpoints, of any generation.
//!
//! Must not fail on anything in it, nor lose any of it.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::errors;
use super::names::{self, Name};
use super::scalar::{Read, Scalar};
use super::wrapped::Wrapped;
use crate::answer::evidence::{Evidence, UnknownMembers};
use crate::{AdditionalInfo, Document, ProcessId, Status};

/// An answer about one process, before its status is judged.
pub(crate) struct Answer {
    pub(crate) id: Option<ProcessId>,
    /// The status; completed for the oldest 1:1 answer, which has none, and only an id,
    /// `authenticated`, `liveness` and errors.
    pub(crate) status: Option<Status>,
    /// It has a `state` or `processId`, as a webhook's payload does, which is not signed: so the
    /// rest of it is no result.
    pub(crate) is_notice: bool,
    pub(crate) evidence: Evidence,
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AnswerVisitor)
    }
}

/// The members of an answer.
#[derive(Clone, Copy, PartialEq)]
enum Member {
    Id,
    Status,
    UnicoId,
    Liveness,
    IdentityFraudsters,
    Score,
    Government,
    Authenticated,
    BiometryToken,
    IdCloud,
    RiskLevel,
    Document,
    AdditionalInfo,
}

const MEMBERS: [(&str, Member); 13] = [
    ("id", Member::Id),
    ("status", Member::Status),
    ("unicoId", Member::UnicoId),
    ("liveness", Member::Liveness),
    ("identityFraudsters", Member::IdentityFraudsters),
    ("score", Member::Score),
    ("government", Member::Government),
    ("authenticated", Member::Authenticated),
    ("biometryToken", Member::BiometryToken),
    ("idCloud", Member::IdCloud),
    ("riskLevel", Member::RiskLevel),
    ("document", Member::Document),
    ("processAdditionalInfo", Member::AdditionalInfo),
];

/// Nearly every answer spells its members as documented, which is recognized much faster than any
/// other spelling.
fn member(name: &str) -> Option<Member> {
    let mut members = MEMBERS.iter();
    members
        .clone()
        .find(|(known, _)| *known == name)
        .or_else(|| members.find(|(known, _)| names::is_same(known, name)))
        .map(|(_, member)| *member)
}

struct AnswerVisitor;

impl<'de> Visitor<'de> for AnswerVisitor {
    type Value = Answer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Answer, A::Error> {
        let mut id: Option<WireId> = None;
        let mut status = None;
        let mut evidence = Evidence::default();
        let mut unknown = UnknownMembers::default();
        let mut conflict = false;
        let mut old_comparison = true;
        let mut is_notice = false;
        while let Some(Name(name)) = map.next_key()? {
            // `keep` holds the first value: a second, different value makes the evidence
            // contradictory instead of winning.
            let member = member(&name);
            old_comparison &= matches!(
                member,
                None | Some(Member::Id | Member::Authenticated | Member::Liveness)
            );
            match member {
                Some(Member::Id) => keep(&mut id, map.next_value::<Read<_>>()?.0, &mut conflict),
                Some(Member::Status) => {
                    keep(&mut status, map.next_value::<Read<_>>()?.0, &mut conflict);
                }
                Some(Member::Liveness) => keep(
                    &mut evidence.liveness,
                    map.next_value::<Read<_>>()?.0,
                    &mut conflict,
                ),
                Some(Member::Score) => keep(
                    &mut evidence.risk_score,
                    map.next_value::<Read<_>>()?.0,
                    &mut conflict,
                ),
                Some(Member::Authenticated) => {
                    keep(
                        &mut evidence.authenticated,
                        map.next_value::<Read<_>>()?.0,
                        &mut conflict,
                    );
                }
                Some(Member::UnicoId) => {
                    let value = map.next_value_seed(Wrapped::new(&name, "result", &mut unknown))?;
                    keep(&mut evidence.identity, value, &mut conflict);
                }
                Some(Member::IdentityFraudsters) => {
                    let value = map.next_value_seed(Wrapped::new(&name, "result", &mut unknown))?;
                    keep(&mut evidence.behavior_alert, value, &mut conflict);
                }
                Some(Member::Government) => {
                    let value = map.next_value_seed(Wrapped::new(&name, "serpro", &mut unknown))?;
                    keep(&mut evidence.serpro, value, &mut conflict);
                }
                Some(Member::BiometryToken) => {
                    let value = map.next_value_seed(Wrapped::new(&name, "result", &mut unknown))?;
                    keep(&mut evidence.biometry_token, value, &mut conflict);
                }
                Some(Member::IdCloud) => {
                    let value = map.next_value_seed(Wrapped::new(&name, "result", &mut unknown))?;
                    keep(&mut evidence.trust_decision, value, &mut conflict);
                }
                Some(Member::RiskLevel) => {
                    let value = map.next_value_seed(Wrapped::new(&name, "result", &mut unknown))?;
                    keep(&mut evidence.risk_level, value, &mut conflict);
                }
                Some(Member::Document) => {
                    let value = map.next_value::<Read<_>>()?.0.and_then(|subtree| {
                        Document::from_wire(subtree, &name, &mut unknown, &mut conflict)
                    });
                    keep(&mut evidence.document, value.map(Box::new), &mut conflict);
                }
                Some(Member::AdditionalInfo) => {
                    let value = AdditionalInfo::from_json(map.next_value()?, &name, &mut unknown);
                    keep(
                        &mut evidence.additional_info,
                        value.map(Box::new),
                        &mut conflict,
                    );
                }
                None => {
                    let value: Value = map.next_value()?;
                    old_comparison &= errors::is_error_member(&name, &value);
                    is_notice |= is_notices_own(&name, &value);
                    unknown.push(name.into_owned(), value);
                }
            }
        }
        let id = id.and_then(|id| id.usable(&mut unknown));
        evidence.conflicting = conflict;
        evidence.error = unknown
            .iter()
            .any(|(name, value)| errors::is_error(name, value));
        evidence.unknown = unknown;
        // The oldest 1:1 answer has no status and only `id`, `authenticated`, `liveness` and error
        // members. Any other answer without a status is not final, and neither is a status of null.
        let status = status.or_else(|| {
            (old_comparison && evidence.authenticated.is_some()).then_some(Status::Completed)
        });
        Ok(Answer {
            id,
            status,
            is_notice,
            evidence,
        })
    }
}

/// Whether only notifications have this member, and answers do not.
pub(crate) fn is_notices_own(name: &str, value: &Value) -> bool {
    !value.is_null() && (names::is_same("state", name) || names::is_same("processId", name))
}

/// Keeps the first value; a second, different value is a conflict.
pub(crate) fn keep<T: PartialEq>(slot: &mut Option<T>, value: Option<T>, conflict: &mut bool) {
    match (slot.as_ref(), &value) {
        (Some(first), Some(second)) => *conflict |= first != second,
        (None, Some(_)) => *slot = value,
        (_, None) => {}
    }
}

/// A usable id, or the value in its place.
#[derive(PartialEq)]
enum WireId {
    Valid(ProcessId),
    Other(Value),
}

impl WireId {
    /// The id; a value in its place is listed as unknown.
    fn usable(self, unknown: &mut UnknownMembers) -> Option<ProcessId> {
        match self {
            Self::Valid(id) => Some(id),
            Self::Other(value) => {
                unknown.push("id".to_owned(), value);
                None
            }
        }
    }
}

impl Scalar for WireId {
    fn from_word(word: &str) -> Option<Self> {
        ProcessId::from_wire(word).map(Self::Valid)
    }

    /// No published id is a number, but a number would be safe to use.
    fn from_integer(number: i64) -> Option<Self> {
        (number > 0).then(|| Self::from_word(&number.to_string()))?
    }

    fn unknown(value: Value) -> Self {
        Self::Other(value)
    }
}

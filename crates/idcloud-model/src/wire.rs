//! How answers are spelt on the wire, in every documented generation: the only place that knows.
//!
//! Must read whatever comes, and must never turn something unknown into something known.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::evidence::{Evidence, UnknownMembers};
use crate::{AdditionalInfo, Document, ProcessId, Status};

/// A value that is documented as one of a few words or numbers.
pub(crate) trait Scalar: Sized {
    fn from_word(_: &str) -> Option<Self> {
        None
    }

    /// Integers, also when they come as text. Numbers with a decimal point are not integers, whatever follows the point.
    fn from_integer(_: i64) -> Option<Self> {
        None
    }

    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    fn unknown(value: Value) -> Self;

    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Self::unknown)
    }
}

/// A whole subtree, in which a member that comes twice is still there twice.
#[derive(PartialEq)]
pub(crate) enum Subtree {
    Members(Vec<(String, Value)>),
    Other(Value),
}

impl Scalar for Subtree {
    fn unknown(value: Value) -> Self {
        Self::Other(value)
    }

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Self::Members(members))
    }
}

/// Reads a scalar; null is absent.
struct Read<T>(Option<T>);

impl<'de, T: Scalar> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(ScalarVisitor(PhantomData))
            .map(Self)
    }
}

struct ScalarVisitor<T>(PhantomData<T>);

impl<'de, T: Scalar> Visitor<'de> for ScalarVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        let known = T::from_word(text).or_else(|| T::from_integer(integer(text)?));
        Ok(Some(known.unwrap_or_else(|| T::unknown(text.into()))))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(
            T::from_integer(value).unwrap_or_else(|| T::unknown(value.into())),
        ))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        let known = i64::try_from(value).ok().and_then(T::from_integer);
        Ok(Some(known.unwrap_or_else(|| T::unknown(value.into()))))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(T::unknown(value.into())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(
            T::from_bool(value).unwrap_or_else(|| T::unknown(value.into())),
        ))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::from_map(map).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq))
            .map(T::unknown)
            .map(Some)
    }
}

/// A plain decimal integer, without sign tricks or white space.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Reads a value as a scalar of `T`; used where a whole subtree was read first.
pub(crate) fn scalar<T: Scalar>(value: Value) -> Option<T> {
    match value {
        Value::Null => None,
        Value::Bool(bool) => Some(T::from_bool(bool).unwrap_or_else(|| T::unknown(value))),
        Value::Number(ref number) => Some(
            number
                .as_i64()
                .and_then(T::from_integer)
                .unwrap_or_else(|| T::unknown(value)),
        ),
        Value::String(ref text) => Some(
            T::from_word(text)
                .or_else(|| T::from_integer(integer(text)?))
                .unwrap_or_else(|| T::unknown(value)),
        ),
        Value::Array(_) | Value::Object(_) => Some(T::unknown(value)),
    }
}

/// An answer about one process, before its status is judged.
pub(crate) struct Answer {
    pub(crate) id: Option<ProcessId>,
    pub(crate) status: Option<Status>,
    pub(crate) evidence: Evidence,
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AnswerVisitor)
    }
}

/// The members of an answer. Old generations write them in Pascal case, so case is ignored.
#[derive(Clone, Copy)]
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

fn member(name: &str) -> Option<Member> {
    MEMBERS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
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
        while let Some(Name(name)) = map.next_key()? {
            // `keep` holds the first value: a second that differs makes the evidence contradictory instead of winning.
            match member(&name) {
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
                None => unknown.push(name.into_owned(), map.next_value()?),
            }
        }
        let id = match id {
            Some(WireId::Valid(id)) => Some(id),
            Some(WireId::Other(value)) => {
                unknown.push("id".to_owned(), value);
                None
            }
            None => None,
        };
        evidence.conflicting = conflict;
        evidence.unknown = unknown;
        Ok(Answer {
            id,
            status,
            evidence,
        })
    }
}

/// Keeps the first value; a second that differs is a conflict.
pub(crate) fn keep<T: PartialEq>(slot: &mut Option<T>, value: Option<T>, conflict: &mut bool) {
    match (slot.as_ref(), &value) {
        (Some(first), Some(second)) => *conflict |= first != second,
        (None, Some(_)) => *slot = value,
        (_, None) => {}
    }
}

/// A member's name, borrowed from the answer where it can be.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

/// An id that is safe to use, or whatever came in its place.
#[derive(PartialEq)]
enum WireId {
    Valid(ProcessId),
    Other(Value),
}

impl Scalar for WireId {
    fn from_word(word: &str) -> Option<Self> {
        ProcessId::from_wire(word).map(Self::Valid)
    }

    fn unknown(value: Value) -> Self {
        Self::Other(value)
    }
}

/// An object around one scalar, such as `{"result": "yes"}`. Its other members are listed as `outer.inner`; something that is not
/// an object is an unknown value.
struct Wrapped<'a, T> {
    outer: &'a str,
    inner: &'static str,
    unknown: &'a mut UnknownMembers,
    read: PhantomData<T>,
}

impl<'a, T> Wrapped<'a, T> {
    fn new(outer: &'a str, inner: &'static str, unknown: &'a mut UnknownMembers) -> Self {
        Self {
            outer,
            inner,
            unknown,
            read: PhantomData,
        }
    }
}

impl<'de, T: Scalar + PartialEq> DeserializeSeed<'de> for Wrapped<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Scalar + PartialEq> Visitor<'de> for Wrapped<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut value = None;
        let mut conflict = false;
        while let Some(Name(name)) = map.next_key()? {
            if name.eq_ignore_ascii_case(self.inner) {
                keep(&mut value, map.next_value::<Read<T>>()?.0, &mut conflict);
            } else {
                self.unknown
                    .push(format!("{}.{name}", self.outer), map.next_value()?);
            }
        }
        if conflict {
            return Ok(Some(T::unknown("two different values".into())));
        }
        Ok(value)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(T::unknown(value.into())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(T::unknown(value.into())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(T::unknown(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(T::unknown(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(T::unknown(value.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq))
            .map(T::unknown)
            .map(Some)
    }
}

/// Why bytes are not an answer about a process. Holds nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// No bytes, or white space alone.
    #[error("the answer is empty")]
    Empty,
    /// The bytes end within a JSON value.
    #[error("the answer is cut short")]
    Truncated,
    /// The bytes are not JSON.
    #[error("the answer is not JSON")]
    NotJson,
    /// JSON, but not an object.
    #[error("the answer is JSON but not an object")]
    NotAnObject,
    /// An object without an id that could be used.
    #[error("the answer has no process id")]
    NoId,
}

impl ReadError {
    pub(crate) fn of(error: &serde_json::Error) -> Self {
        if error.is_eof() {
            Self::Truncated
        } else if error.is_data() {
            Self::NotAnObject
        } else {
            Self::NotJson
        }
    }
}

pub(crate) fn read(bytes: &[u8]) -> Result<Answer, ReadError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty);
    }
    // Checked once here, UTF-8 need not be checked for every string again.
    let text = str::from_utf8(bytes).map_err(|error| match error.error_len() {
        None => ReadError::Truncated,
        Some(_) => ReadError::NotJson,
    })?;
    serde_json::from_str(text).map_err(|error| ReadError::of(&error))
}

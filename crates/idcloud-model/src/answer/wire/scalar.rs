//! Values that are documented as one of a few words or numbers.
//!
//! Must not turn an unknown value into a known one.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A value that is documented as one of a few words or numbers.
pub(crate) trait Scalar: Sized {
    fn from_word(_: &str) -> Option<Self> {
        None
    }

    /// An integer, also as text. A number with a decimal point is no integer, whatever follows the
    /// point.
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

/// A whole subtree, in which a duplicate member is kept twice.
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
pub(super) struct Read<T>(pub(super) Option<T>);

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

/// A plain decimal integer, without a plus, leading zeros or white space.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let padded = digits.len() > 1 && digits.starts_with('0');
    if digits.is_empty() || padded || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Reads a value of a subtree that was read as a whole; null is absent.
pub(crate) fn scalar<T: Scalar>(value: Value) -> Option<T> {
    // Infallible: every kind of JSON value has its visit.
    Read::deserialize(value).ok()?.0
}

//! Objects around one scalar, such as `{"result": "yes"}`.
//!
//! Must not count as absent in any other form.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::names::{self, Name};
use super::scalar::{Read, Scalar, scalar};
use crate::answer::evidence::UnknownMembers;

/// An object around one scalar, such as `{"result": "yes"}`. Its other members are listed as
/// `outer.inner`; a value that is no object is an unknown value.
pub(super) struct Wrapped<'a, T> {
    outer: &'a str,
    inner: &'static str,
    unknown: &'a mut UnknownMembers,
    read: PhantomData<T>,
}

impl<'a, T> Wrapped<'a, T> {
    pub(super) fn new(
        outer: &'a str,
        inner: &'static str,
        unknown: &'a mut UnknownMembers,
    ) -> Self {
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
        let mut value: Option<T> = None;
        let mut documented = false;
        // Other members of a wrapper are unknown; without its documented member the whole wrapper
        // is unknown.
        let mut strange = false;
        let mut conflict: Option<Value> = None;
        while let Some(Name(name)) = map.next_key()? {
            if !names::is_same(&name, self.inner) {
                strange = true;
                self.unknown
                    .push(format!("{}.{name}", self.outer), map.next_value()?);
            } else if std::mem::replace(&mut documented, true) {
                let second: Value = map.next_value()?;
                let read = scalar::<T>(second.clone());
                if read.is_some() && value.is_some() && read != value {
                    self.unknown
                        .push(format!("{}.{name}", self.outer), second.clone());
                    conflict = Some(second);
                }
                value = value.or(read);
            } else {
                value = map.next_value::<Read<T>>()?.0;
            }
        }
        Ok(match conflict {
            Some(second) => Some(T::unknown(second)),
            None if strange && !documented => Some(T::unknown(Value::Object(Map::new()))),
            None => value,
        })
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

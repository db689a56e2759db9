//! The macros for every text that identifies a person.
//!
//! Must not let such a type show its text except through `expose`.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// Declares a newtype over a text that identifies or reaches a person.
///
/// The type compares by value, wipes its memory when dropped, prints a fixed mark through `Debug`
/// and `Display`, and is serialized through serde (a stored value is parsed again when it is read
/// back). The caller writes `FromStr`, the only constructor.
macro_rules! personal_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(::zeroize::Zeroizing<String>);

        impl $name {
            /// The text itself. Personal data: never log it.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        $crate::person::personal::redacted!($name);
        $crate::person::personal::stored_as_text!($name);
    };
}

/// Prints the type's name and nothing else, whatever the value.
macro_rules! redacted {
    ($name:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str("[redacted]")
            }
        }
    };
}

/// Serializes through `expose` and deserializes through `FromStr`, so that a stored value is as
/// valid as a typed one.
macro_rules! stored_as_text {
    ($name:ident) => {
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.expose())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let $crate::person::personal::Text(text) =
                    ::serde::Deserialize::deserialize(deserializer)?;
                text.parse().map_err(::serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use {personal_text, redacted, stored_as_text};

/// The visits whose default errors would repeat the value.
macro_rules! refuse_unrepeated {
    () => {
        fn visit_bool<E: ::serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Err($crate::person::personal::unexpected(&self))
        }

        fn visit_i64<E: ::serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Err($crate::person::personal::unexpected(&self))
        }

        fn visit_i128<E: ::serde::de::Error>(self, _: i128) -> Result<Self::Value, E> {
            Err($crate::person::personal::unexpected(&self))
        }

        fn visit_u64<E: ::serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Err($crate::person::personal::unexpected(&self))
        }

        fn visit_u128<E: ::serde::de::Error>(self, _: u128) -> Result<Self::Value, E> {
            Err($crate::person::personal::unexpected(&self))
        }

        fn visit_f64<E: ::serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Err($crate::person::personal::unexpected(&self))
        }

        fn visit_bytes<E: ::serde::de::Error>(self, _: &[u8]) -> Result<Self::Value, E> {
            Err($crate::person::personal::unexpected(&self))
        }
    };
}
pub(crate) use refuse_unrepeated;

/// A text that was typed or stored, wiped when dropped.
///
/// Only strings are accepted. Another value is refused without being repeated, as serde's own error
/// would: a CPF written as a number is the most common mistake of all.
pub(crate) struct Text(pub(crate) Zeroizing<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `deserialize_str` would make JSON's reader answer a number with an error that repeats it.
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text in quotes")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Text, E> {
        Ok(Text(Zeroizing::new(text)))
    }

    refuse_unrepeated!();
}

/// An error that says what was expected and nothing of the value.
pub(crate) fn unexpected<'de, E: de::Error>(visitor: &impl Visitor<'de>) -> E {
    struct Expected<'a, V>(&'a V);

    impl<'de, V: Visitor<'de>> fmt::Display for Expected<'_, V> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("expected ")?;
            self.0.expecting(f)
        }
    }

    E::custom(Expected(visitor))
}

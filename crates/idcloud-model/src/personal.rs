//! The macro behind every text that identifies a person.
//!
//! A type made here must never show its text except through `expose`.

/// Declares a newtype over a text that names or reaches a person.
///
/// The type compares by value, wipes its memory when dropped, prints a fixed mark through `Debug` and
/// `Display`, and stores itself through serde (a stored value is parsed again when it is read back).
/// The caller writes `FromStr`, which is the only way to make one.
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

        $crate::personal::redacted!($name);
        $crate::personal::stored_as_text!($name);
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

/// Serialises through `expose` and reads back through `FromStr`, so that a stored value is as valid as a typed one.
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
                let text = ::zeroize::Zeroizing::new(
                    <String as ::serde::Deserialize>::deserialize(deserializer)?,
                );
                text.parse().map_err(::serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use {personal_text, redacted, stored_as_text};

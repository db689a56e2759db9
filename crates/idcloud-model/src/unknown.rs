//! Values in an answer that this version does not know.
//!
//! Must not be changed, nor printed by default: they may be personal.

use std::fmt;

use serde_json::Value;

/// An undocumented value, kept unchanged.
///
/// New values appear in IDCloud's answers without notice; such a value is never an error and never
/// an approval.
#[derive(Clone, PartialEq)]
pub struct UnknownValue(Box<Value>);

impl UnknownValue {
    pub(crate) fn new(value: Value) -> Self {
        Self(Box::new(value))
    }

    /// The value as JSON. It may be personal data: do not log it.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.0
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

/// Declares evidence that is one of a few words: known words in any case, anything else kept.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A value that this version does not know.
            Unknown($crate::UnknownValue),
        }

        impl $name {
            /// The documented words.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word in the newest documents' spelling; `None` for an unknown value.
            #[must_use]
            pub const fn as_str(&self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($word),)+
                    Self::Unknown(_) => None,
                }
            }

            /// The value as JSON: the documented word, or the unknown value unchanged.
            #[must_use]
            pub fn to_json(&self) -> ::serde_json::Value {
                match self {
                    Self::Unknown(value) => value.json().clone(),
                    known => known.as_str().into(),
                }
            }
        }

        impl $crate::answer::wire::Scalar for $name {
            fn from_word(word: &str) -> Option<Self> {
                $(if word.eq_ignore_ascii_case($word) {
                    return Some(Self::$variant);
                })+
                None
            }

            fn unknown(value: ::serde_json::Value) -> Self {
                Self::Unknown($crate::UnknownValue::new(value))
            }
        }
    };
}

pub(crate) use open_enum;

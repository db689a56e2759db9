//! Closed lists of words in the spec.
//!
//! Must not map an unknown word to a known one: serde refuses it.

/// Defines an enum that parses words of the spec. Its `Debug` output is the name of the Rust
/// variant.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
        pub(crate) enum $name { $(#[serde(rename = $word)] $variant),+ }

        impl $name {
            /// The word in the spec and on the pages.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

pub(crate) use words;

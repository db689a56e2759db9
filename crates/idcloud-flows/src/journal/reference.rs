//! The caller's own name for one submission: the idempotency key that IDCloud lacks.
//!
//! Must never hold a CPF or a CURP, because it is stored as it is.

use std::fmt;
use std::str::FromStr;

use idcloud_model::{Cpf, Curp};
use serde::{Deserialize, Serialize};

/// The caller's name for one submission, such as an order's or a row's number: 1 to 256 characters, no control characters.
///
/// It is stored as it is, and so a text that holds a person's number is refused: eleven digits that are a valid CPF, plain or with one
/// sign before the fourth, seventh and tenth (`529.982.247-25`), and eighteen letters and digits that are a valid CURP. A CPF counts where
/// no further digit touches it; inside a longer number it is part of that number. Within a UUID or another run of 32 or more hexadecimal
/// digits and hyphens with a letter among them it counts only if hyphens set it apart, because chance makes CPFs there.
///
/// ```
/// use idcloud_flows::journal::{Reference, ReferenceError};
///
/// assert!("order-1041".parse::<Reference>().is_ok());
/// assert_eq!("customer 529.982.247-25".parse::<Reference>(), Err(ReferenceError::Cpf));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference(Box<str>);

/// Why a text is not a reference. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// No characters, or white space alone.
    #[error("a reference is empty; give the order's or the row's own number")]
    Empty,
    /// More than 256 characters.
    #[error("a reference has at most {} characters", Reference::MAX_CHARS)]
    TooLong,
    /// A control character.
    #[error("a reference holds a control character; use letters, digits and signs")]
    ControlCharacter,
    /// A valid CPF is in it.
    #[error("a reference holds a CPF; use a number that names no person, because it is stored")]
    Cpf,
    /// A valid CURP is in it.
    #[error("a reference holds a CURP; use a code that names no person, because it is stored")]
    Curp,
}

impl Reference {
    /// The most characters that a reference has.
    pub const MAX_CHARS: usize = 256;

    /// The text. Stored, but not logged: it is the caller's.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(ReferenceError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(ReferenceError::ControlCharacter);
        }
        if holds_cpf(text) {
            return Err(ReferenceError::Cpf);
        }
        if holds_curp(text) {
            return Err(ReferenceError::Curp);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Reference {
    type Error = ReferenceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.0.into()
    }
}

/// The text is the caller's, and is not shown.
impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reference(redacted)")
    }
}

/// A run of this many hexadecimal digits is an id or a digest.
const RANDOM: usize = 32;

/// Whether a valid CPF stands in the text.
pub(super) fn holds_cpf(text: &str) -> bool {
    (0..text.len()).any(|at| {
        let Some((before, rest)) = text.split_at_checked(at) else {
            return false;
        };
        if before.ends_with(|last: char| last.is_ascii_digit()) {
            return false;
        }
        leading_cpf(rest).is_some_and(|after| !is_random(before, rest, after))
    })
}

/// What follows a valid CPF at the start of the text.
fn leading_cpf(text: &str) -> Option<&str> {
    let mut digits = zeroize::Zeroizing::new(String::with_capacity(11));
    let mut rest = text;
    while digits.len() < 11 {
        let mut chars = rest.chars();
        let sign = chars.next()?;
        if sign.is_ascii_digit() {
            digits.push(sign);
        } else if !matches!(digits.len(), 3 | 6 | 9)
            || sign.is_alphanumeric()
            || !chars
                .as_str()
                .starts_with(|next: char| next.is_ascii_digit())
        {
            return None;
        }
        rest = chars.as_str();
    }
    let ends = !rest.starts_with(|next: char| next.is_ascii_digit());
    (ends && digits.parse::<Cpf>().is_ok()).then_some(rest)
}

/// Whether what stands between `before` and `after` is part of an id or a digest.
fn is_random(before: &str, rest: &str, after: &str) -> bool {
    let part_of = |sign: &char| sign.is_ascii_hexdigit() || *sign == '-';
    let found = rest.len() - after.len();
    let run = || {
        let left = before.chars().rev().take_while(part_of);
        let right = rest.chars().take_while(part_of);
        left.chain(right)
    };
    let reaches = rest.chars().take_while(part_of).count() >= found;
    // In a UUID or a digest another digit or letter always touches eleven digits; what stands beside one by itself was put there.
    let touched = |sign: char| sign.is_ascii_hexdigit();
    reaches
        && (before.ends_with(touched) || after.starts_with(touched))
        && run().filter(char::is_ascii_hexdigit).count() >= RANDOM
        && run().any(|sign| sign.is_ascii_alphabetic())
}

/// Whether a valid CURP stands in the text, whatever stands around it: nothing else has its form.
pub(super) fn holds_curp(text: &str) -> bool {
    const LENGTH: usize = 18;
    text.as_bytes().windows(LENGTH).any(|window| {
        window.iter().all(u8::is_ascii_alphanumeric)
            && window.iter().take(4).all(u8::is_ascii_alphabetic)
            && str::from_utf8(window).is_ok_and(|text| text.parse::<Curp>().is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing personal leaks: no person's number becomes a key of the journal.
    #[test]
    fn numbers_of_persons_are_refused() {
        for (text, error) in [
            ("", ReferenceError::Empty),
            (" \t", ReferenceError::Empty),
            ("a\u{7}b", ReferenceError::ControlCharacter),
            ("52998224725", ReferenceError::Cpf),
            ("529.982.247-25", ReferenceError::Cpf),
            ("order 529.982.247-25!", ReferenceError::Cpf),
            ("529 982 247 25", ReferenceError::Cpf),
            ("529-982-247-25", ReferenceError::Cpf),
            ("529.982.24725", ReferenceError::Cpf),
            ("529982247-25", ReferenceError::Cpf),
            ("cpf52998224725x", ReferenceError::Cpf),
            ("2026-52998224725-1", ReferenceError::Cpf),
            ("ção52998224725ção", ReferenceError::Cpf),
            (
                "80371b2a-3ac7-432e-866d-57fe37896ac6-52998224725",
                ReferenceError::Cpf,
            ),
            (
                "52998224725-80371b2a-3ac7-432e-866d-57fe37896ac6",
                ReferenceError::Cpf,
            ),
            ("x/HEGG560427MVZRRL04", ReferenceError::Curp),
            ("hegg560427mvzrrl04", ReferenceError::Curp),
            ("XHEGG560427MVZRRL041", ReferenceError::Curp),
        ] {
            assert_eq!(text.parse::<Reference>(), Err(error), "{text}");
        }
        assert_eq!(
            "a".repeat(257).parse::<Reference>(),
            Err(ReferenceError::TooLong)
        );
    }

    #[test]
    fn other_numbers_are_taken() {
        for text in [
            "1",
            "order-1041",
            "52998224724",
            "529982247255",
            "152998224725",
            "5299.8224.725",
            "11111111111",
            "80371b2a-3ac7-432e-866d-57fe37896ac6",
            "80371b2a-3ac7-432e-866d-52998224725a",
            "80371b2a-3ac7-432e-a529-98224725ac6b",
            "a80371b2a3ac7432e866d52998224725a",
            "HEGG560427MVZRRL05",
            "ação nº 7",
        ] {
            assert!(text.parse::<Reference>().is_ok(), "{text}");
        }
        let reference: Reference = " order-1041 ".parse().unwrap();
        assert_eq!(reference.as_str(), "order-1041");
        assert!(!format!("{reference:?}").contains("1041"));
    }
}

//! The caller's own name for one submission: the idempotency key that IDCloud lacks.
//!
//! Must never hold a CPF or a CURP, because it is stored as it is.

use std::fmt;
use std::str::FromStr;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use idcloud_model::PersonalNumber;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The caller's name for one submission, such as an order's or a row's number: 1 to 256 characters.
///
/// Two references that look alike are one: control and format characters (a zero-width space, a soft hyphen, the marks that turn the
/// direction of text) are refused, and so is text that is not in Unicode's composed form (NFC).
///
/// It is stored as it is, and so a text that holds a person's number is refused, in whichever script its digits are written: see
/// [`PersonalNumber::find_in`].
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
    /// A control character, which is given.
    #[error("a reference holds a control character (U+{:04X}); use letters, digits and signs", u32::from(*.0))]
    ControlCharacter(char),
    /// A character that is not seen, or that changes how others are shown. It is given.
    #[error(
        "a reference holds a character that is not seen (U+{:04X}); type it anew",
        u32::from(*.0)
    )]
    FormatCharacter(char),
    /// Not in the composed form.
    #[error(
        "a reference has an accent that is a character of its own; write it composed (Unicode NFC)"
    )]
    NotComposed,
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
        if let Some(control) = text.chars().find(|sign| sign.is_control()) {
            return Err(ReferenceError::ControlCharacter(control));
        }
        // Most references are ASCII, of which none of this can be true.
        if !text.is_ascii() {
            if let Some(unseen) = text.chars().find(|sign| is_unseen(*sign)) {
                return Err(ReferenceError::FormatCharacter(unseen));
            }
            if !ComposingNormalizerBorrowed::new_nfc().is_normalized(text) {
                return Err(ReferenceError::NotComposed);
            }
        }
        match personal_number(text) {
            Some(PersonalNumber::Curp) => Err(ReferenceError::Curp),
            Some(_) => Err(ReferenceError::Cpf),
            None => Ok(Self(text.into())),
        }
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

fn personal_number(text: &str) -> Option<PersonalNumber> {
    if text.is_ascii() {
        PersonalNumber::find_in(text)
    } else {
        PersonalNumber::find_in(&with_ascii_digits(text))
    }
}

/// What the text would be with the digits of all scripts written as ASCII.
fn with_ascii_digits(text: &str) -> Zeroizing<String> {
    let kinds = CodePointMapData::<GeneralCategory>::new();
    let is_digit = |sign: char| kinds.get(sign) == GeneralCategory::DecimalNumber;
    // Full-width, superscript and mathematical digits are compatible with ASCII's.
    ComposingNormalizerBorrowed::new_nfkc()
        .normalize_iter(text.chars())
        .map(|sign| match sign {
            sign if sign.is_ascii() || !is_digit(sign) => sign,
            // The ten digits of a script stand one behind the other, from zero on.
            sign => {
                let before = (0..u32::from(sign)).rev().map_while(char::from_u32);
                let place = before.take_while(|before| is_digit(*before)).count() % 10;
                u32::try_from(place)
                    .ok()
                    .and_then(|place| char::from_digit(place, 10))
                    .unwrap_or(sign)
            }
        })
        .collect::<String>()
        .into()
}

/// Whether a sign is not seen, or changes how its neighbours are shown.
fn is_unseen(sign: char) -> bool {
    use GeneralCategory::{Format, LineSeparator, ParagraphSeparator};

    let kind = CodePointMapData::<GeneralCategory>::new().get(sign);
    matches!(kind, Format | LineSeparator | ParagraphSeparator)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(sign)
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
            ("a\u{7}b", ReferenceError::ControlCharacter('\u{7}')),
            ("a\u{200b}b", ReferenceError::FormatCharacter('\u{200b}')),
            ("order-1\u{ad}", ReferenceError::FormatCharacter('\u{ad}')),
            (
                "order\u{202e}1",
                ReferenceError::FormatCharacter('\u{202e}'),
            ),
            (
                "order\u{2066}1",
                ReferenceError::FormatCharacter('\u{2066}'),
            ),
            (
                "order\u{2028}1",
                ReferenceError::FormatCharacter('\u{2028}'),
            ),
            (
                "\u{feff}order-1",
                ReferenceError::FormatCharacter('\u{feff}'),
            ),
            (
                "order\u{e0041}1",
                ReferenceError::FormatCharacter('\u{e0041}'),
            ),
            ("a\u{3164}b", ReferenceError::FormatCharacter('\u{3164}')),
            ("jose\u{301}-1", ReferenceError::NotComposed),
            ("\u{212b}-1", ReferenceError::NotComposed),
            ("\u{ff15}２９９８２２４７２５", ReferenceError::Cpf),
            ("529.982.247-２５", ReferenceError::Cpf),
            ("٥٢٩٩٨٢٢٤٧٢٥", ReferenceError::Cpf),
            ("५२९ ९८२ २४७ २५", ReferenceError::Cpf),
            ("𝟓𝟐𝟗𝟗𝟖𝟐𝟐𝟒𝟕𝟐𝟓", ReferenceError::Cpf),
            ("5.2.9.9.8.2.2.4.7.2.5", ReferenceError::Cpf),
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
            "josé-1",
            "pedido 一二三",
            "20261129-001",
        ] {
            assert!(text.parse::<Reference>().is_ok(), "{text}");
        }
        let reference: Reference = " order-1041 ".parse().unwrap();
        assert_eq!(reference.as_str(), "order-1041");
        assert!(!format!("{reference:?}").contains("1041"));
    }
}

//! The caller's own name for one submission: the idempotency key that IDCloud lacks.
//!
//! Must not hold a CPF or a CURP, because it is stored as it is.

use std::fmt;
use std::str::FromStr;

use icu_normalizer::ComposingNormalizerBorrowed;
use idcloud_model::{PersonalNumber, seen_where_it_stands};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The caller's name for one submission, such as an order's or a row's number: 1 to 256 characters.
///
/// Two references that look alike are one, so characters that are invisible where they stand
/// ([`seen_where_it_stands`]) are refused: a zero-width space, a blank letter, an accent at the
/// beginning. Blanks other than U+0020 are refused too, and text that is not in Unicode's composed
/// form (NFC).
///
/// The text is stored as it is, so a text that holds a person's number is refused, in any script's
/// digits: see [`PersonalNumber::find_in`].
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
    /// No characters, or only white space.
    #[error("a reference is empty; give the order's or the row's own number")]
    Empty,
    /// More than 256 characters.
    #[error("a reference has at most {} characters", Reference::MAX_CHARS)]
    TooLong,
    /// The control character that it holds.
    #[error("a reference holds a control character (U+{:04X}); use letters, digits and signs", u32::from(*.0))]
    ControlCharacter(char),
    /// The character that is invisible, changes how others are shown, or looks like a space and is
    /// none.
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
    /// It holds a valid CPF.
    #[error("a reference holds a CPF; use a number that names no person, because it is stored")]
    Cpf,
    /// It holds a valid CURP.
    #[error("a reference holds a CURP; use a code that names no person, because it is stored")]
    Curp,
}

impl Reference {
    /// The maximum length in characters.
    pub const MAX_CHARS: usize = 256;

    /// The text. It is stored but not logged, because it is the caller's.
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
        // Most references are ASCII, and these checks concern other characters only.
        if !text.is_ascii() {
            if let Some(unseen) = unseen(text) {
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

/// The text is the caller's, so it is not shown.
impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reference(redacted)")
    }
}

fn personal_number(text: &str) -> Option<PersonalNumber> {
    if text.is_ascii() {
        return PersonalNumber::find_in(text);
    }
    // Superscript, circled and mathematical digits and full-width letters normalize to ASCII.
    let compatible: Zeroizing<String> = ComposingNormalizerBorrowed::new_nfkc()
        .normalize_iter(text.chars())
        .collect::<String>()
        .into();
    PersonalNumber::find_in(text).or_else(|| PersonalNumber::find_in(&compatible))
}

/// The first character that is invisible where it stands, or that is a blank other than the
/// keyboard's.
fn unseen(text: &str) -> Option<char> {
    seen_where_it_stands(text)
        .find(|(sign, is_seen)| !is_seen || *sign != ' ' && sign.is_whitespace())
        .map(|(sign, _)| sign)
}

#[cfg(test)]
mod tests {
    use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
    use icu_properties::{CodePointMapData, CodePointSetData};
    use idcloud_model::is_unseen;

    use super::*;

    /// Two references that look alike are one: the list of invisible characters holds all that
    /// another copy of Unicode's data lists, and none that it lists as visible.
    #[test]
    fn the_list_agrees_with_another_copy_of_unicode() {
        use GeneralCategory::{
            Control, EnclosingMark, Format, LineSeparator, NonspacingMark, ParagraphSeparator,
            PrivateUse, SpaceSeparator, SpacingMark, Unassigned,
        };

        let kinds = CodePointMapData::<GeneralCategory>::new();
        let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        // Blank by their names; no Unicode property says so.
        let blanks = "\u{2800}\u{13441}\u{13442}\u{16fe4}\u{1d159}";
        let (mut unseen, mut newer) = (0_u32, 0_u32);
        for sign in '\0'..=char::MAX {
            let kind = kinds.get(sign);
            let is_blank = blanks.contains(sign);
            let expected = is_blank
                || ignorable.contains(sign)
                || matches!(
                    kind,
                    Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Unassigned
                );
            if expected {
                unseen += 1;
                assert!(is_unseen(sign), "{sign:?} {kind:?}");
                // A trailing line break is trimmed from a reference. Of the 900,000 unassigned and
                // private characters a sample is tried.
                let is_tried =
                    !matches!(kind, PrivateUse | Unassigned) || u32::from(sign).is_multiple_of(997);
                if is_tried && !sign.is_whitespace() {
                    for text in [format!("{sign}a"), format!("a{sign}b"), format!("a{sign}")] {
                        assert!(text.parse::<Reference>().is_err(), "{text:?}");
                    }
                }
            } else if is_unseen(sign) {
                // Assigned by a newer Unicode: versions 17 and 18 together add some 18,000
                // characters.
                newer += 1;
            } else if matches!(kind, EnclosingMark | NonspacingMark | SpacingMark) {
                for text in [format!("{sign}"), format!("{sign}a"), format!("a {sign}")] {
                    assert!(text.parse::<Reference>().is_err(), "{text:?}");
                }
            } else if kind == SpaceSeparator && sign != ' ' {
                assert!(
                    format!("a{sign}b").parse::<Reference>().is_err(),
                    "{sign:?}"
                );
            }
        }
        assert!(unseen > 900_000 && newer < 30_000, "{unseen} {newer}");
    }

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
            ("\u{2800}", ReferenceError::FormatCharacter('\u{2800}')),
            (
                "order-7\u{2800}SIMULATED:\u{2800}reject",
                ReferenceError::FormatCharacter('\u{2800}'),
            ),
            (
                "order-7\u{115f}\u{1160}",
                ReferenceError::FormatCharacter('\u{115f}'),
            ),
            (
                "order-7\u{ffa0}reject",
                ReferenceError::FormatCharacter('\u{ffa0}'),
            ),
            ("\u{301}1", ReferenceError::FormatCharacter('\u{301}')),
            ("order \u{338}7", ReferenceError::FormatCharacter('\u{338}')),
            ("order\u{a0}7", ReferenceError::FormatCharacter('\u{a0}')),
            (
                "order\u{3000}7",
                ReferenceError::FormatCharacter('\u{3000}'),
            ),
            (
                "order-\u{e000}",
                ReferenceError::FormatCharacter('\u{e000}'),
            ),
            ("order-\u{378}", ReferenceError::FormatCharacter('\u{378}')),
            ("jose\u{301}-1", ReferenceError::NotComposed),
            ("\u{212b}-1", ReferenceError::NotComposed),
            ("\u{ff15}２９９８２２４７２５", ReferenceError::Cpf),
            ("529.982.247-２５", ReferenceError::Cpf),
            ("٥٢٩٩٨٢٢٤٧٢٥", ReferenceError::Cpf),
            ("५२९ ९८२ २४७ २५", ReferenceError::Cpf),
            ("𝟓𝟐𝟗𝟗𝟖𝟐𝟐𝟒𝟕𝟐𝟓", ReferenceError::Cpf),
            ("5.2.9.9.8.2.2.4.7.2.5", ReferenceError::Cpf),
            ("⁵²⁹⁹⁸²²⁴⁷²⁵", ReferenceError::Cpf),
            ("⑤2998224725", ReferenceError::Cpf),
            ("5\u{332}2\u{332}9\u{332}98224725", ReferenceError::Cpf),
            ("52998224-725", ReferenceError::Cpf),
            ("5299/8224/725", ReferenceError::Cpf),
            ("order 5299822_4725", ReferenceError::Cpf),
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
            ("HEGG-560427-MVZRRL-04", ReferenceError::Curp),
            ("ＨＥＧＧ５６０４２７ＭＶＺＲＲＬ０４", ReferenceError::Curp),
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
            "20261101-072",
            "2026-11-30-000123",
            "2026-11-30T23:00:59.074Z",
            "x\u{332}1",
            "ब\u{93e}त 7",
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

//! Digits of every script, and the marks that people write between them.
//!
//! Must not take a digit for a mark.

use unicode_general_category::{GeneralCategory, get_general_category};

/// The value of a decimal digit of any script: `5`, `５`, `٥`, `५`.
pub(crate) fn decimal(sign: char) -> Option<u8> {
    if sign.is_ascii() {
        return u8::try_from(sign.to_digit(10)?).ok();
    }
    let is_digit = |sign: &char| get_general_category(*sign) == GeneralCategory::DecimalNumber;
    if !is_digit(&sign) {
        return None;
    }
    // The ten digits of a script are consecutive, from zero on.
    let before = (0..u32::from(sign)).rev().map_while(char::from_u32);
    u8::try_from(before.take_while(is_digit).count() % 10).ok()
}

/// Whether a character is part of a word or a number, and so separates the text before it from the
/// text after.
pub(crate) fn is_letter_or_number(sign: char) -> bool {
    use GeneralCategory::{
        DecimalNumber, LetterNumber, LowercaseLetter, ModifierLetter, OtherLetter, OtherNumber,
        TitlecaseLetter, UppercaseLetter,
    };

    if sign.is_ascii() {
        return sign.is_ascii_alphanumeric();
    }
    matches!(
        get_general_category(sign),
        DecimalNumber
            | LetterNumber
            | OtherNumber
            | LowercaseLetter
            | UppercaseLetter
            | TitlecaseLetter
            | ModifierLetter
            | OtherLetter
    ) && !is_between_digits(sign)
}

/// A mark that may stand between the digits of a number: a space, a hyphen or a dot, in the forms
/// that keyboards, editors and spreadsheets write, and that other libraries for such numbers
/// accept.
pub(crate) fn is_between_digits(sign: char) -> bool {
    if sign.is_ascii() {
        return matches!(sign, ' ' | '-' | '.');
    }
    is_hyphen(sign)
        || is_dot(sign)
        || matches!(
            get_general_category(sign),
            GeneralCategory::SpaceSeparator | GeneralCategory::DashPunctuation
        )
}

/// Characters that look like a hyphen without being in the dash category.
const fn is_hyphen(sign: char) -> bool {
    matches!(
        sign,
        '\u{af}'
            | '\u{2d7}'
            | '\u{180a}'
            | '\u{203e}'
            | '\u{2043}'
            | '\u{207b}'
            | '\u{208b}'
            | '\u{2212}'
            | '\u{23af}'
            | '\u{23ba}'..='\u{23bd}' | '\u{23e4}' | '\u{2500}' | '\u{ffe3}'
    )
}

const fn is_dot(sign: char) -> bool {
    matches!(
        sign,
        '\u{b7}'
            | '\u{2d9}'
            | '\u{387}'
            | '\u{6d4}'
            | '\u{701}'
            | '\u{702}'
            | '\u{830}'
            | '\u{f0b}'
            | '\u{f0c}'
            | '\u{16eb}'
            | '\u{2022}'
            | '\u{2024}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22c5}'
            | '\u{2e31}'
            | '\u{2e33}'
            | '\u{3002}'
            | '\u{30fb}'
            | '\u{fbb2}'
            | '\u{fbb3}'
            | '\u{fe52}'
            | '\u{ff0e}'
            | '\u{ff65}'
            | '\u{10101}'
            | '\u{1091f}'
            | '\u{10a50}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unseen::is_unseen;

    /// No readable character is skipped.
    #[test]
    fn letters_digits_and_marks() {
        for sign in ('0'..='9')
            .chain('A'..='Z')
            .chain('a'..='z')
            .chain("éñ五٥".chars())
        {
            assert!(
                !is_between_digits(sign) && is_letter_or_number(sign),
                "{sign}"
            );
        }
        for sign in "+()/,_@:*'".chars() {
            assert!(
                !is_between_digits(sign) && !is_letter_or_number(sign),
                "{sign}"
            );
        }
        for sign in " -.\u{2011}\u{2013}\u{a0}\u{202f}\u{b7}\u{180a}".chars() {
            assert!(
                is_between_digits(sign) && !is_letter_or_number(sign),
                "{sign:?}"
            );
        }
        for sign in ('\u{80}'..=char::MAX).filter(|sign| is_between_digits(*sign)) {
            assert!(!is_unseen(sign) && decimal(sign).is_none(), "{sign:?}");
        }
    }

    #[test]
    fn digits_of_every_script_have_their_value() {
        for digits in [
            "0123456789",
            "０１２３４５６７８９",
            "٠١٢٣٤٥٦٧٨٩",
            "०१२३४५६७८९",
            "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
            "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿",
        ] {
            assert!(
                digits.chars().map(decimal).eq((0..10).map(Some)),
                "{digits}"
            );
        }
        assert!("a½²⑤五-".chars().all(|sign| decimal(sign).is_none()));
    }
}

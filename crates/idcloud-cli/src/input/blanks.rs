//! Blank and invisible characters in texts that people copied.
//!
//! Must not show a text: a character is named by its code point.

use idcloud_model::seen_where_it_stands;

use crate::failure::Refusal;

/// The byte order mark: blank, because concatenated files and copied tables contain it.
pub(crate) const MARK: char = '\u{feff}';

/// Whether a character at the end of a text does not belong to it: white space of any kind, or a
/// byte order mark.
pub(crate) fn is_blank(sign: char) -> bool {
    sign.is_whitespace() || sign == MARK
}

/// The text without the blanks at its ends: white space of any kind, also no-break spaces, and byte
/// order marks.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// The first character inside a text that is invisible or looks like an ordinary space.
fn unseen(text: &str) -> Option<char> {
    seen_where_it_stands(trim(text))
        .find(|(sign, is_seen)| !is_seen || sign.is_whitespace() && !sign.is_ascii())
        .map(|(sign, _)| sign)
}

/// The refusal of a text; it names the first invisible character, if there is one.
pub(crate) fn named(refusal: Refusal, text: &str) -> Refusal {
    let Some(unseen) = unseen(text).map(u32::from) else {
        return refusal;
    };
    Refusal {
        rule: format!(
            "{}: a character that cannot be seen, U+{unseen:04X}, stands in it",
            refusal.rule
        ),
        remedy: "type it again instead of copying it".to_owned(),
        ..refusal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_at_the_ends_are_dropped_and_others_named() {
        assert_eq!(trim("\u{feff}\u{a0} a b\u{2003}\r\n\u{feff}"), "a b");
        assert_eq!(trim("\u{200b}a"), "\u{200b}a");
        let rule = |text: &str| named(Refusal::new("f", "is no id", "r"), text).rule;
        for (text, shown) in [
            ("a\u{a0}b", "U+00A0"),
            ("\u{200b}a", "U+200B"),
            ("a\u{feff}b", "U+FEFF"),
            ("a\u{0}", "U+0000"),
        ] {
            assert!(rule(text).contains(shown), "{}", rule(text));
        }
        for text in ["a b", "\u{a0}ação\u{feff}", ""] {
            assert_eq!(rule(text), "is no id");
        }
    }
}

//! The one list of characters that are invisible where they stand.
//!
//! Must not list a letter, a digit or a visible sign.

use unicode_general_category::{GeneralCategory, get_general_category};

/// Whether a character is invisible: controls, format and private-use characters, line separators,
/// characters that Unicode has not assigned (16.0) or calls ignorable
/// (`Default_Ignorable_Code_Point`), and blanks that are letters or signs, such as the braille
/// blank.
///
/// White space counts as visible by what it separates, except controls and the separators of lines
/// and paragraphs.
///
/// ```
/// use idcloud_model::is_unseen;
///
/// assert!("\u{200b}\u{2800}\u{3164}\u{feff}\t".chars().all(is_unseen));
/// assert!(!"ção 7\u{a0}".contains(is_unseen));
/// ```
///
/// The one list for CPFs, references and terminals; a test in `idcloud-flows` compares it,
/// character by character, with ICU's copy of Unicode's data.
#[must_use]
pub fn is_unseen(sign: char) -> bool {
    use GeneralCategory::{
        Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Unassigned,
    };

    if sign.is_ascii() {
        return sign.is_ascii_control();
    }
    matches!(
        get_general_category(sign),
        Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Unassigned
    ) || may_be_left_out(sign)
        || is_drawn_blank(sign)
}

/// The characters of a text, and whether each is visible where it stands.
///
/// Besides the characters of [`is_unseen`], a combining mark is not recognizable at the beginning,
/// or after white space or an invisible character: it would be drawn on whatever precedes the text.
///
/// ```
/// let seen = |text| idcloud_model::seen_where_it_stands(text).all(|(_, is_seen)| is_seen);
///
/// assert!(seen("x\u{332}"));
/// assert!(!seen("\u{332}x"));
/// ```
pub fn seen_where_it_stands(text: &str) -> impl Iterator<Item = (char, bool)> + '_ {
    let mut has_base = false;
    text.chars().map(move |sign| {
        let is_seen = !is_unseen(sign) && (has_base || !is_combining(sign));
        has_base = is_seen && !sign.is_whitespace();
        (sign, is_seen)
    })
}

/// The first character of a text that is invisible where it stands, white space excepted.
pub(crate) fn unseen(text: &str) -> Option<char> {
    seen_where_it_stands(text)
        .find(|(sign, is_seen)| !is_seen && !sign.is_whitespace())
        .map(|(sign, _)| sign)
}

/// The first blank of a text that looks like an ordinary space and is none, such as a no-break
/// space.
pub(crate) fn odd_blank(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_whitespace() && !c.is_ascii())
}

/// Whether a character is drawn on the one before it.
pub(crate) fn is_combining(sign: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};

    !sign.is_ascii()
        && matches!(
            get_general_category(sign),
            EnclosingMark | NonspacingMark | SpacingMark
        )
}

/// The default-ignorable characters that are letters or marks; all others are in invisible
/// categories.
const fn may_be_left_out(sign: char) -> bool {
    matches!(sign,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180d}'
        | '\u{180f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
        | '\u{e0100}'..='\u{e01ef}')
}

/// Signs whose glyph is empty according to their name: the braille blank, fillers, blanks of
/// hieroglyphs, and a note without a head.
const fn is_drawn_blank(sign: char) -> bool {
    matches!(
        sign,
        '\u{2800}' | '\u{13441}' | '\u{13442}' | '\u{16fe4}' | '\u{1d159}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A verdict cannot be misread: invisible characters are listed, and readable ones are not.
    #[test]
    fn what_draws_nothing_is_unseen() {
        for sign in "\0\t\n\u{7f}\u{85}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180b}\u{180e}\
            \u{200b}\u{200f}\u{2028}\u{2029}\u{202e}\u{2060}\u{2065}\u{2069}\u{2800}\u{3164}\u{e000}\
            \u{fe0f}\u{feff}\u{ffa0}\u{fff0}\u{fff9}\u{ffff}\u{378}\u{13441}\u{16fe4}\u{1d159}\
            \u{1bca0}\u{1d173}\u{e0001}\u{e0041}\u{e01ef}\u{f0000}\u{10ffff}"
            .chars()
        {
            assert!(is_unseen(sign), "{sign:?}");
        }
        for sign in ('!'..='~').chain("éãçñ一あ한ब٥５𝟓🙂·–\u{332}\u{a0}\u{3000} ".chars())
        {
            assert!(!is_unseen(sign), "{sign:?}");
        }
    }

    #[test]
    fn a_mark_needs_something_to_stand_on() {
        for (text, expected) in [
            ("x\u{332}\u{301}", None),
            ("ब\u{93e}", None),
            ("\u{332}x", Some('\u{332}')),
            ("x \u{332}", Some('\u{332}')),
            ("x\u{a0}\u{20dd}", Some('\u{20dd}')),
            ("\u{93e}", Some('\u{93e}')),
            ("x\u{200b}\u{332}", Some('\u{200b}')),
            ("x\u{2028}\t ", None),
        ] {
            assert_eq!(unseen(text), expected, "{text:?}");
        }
    }
}

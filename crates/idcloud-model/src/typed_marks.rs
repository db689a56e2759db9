//! The marks that people put between digits, and characters that cannot be seen.
//!
//! Must never call a digit or a letter a mark.

/// A mark that may stand between the digits of a number: a space, a hyphen or a dot, in the forms that keyboards, editors and spreadsheets
/// write (General Punctuation and the full-width forms of Unicode).
pub(crate) const fn is_between_digits(c: char) -> bool {
    is_space(c) || is_hyphen(c) || is_dot(c)
}

const fn is_space(c: char) -> bool {
    matches!(
        c,
        ' ' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

const fn is_hyphen(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{af}' | '\u{2d7}' | '\u{58a}' | '\u{5be}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{203e}'
                | '\u{2043}'
                | '\u{207b}'
                | '\u{208b}'
                | '\u{2212}'
                | '\u{2500}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff0d}'
                | '\u{ffe3}'
    )
}

const fn is_dot(c: char) -> bool {
    matches!(
        c,
        '.' | '\u{b7}'
            | '\u{387}'
            | '\u{6d4}'
            | '\u{2022}'
            | '\u{2024}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22c5}'
            | '\u{2e31}'
            | '\u{2e33}'
            | '\u{3002}'
            | '\u{30fb}'
            | '\u{fe52}'
            | '\u{ff0e}'
            | '\u{ff65}'
    )
}

/// Whether a character leaves no trace on paper and is no white space: controls, and Unicode's blank or zero-width characters.
pub(crate) fn is_unseen(c: char) -> bool {
    let blank = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}');
    blank || (c.is_control() && !c.is_whitespace())
}

/// The first character of a text that cannot be seen.
pub(crate) fn unseen(text: &str) -> Option<char> {
    text.chars().find(|c| is_unseen(*c))
}

/// The first blank of a text that looks like an ordinary one and is none, such as a no-break space.
pub(crate) fn odd_blank(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_whitespace() && !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing that can be read is passed over or called unseen.
    #[test]
    fn what_can_be_read_is_neither() {
        for c in ('0'..='9')
            .chain('A'..='Z')
            .chain('a'..='z')
            .chain("éãçñ+()/,_@".chars())
        {
            assert!(!is_between_digits(c) && !is_unseen(c), "{c}");
        }
        for c in " -.\u{2011}\u{2013}\u{a0}\u{202f}\u{b7}".chars() {
            assert!(is_between_digits(c) && !is_unseen(c), "{c:?}");
        }
        for c in "\u{200b}\u{feff}\u{202a}\u{202c}\u{ad}\u{0}".chars() {
            assert!(is_unseen(c) && !is_between_digits(c), "{c:?}");
        }
    }
}

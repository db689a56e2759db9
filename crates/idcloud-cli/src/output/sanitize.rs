//! Sanitizes untrusted text for a terminal: control characters and invisible ones become U+FFFD.
//!
//! Must not let the text control the terminal: an answer or a file's name may hold escape
//! sequences.

use idcloud_model::seen_where_it_stands;

/// The text with U+FFFD for every character that is not visible in its place.
pub(crate) fn harmless(text: &str) -> String {
    seen_where_it_stands(text)
        .map(|(sign, is_seen)| if is_seen { sign } else { '\u{fffd}' })
        .collect()
}

/// The same for a text of several lines, whose line ends stay.
pub(crate) fn harmless_lines(text: &str) -> String {
    seen_where_it_stands(text)
        .map(|(sign, is_seen)| {
            if is_seen || sign == '\n' {
                sign
            } else {
                '\u{fffd}'
            }
        })
        .collect()
}

/// An untrusted word for use within a line: in quotes unless it consists of letters, digits and the
/// signs of names.
pub(crate) fn one_word(text: &str) -> String {
    let shown = harmless(text);
    if !shown.is_empty() && shown.chars().all(is_of_a_name) {
        shown
    } else {
        format!("\"{}\"", shown.replace('\\', r"\\").replace('"', "\\\""))
    }
}

/// Letters and digits of all scripts, with their marks, and the signs that separate the words of a
/// name.
fn is_of_a_name(sign: char) -> bool {
    match sign {
        '-' | '_' | '.' | '/' | ':' | '#' | '@' | '+' | '=' | ',' => true,
        sign if sign.is_ascii() => sign.is_ascii_alphanumeric(),
        sign => sign.is_alphanumeric(),
    }
}

/// A path quoted for a shell, for the command in a remedy. `None` if it holds a character that a
/// terminal would not show.
pub(crate) fn shell_word(text: &str) -> Option<String> {
    let is_bare = |sign: char| sign.is_ascii_alphanumeric() || "-_./:,@+=".contains(sign);
    if seen_where_it_stands(text).any(|(_, is_seen)| !is_seen) {
        return None;
    }
    Some(if text.chars().all(is_bare) && !text.starts_with('-') {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_controls_a_terminal_gets_through() {
        assert_eq!(
            harmless("a\u{1b}[2Jb\u{202e}\n\u{200b}\u{9b}"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}\u{fffd}\u{fffd}"
        );
        assert_eq!(harmless_lines("a\u{1b}\nb"), "a\u{fffd}\nb");
        assert_eq!(harmless("a\u{2800}b\u{e000}"), "a\u{fffd}b\u{fffd}");
        assert_eq!(
            harmless("\u{338}a \u{338}b\u{338}"),
            "\u{fffd}a \u{fffd}b\u{338}"
        );
        assert_eq!(harmless("Conceição.jpg"), "Conceição.jpg");
    }

    /// A verdict cannot be misread: text that a person chose does not look like a column of the
    /// table.
    #[test]
    fn a_word_that_is_no_name_stands_in_quotes() {
        for (word, shown) in [
            ("order-7", "order-7"),
            (
                "order-7  SIMULATED: approve (identity-yes)",
                "\"order-7  SIMULATED: approve (identity-yes)\"",
            ),
            ("a\u{a0}b", "\"a\u{a0}b\""),
            ("a\u{3000}\"b", "\"a\u{3000}\\\"b\""),
            (
                "order-7\u{2800}\u{2800}reject\u{2800}(identity-no)",
                "\"order-7\u{fffd}\u{fffd}reject\u{fffd}(identity-no)\"",
            ),
            ("reject(identity-no)", "\"reject(identity-no)\""),
            ("order-7│reject", "\"order-7│reject\""),
            (r"a\b", r#""a\\b""#),
            ("", "\"\""),
            ("ação", "ação"),
            ("2026/11/30:#7,a+b=c@d_e.f", "2026/11/30:#7,a+b=c@d_e.f"),
        ] {
            assert_eq!(one_word(word), shown);
        }
    }

    #[test]
    fn a_command_with_a_path_is_one_command() {
        for (path, word) in [
            ("vol/key.pem", Some("vol/key.pem")),
            ("a; rm b", Some("'a; rm b'")),
            ("it's", Some(r"'it'\''s'")),
            ("$(reboot)", Some("'$(reboot)'")),
            ("-rf", Some("'-rf'")),
            ("\u{1b}[31mkey.pem", None),
            ("key\n.pem", None),
        ] {
            assert_eq!(shell_word(path).as_deref(), word);
        }
    }
}

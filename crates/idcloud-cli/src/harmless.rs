//! Text of others on a terminal.
//!
//! Never lets it control the terminal: an answer or a file's name may hold escape sequences.

/// The text with every control and format character replaced.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .map(|sign| if is_invisible(sign) { '\u{fffd}' } else { sign })
        .collect()
}

/// The same for a text of several lines, whose ends of lines stay.
pub(crate) fn harmless_lines(text: &str) -> String {
    text.chars()
        .map(|sign| match sign {
            '\n' => sign,
            sign if is_invisible(sign) => '\u{fffd}',
            sign => sign,
        })
        .collect()
}

/// A word of others within a line: in quotes where it could be taken for more than one word.
pub(crate) fn one_word(text: &str) -> String {
    let shown = harmless(text);
    if shown.contains(|sign: char| sign.is_whitespace() || sign == '"') {
        format!("\"{}\"", shown.replace('\\', r"\\").replace('"', "\\\""))
    } else {
        shown
    }
}

/// A path as a shell takes it, for a command that a remedy gives. Nothing where it holds what a terminal would not show.
pub(crate) fn shell_word(text: &str) -> Option<String> {
    let is_bare = |sign: char| sign.is_ascii_alphanumeric() || "-_./:,@+=".contains(sign);
    if text.contains(is_invisible) {
        return None;
    }
    Some(if text.chars().all(is_bare) && !text.starts_with('-') {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    })
}

/// Whether a character controls a terminal, or leaves nothing to be seen.
pub(crate) fn is_invisible(sign: char) -> bool {
    sign.is_control()
        || matches!(sign,
            '\u{ad}' | '\u{61c}' | '\u{feff}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
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
        assert_eq!(harmless("Conceição.jpg"), "Conceição.jpg");
    }

    /// A verdict cannot be misread: what a person chose is not taken for a column of the table.
    #[test]
    fn a_word_with_blanks_stands_in_quotes() {
        for (word, shown) in [
            ("order-7", "order-7"),
            (
                "order-7  SIMULATED: approve (identity-yes)",
                "\"order-7  SIMULATED: approve (identity-yes)\"",
            ),
            ("a\u{a0}b", "\"a\u{a0}b\""),
            ("a\u{3000}\"b", "\"a\u{3000}\\\"b\""),
            ("ação", "ação"),
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

//! Text of others on a terminal.
//!
//! Never lets it control the terminal: an answer or a file's name may hold escape sequences.

/// The text with every control character replaced.
pub(crate) fn harmless(text: &str) -> String {
    let invisible =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| if invisible(c) { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_controls_a_terminal_gets_through() {
        assert_eq!(
            harmless("a\u{1b}[2Jb\u{202e}\n"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}"
        );
        assert_eq!(harmless("Conceição.jpg"), "Conceição.jpg");
    }
}

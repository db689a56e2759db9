//! Wraps lines between words, so that a terminal does not break them within one.
//!
//! Must not change a line that fits, nor break a word: users copy ids and paths.

/// The longest label, such as `error:`, whose text is aligned beside it.
const LABEL: usize = 9;

/// The fewest columns for text beside an indentation.
const ROOM: usize = 24;

/// The text wrapped for a terminal of `columns` columns.
pub(crate) fn folded(text: &str, columns: usize) -> String {
    text.split_inclusive('\n')
        .map(|line| fold(line, columns))
        .collect()
}

fn fold(line: &str, columns: usize) -> String {
    let indent = indent(line, columns);
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    for (at, word) in line.split(' ').enumerate() {
        let width = width(word);
        if at > 0 {
            if column + 1 + width > columns && column > indent {
                while out.ends_with(' ') {
                    out.pop();
                }
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
                column = indent;
            } else {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(word);
        column += width;
    }
    out
}

/// The indentation of continuation lines: below the value of `name    value`, beside a label, or
/// two columns to the right.
fn indent(line: &str, columns: usize) -> usize {
    let line = plain(line);
    let leading = line.len() - line.trim_start().len();
    let label = line
        .find(": ")
        .filter(|end| *end < LABEL)
        .map(|end| end + 2);
    let value = || {
        let text = line.get(leading..)?;
        let gap = text.rfind("  ")? + 2;
        let before = text.get(..gap)?;
        Some(leading + before.chars().count())
    };
    label
        .or_else(value)
        .filter(|indent| indent + ROOM <= columns)
        .unwrap_or(leading + 2)
}

/// The width of a word in columns, without its colour codes.
fn width(word: &str) -> usize {
    plain(word).trim_end().chars().count()
}

/// The text without colours.
fn plain(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let mut plain: String = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        let text = "  a   b  c\n\n1234567890\n";
        assert_eq!(folded(text, 10), text);
        let coloured = "\x1b[1;31merror:\x1b[0m a b\n";
        assert_eq!(folded(coloured, 10), coloured);
    }

    /// A continuation line stands below the value to which it belongs.
    #[test]
    fn lines_go_on_below_their_value() {
        let text = "  name     a value of many words that is too long for it\n";
        assert_eq!(
            folded(text, 40),
            "  name     a value of many words that is\n           too long for it\n"
        );
        let text = "\x1b[1;31merror:\x1b[0m it is a long story, which goes on and on\n";
        assert_eq!(
            folded(text, 40),
            "\x1b[1;31merror:\x1b[0m it is a long story, which goes on\n       and on\n"
        );
        let text = "some/file.png: ok (with much to say about it)\n";
        assert_eq!(
            folded(text, 30),
            "some/file.png: ok (with much\n  to say about it)\n"
        );
    }

    #[test]
    fn a_word_is_never_broken() {
        let word = "0123456789".repeat(3);
        let text = format!("id  {word} {word}");
        assert_eq!(folded(&text, 20), format!("id\n  {word}\n  {word}"));
    }

    proptest::proptest! {
        /// Wrapping loses no word and adds none.
        #[test]
        fn the_words_stay(text in "[a-zé :]{0,200}", columns in 1_usize..100) {
            let before: Vec<&str> = text.split_whitespace().collect();
            let after = folded(&text, columns);
            assert_eq!(after.split_whitespace().collect::<Vec<_>>(), before);
        }
    }
}

//! A text file's bytes, as an editor, a spreadsheet or a shell saved them.
//!
//! Must not copy the text, nor repeat it.

/// Decodes bytes as UTF-8 text, without the byte order mark that Windows programs put before it.
///
/// Every text file from a person is read by this one function, so that all are accepted alike.
///
/// ```
/// use idcloud_model::{SavedTextError, saved_text};
///
/// assert_eq!(saved_text(b"\xef\xbb\xbf52998224725"), Ok("52998224725"));
/// assert_eq!(saved_text(b"\xff\xfe5\x002\x00"), Err(SavedTextError::Utf16));
/// ```
///
/// # Errors
/// The bytes are UTF-16, with or without its mark, or not Unicode.
pub fn saved_text(bytes: &[u8]) -> Result<&str, SavedTextError> {
    if is_utf16(bytes) {
        return Err(SavedTextError::Utf16);
    }
    str::from_utf8(without_mark(bytes)).map_err(|_| SavedTextError::NotUtf8)
}

/// The bytes after a UTF-8 byte order mark; all of them if there is none.
///
/// For readers of a stream, and of texts whose encoding is checked elsewhere; all others use
/// [`saved_text`].
#[must_use]
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Why bytes are no readable text. Never holds any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SavedTextError {
    /// UTF-16, as PowerShell's `>` and the editors' "Unicode" write it.
    #[error("is in UTF-16 (Windows' \"Unicode\"); save it as UTF-8")]
    Utf16,
    /// Neither UTF-8 nor UTF-16.
    #[error("is not text in UTF-8; save it as UTF-8")]
    NotUtf8,
}

/// By the mark, or without one by the zero bytes of the first two letters.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xff, 0xfe, ..]
            | [0xfe, 0xff, ..]
            | [1..=255, 0, 1..=255, 0, ..]
            | [0, 1..=255, 0, 1..=255, ..]
    ) && bytes.len().is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_encodings() {
        let utf16 = Err(SavedTextError::Utf16);
        for (bytes, expected) in [
            (&b""[..], Ok("")),
            (b"\xef\xbb\xbf", Ok("")),
            (b"\xef\xbb\xbfJo\xc3\xa3o", Ok("João")),
            (b"Jo\xc3\xa3o", Ok("João")),
            (b"Jo\xe3o", Err(SavedTextError::NotUtf8)),
            (b"\xef\xbbx", Err(SavedTextError::NotUtf8)),
            (b"\xff\xfe{\0}\0", utf16),
            (b"\xfe\xff\0{\0}", utf16),
            (b"{\0}\0", utf16),
            (b"\0{\0}", utf16),
        ] {
            assert_eq!(saved_text(bytes), expected, "{bytes:?}");
        }
        // The first mark is a mark; a second one is a character.
        assert_eq!(saved_text(b"\xef\xbb\xbf\xef\xbb\xbfa"), Ok("\u{feff}a"));
    }
}

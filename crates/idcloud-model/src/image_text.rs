//! Base64 of a picture, in whatever form people have it.
//!
//! Must never leave a copy behind that nobody wipes, and never grow a buffer, which would.

use std::hint::black_box;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

const EITHER_PADDING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes behind base64 of either alphabet, with or without padding, line breaks and a `data:` prefix.
///
/// They are wiped when their last holder drops them. `None` for anything else.
pub(crate) fn decode(text: &str) -> Option<Bytes> {
    let text = without_prefix(text.trim())?;
    let mut standard = Wiped(Vec::with_capacity(text.len()));
    standard
        .0
        .extend(
            text.bytes()
                .filter(|byte| !byte.is_ascii_whitespace())
                .map(|byte| match byte {
                    b'-' => b'+',
                    b'_' => b'/',
                    other => other,
                }),
        );
    let mut decoded = Wiped(vec![0; base64::decoded_len_estimate(standard.0.len())]);
    let length = EITHER_PADDING
        .decode_slice(&standard.0, &mut decoded.0)
        .ok()?;
    // Sliced and not cut short, so that what lies beyond the end is wiped with the rest.
    Some(Bytes::from_owner(decoded).slice(..length))
}

/// The text behind `data:image/png;base64,`, whose words may be in any case (RFC 2397); the text itself where it has no such prefix.
fn without_prefix(text: &str) -> Option<&str> {
    const SCHEME: &str = "data:";
    const ENCODING: &str = ";base64";
    let has_scheme = text
        .get(..SCHEME.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(SCHEME));
    if !has_scheme {
        return Some(text);
    }
    let (head, data) = text.split_once(',')?;
    let encoding = head.get(head.len().checked_sub(ENCODING.len())?..)?;
    encoding.eq_ignore_ascii_case(ENCODING).then_some(data)
}

/// Bytes that are overwritten when dropped.
///
/// Not `Zeroizing`: its volatile loop takes twenty times as long, and a picture is large.
struct Wiped(Vec<u8>);

impl Wiped {
    fn wipe(&mut self) {
        self.0.fill(0);
        // Keeps the overwriting of memory that is about to be freed from being left out as useless.
        black_box(&mut self.0);
    }
}

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        self.wipe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        for (text, rest) in [
            ("AAAA", Some("AAAA")),
            ("data:image/png;base64,AAAA", Some("AAAA")),
            ("DATA:image/PNG;BASE64,AAAA", Some("AAAA")),
            ("data:;base64,AAAA", Some("AAAA")),
            ("data:image/jpeg;name=x;base64,AAAA", Some("AAAA")),
            ("data:image/png,AAAA", None),
            ("data:,AAAA", None),
            ("data:image/png;base64", None),
            ("data:", None),
            ("é", Some("é")),
        ] {
            assert_eq!(without_prefix(text), rest, "{text}");
        }
    }

    /// What is dropped is wiped, also what lies behind the last byte of the picture.
    #[test]
    fn dropping_overwrites_everything() {
        let mut wiped = Wiped(b"a picture".to_vec());
        wiped.wipe();
        assert!(wiped.0.len() == 9 && wiped.0.iter().all(|byte| *byte == 0));
        let decoded = decode("QUJD").unwrap();
        assert_eq!(decoded, "ABC");
    }

    #[test]
    fn what_is_no_base64_is_none() {
        for text in ["a", "!!!!", "data:image/png,AAAA", "AA=A", "ação"] {
            assert!(decode(text).is_none(), "{text}");
        }
    }
}

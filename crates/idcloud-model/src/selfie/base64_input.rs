//! Base64 of a picture, in any form that people have.
//!
//! Must not return other bytes than were encoded, nor leave an unwiped copy behind, so it must not
//! grow a buffer.

use std::hint::black_box;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use crate::catalogue::violation::Rule;

/// Padding is checked and removed before; leftover bits are refused, which is the engine's default.
const WITHOUT_PADDING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Why a text is not base64 of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It does not begin like base64 of a picture.
    Foreign,
    /// White space that is no line break: it may have been a `+`.
    Blank,
    /// `%2B` and the like.
    Percent,
    /// `\/`, `\n` and the like.
    Escape,
    /// Another character.
    Character,
    /// Both `+/` and `-_`.
    Alphabets,
    /// Padding in the middle, or in the wrong number.
    Padding,
    /// A character, or some of its bits, are left over.
    CutShort,
}

impl Fault {
    /// The rule that is broken; `None` if the text is no base64 at all.
    pub(crate) const fn rule(self) -> Option<Rule> {
        match self {
            Self::Foreign => None,
            Self::Blank => Some(Rule::Base64Blank),
            Self::Percent => Some(Rule::Base64Percent),
            Self::Escape => Some(Rule::Base64Escape),
            Self::Character => Some(Rule::Base64Characters),
            Self::Alphabets => Some(Rule::Base64Alphabets),
            Self::Padding => Some(Rule::Base64Padding),
            Self::CutShort => Some(Rule::Base64CutShort),
        }
    }
}

/// The bytes of base64 in either alphabet, with or without padding, line breaks, surrounding quotes
/// and a `data:` prefix.
///
/// They are wiped when their last holder drops them.
///
/// # Errors
/// The text is no base64, or was changed on its way so that it no longer encodes the original
/// bytes.
pub(crate) fn decode(text: &str) -> Result<Bytes, Fault> {
    let text = unquoted(text);
    let (is_announced, text) = without_prefix(text)?;
    let is_announced = is_announced || begins_like_a_picture(text);
    let fault = |fault| if is_announced { fault } else { Fault::Foreign };
    let standard = digits(text).map_err(fault)?;
    let mut decoded = Wiped(vec![0; base64::decoded_len_estimate(standard.0.len())]);
    let length = WITHOUT_PADDING
        .decode_slice(&standard.0, &mut decoded.0)
        .map_err(|_| fault(Fault::CutShort))?;
    // Sliced and not truncated, so that the bytes beyond the end are wiped too.
    Ok(Bytes::from_owner(decoded).slice(..length))
}

/// The text's base64 digits in the standard alphabet, without line breaks and padding.
fn digits(text: &str) -> Result<Wiped, Fault> {
    let body = text.trim_end();
    let mut standard = Wiped(Vec::with_capacity(body.len()));
    let (mut padding, mut is_standard, mut is_url_safe) = (0_usize, false, false);
    for byte in body.bytes() {
        let digit = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => byte,
            b'+' | b'/' => {
                is_standard = true;
                byte
            }
            b'-' | b'_' => {
                is_url_safe = true;
                if byte == b'-' { b'+' } else { b'/' }
            }
            b'\r' | b'\n' => continue,
            b'=' => {
                padding += 1;
                continue;
            }
            b' ' | b'\t' => return Err(Fault::Blank),
            b'%' => return Err(Fault::Percent),
            b'\\' => return Err(Fault::Escape),
            _ => return Err(Fault::Character),
        };
        if padding > 0 {
            return Err(Fault::Padding);
        }
        standard.0.push(digit);
    }
    if is_standard && is_url_safe {
        return Err(Fault::Alphabets);
    }
    let missing = (4 - standard.0.len() % 4) % 4;
    match (missing, padding) {
        (3, _) => return Err(Fault::CutShort),
        (_, 0) => {}
        (missing, padding) if missing == padding => {}
        _ => return Err(Fault::Padding),
    }
    // Blanks at the end may have been digits as well, unless the groups of four are complete
    // without them.
    let is_full = missing == padding;
    let end = text.get(body.len()..).unwrap_or_default();
    if !is_full && end.contains([' ', '\t']) {
        return Err(Fault::Blank);
    }
    Ok(standard)
}

/// A slash as it is written in URLs and forms (escaped once and twice), JSON (once and twice) and
/// HTML.
const WRITTEN_SLASHES: [&str; 9] = [
    "%2f", "%252f", r"\/", r"\\/", r"\u002f", r"\x2f", "&#x2f;", "&#47;", "&sol;",
];

/// Whether a text begins like base64 of a JPEG, a PNG or a WebP, with the slash in any of these
/// forms.
fn begins_like_a_picture(text: &str) -> bool {
    let without_slash = || {
        WRITTEN_SLASHES
            .iter()
            .find_map(|slash| without_start(text, slash))
    };
    ["/9j", "_9j", "iVBORw0KGgo", "UklGR"]
        .iter()
        .any(|start| text.starts_with(start))
        || without_slash().is_some_and(|rest| rest.starts_with("9j"))
}

/// The text after an ASCII prefix, whose case is ignored.
fn without_start<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(rest)
}

/// The text between quotes, as in JSON or a shell's variable; the text itself without them.
///
/// Trailing white space stays: it is checked together with the digits before it.
fn unquoted(text: &str) -> &str {
    between_quotes(text).unwrap_or(text).trim_start()
}

/// The content of a quoted text; `None` if it is not quoted.
pub(crate) fn between_quotes(text: &str) -> Option<&str> {
    let text = text.trim();
    ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
}

/// The text after `data:image/png;base64,`, in any case (RFC 2397), and whether there was such a
/// prefix.
///
/// # Errors
/// The prefix announces another encoding, or is percent-encoded.
fn without_prefix(text: &str) -> Result<(bool, &str), Fault> {
    const ENCODING: &str = ";base64";
    if ["data%3a", "data%253a"]
        .iter()
        .any(|start| without_start(text, start).is_some())
    {
        return Err(Fault::Percent);
    }
    let Some(url) = without_start(text, "data:") else {
        return Ok((false, text));
    };
    let (head, data) = url.split_once(',').unwrap_or((url, ""));
    let is_base64 = head
        .len()
        .checked_sub(ENCODING.len())
        .and_then(|at| head.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case(ENCODING));
    if is_base64 && url.contains(',') {
        Ok((true, data.trim_start()))
    } else if head.contains("%3B") || head.contains("%3b") || head.contains(";base64%") {
        Err(Fault::Percent)
    } else {
        Err(Fault::Foreign)
    }
}

/// Bytes that are overwritten when dropped.
///
/// Not `Zeroizing`: its volatile loop takes twenty times as long, and a picture is large.
struct Wiped(Vec<u8>);

impl Wiped {
    fn wipe(&mut self) {
        self.0.fill(0);
        // Keeps the compiler from removing the overwrite of memory that is about to be freed.
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
            ("AAAA", Ok((false, "AAAA"))),
            ("data:image/png;base64,AAAA", Ok((true, "AAAA"))),
            ("DATA:image/PNG;BASE64,AAAA", Ok((true, "AAAA"))),
            ("data:;base64,AAAA", Ok((true, "AAAA"))),
            ("data:image/jpeg;name=x;base64, AAAA", Ok((true, "AAAA"))),
            ("data:image\\/jpeg;base64,AAAA", Ok((true, "AAAA"))),
            ("data:image%2Fjpeg;base64,AAAA", Ok((true, "AAAA"))),
            ("data:image/png,AAAA", Err(Fault::Foreign)),
            ("data:,AAAA", Err(Fault::Foreign)),
            ("data:image/png;base64", Err(Fault::Foreign)),
            ("data:", Err(Fault::Foreign)),
            ("data%3Aimage%2Fjpeg%3Bbase64%2C%2F9j", Err(Fault::Percent)),
            ("Data%253aimage%252Fjpeg", Err(Fault::Percent)),
            ("data:image%2Fjpeg%3Bbase64,/9j", Err(Fault::Percent)),
            ("data:image/jpeg;base64%2C%2F9j", Err(Fault::Percent)),
            ("é", Ok((false, "é"))),
        ] {
            assert_eq!(without_prefix(text), rest, "{text}");
        }
    }

    /// Dropped memory is wiped, also beyond the last byte of the picture.
    #[test]
    fn dropping_overwrites_everything() {
        let mut wiped = Wiped(b"a picture".to_vec());
        wiped.wipe();
        assert!(wiped.0.len() == 9 && wiped.0.iter().all(|byte| *byte == 0));
        let decoded = decode("QUJD").unwrap();
        assert_eq!(decoded, "ABC");
    }

    #[test]
    fn what_is_no_base64_is_foreign() {
        for text in [
            "a",
            "!!!!",
            "%2F9",
            r"\/8j",
            "%2Fetc%2Fx",
            "data:image/png,AAAA",
            "AA=A",
            "ação",
            "AA AA",
        ] {
            assert_eq!(decode(text), Err(Fault::Foreign), "{text}");
        }
    }

    /// The decoded bytes equal the encoded ones, or the cause is named: a picture with other bytes
    /// would be billed.
    #[test]
    fn what_was_changed_on_its_way_is_named() {
        for (text, expected) in [
            ("/9j/+A==", Ok(&b"\xff\xd8\xff\xf8"[..])),
            ("/9j/+A", Ok(b"\xff\xd8\xff\xf8")),
            ("_9j_-A", Ok(b"\xff\xd8\xff\xf8")),
            ("/9j/\r\n+A==\r\n", Ok(b"\xff\xd8\xff\xf8")),
            ("/9j/+A== ", Ok(b"\xff\xd8\xff\xf8")),
            ("/9j/ ", Ok(b"\xff\xd8\xff")),
            ("\"/9j/+A==\"\n", Ok(b"\xff\xd8\xff\xf8")),
            ("'/9j/'", Ok(b"\xff\xd8\xff")),
            ("data:image/jpeg;base64, /9j/", Ok(b"\xff\xd8\xff")),
            ("/9j/ A==", Err(Fault::Blank)),
            ("/9j/\n A==", Err(Fault::Blank)),
            ("/9j/\tAAA", Err(Fault::Blank)),
            ("/9j/AA ", Err(Fault::Blank)),
            ("/9j/AAA \n", Err(Fault::Blank)),
            ("/9j%2FAA%3D%3D", Err(Fault::Percent)),
            ("%2F9j%2FAAA%3D", Err(Fault::Percent)),
            ("%2f9j%2fAA", Err(Fault::Percent)),
            ("%252F9j%252FAA", Err(Fault::Percent)),
            ("iVBORw0KGgo%2FAA", Err(Fault::Percent)),
            ("\"%2F9j%2FAA\"", Err(Fault::Percent)),
            (r"\/9j\/AA", Err(Fault::Escape)),
            (r"\\/9j\\/AA", Err(Fault::Escape)),
            (r"\u002f9j\u002FAA", Err(Fault::Escape)),
            (r"\u002F9j\u002FAA", Err(Fault::Escape)),
            (r"/9j\/AA", Err(Fault::Escape)),
            (r"UklGR\u002bAA", Err(Fault::Escape)),
            (r#""\/9j\/AA""#, Err(Fault::Escape)),
            (r"data:image\/jpeg;base64,\/9j\/AA", Err(Fault::Escape)),
            ("&#x2F;9j&#x2F;AA", Err(Fault::Character)),
            ("&#47;9j&#47;AA", Err(Fault::Character)),
            ("/9j/+A-A", Err(Fault::Alphabets)),
            ("_9j/AAAA", Err(Fault::Alphabets)),
            ("/9j/AA==AAAA", Err(Fault::Padding)),
            ("/9j/AA=", Err(Fault::Padding)),
            ("/9j/AAA==", Err(Fault::Padding)),
            ("/9j/=", Err(Fault::Padding)),
            ("/9j/====", Err(Fault::Padding)),
            ("/9j/A", Err(Fault::CutShort)),
            ("/9j/A===", Err(Fault::CutShort)),
            ("/9j/AB==", Err(Fault::CutShort)),
            ("/9j/AB", Err(Fault::CutShort)),
            ("/9j/\\nAAAA", Err(Fault::Escape)),
            ("/9j/\u{200b}AAAA", Err(Fault::Character)),
            ("/9j/\u{a0}AAAA", Err(Fault::Character)),
            ("data:image/png;base64,AA AA", Err(Fault::Blank)),
        ] {
            assert_eq!(decode(text).as_deref(), expected.as_deref(), "{text:?}");
        }
    }
}

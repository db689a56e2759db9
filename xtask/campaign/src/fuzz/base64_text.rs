//! Base64 of pictures in every accepted form, compared with a decoder of our own that works digit
//! by digit.
//!
//! Must not use the decoder that it judges, nor the library behind it.

use bytes::Bytes;
use idcloud_model::Image;

/// A PNG, a WebP and a JPEG header, each in another form: a prefix, line breaks, no padding, the
/// URL-safe alphabet.
pub(super) const TEXTS: &[&str] = &[
    "iVBORw0KGgoAAAANSUhEUgAAAtAAAAPACAIAAAA=",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAtAAAAPACAIAAAA=",
    "DATA:image/webp;BASE64,UklGRgAAAABXRUJQVlA4IAAAAAAAAACdASqAAuAB",
    "iVBORw0KGgoAAAAN\r\nSUhEUgAAAtAAAAPACAIAAAA",
    "_9j_4AAQSkZJRgABAQAAAQABAAD_wAARCAPAAtADASIAAhEBAxEB",
    "/9j/4AAQSkZJRgABAQAAAQABAAD/\nwAARCAPAAtADASIAAhEBAxEB\n",
    "\"/9j/4AAQSkZJRgABAQAAAQABAAD/wAARCAPAAtADASIAAhEBAxEB\"\n",
];

/// The first bytes of picture files; an input that begins with them is not base64.
const FILES: [&[u8]; 3] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF"];

/// An accepted text gives the bytes that it encodes.
pub(super) fn read(input: &[u8]) -> Result<String, String> {
    let taken = Image::from_input(Bytes::copy_from_slice(input));
    if let Ok(image) = &taken
        && !FILES.iter().any(|file| input.starts_with(file))
    {
        match decoded(input) {
            Some(bytes) if bytes == **image.bytes() => {}
            Some(_) => return Err("base64 was taken for other bytes than it stands for".to_owned()),
            None => return Err("something was taken for base64 that is none".to_owned()),
        }
    }
    Ok(format!("{taken:?}"))
}

/// Decodes RFC 4648, sections 4 and 5, digit by digit. Skips line breaks; quotes around the text;
/// white space, a byte order mark and a `data:` prefix (RFC 2397) before it; and white space after
/// it, if the digits are whole groups of four.
fn decoded(input: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(input).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let quoted = |quote: char| text.trim().strip_prefix(quote)?.strip_suffix(quote);
    let text = quoted('"').or_else(|| quoted('\'')).unwrap_or(text);
    let text = text.trim_start();
    let is_url = text.len() > 4
        && text
            .as_bytes()
            .iter()
            .zip(b"data:")
            .all(|(a, b)| a.eq_ignore_ascii_case(b));
    let text = match text.find(',') {
        Some(comma) if is_url => text.get(comma + 1..)?,
        _ => text,
    };
    let body = text.trim();
    let is_blank_behind = text.trim_start().len() > body.len()
        && text.trim_start().get(body.len()..)?.contains([' ', '\t']);
    let mut digits = body.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n'));
    let (mut bytes, mut held, mut bits, mut count) = (Vec::new(), 0_u32, 0_u32, 0_u32);
    let (mut padding, mut alphabets) = (0, [false; 2]);
    for digit in digits.by_ref() {
        let [standard, url_safe] = &mut alphabets;
        *standard |= matches!(digit, b'+' | b'/');
        *url_safe |= matches!(digit, b'-' | b'_');
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                padding = 1;
                break;
            }
            _ => return None,
        };
        count += 1;
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    for digit in digits {
        if digit != b'=' {
            return None;
        }
        padding += 1;
    }
    // The remaining bits must be zero. Padding must be absent, or fill a group of four digits.
    let is_whole = count % 4 != 1 && held == 0 && alphabets != [true; 2];
    let missing = (4 - count % 4) % 4;
    let is_padded = padding == missing;
    (is_whole && (is_padded || padding == 0 && !is_blank_behind)).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 4648, section 10, and texts that are not base64.
    #[test]
    fn the_decoder_that_judges_is_right() {
        for (text, expected) in [
            ("", Some("")),
            ("Zg==", Some("f")),
            ("Zm8=", Some("fo")),
            ("Zm9v", Some("foo")),
            ("Zm9vYg==", Some("foob")),
            ("Zm9vYmE=", Some("fooba")),
            ("Zm9vYmFy", Some("foobar")),
            ("data:a;base64,Zm8", Some("fo")),
            (" Zm\r\n8\n", Some("fo")),
            ("\u{feff}\"Zm8=\" ", Some("fo")),
            ("Zm8= ", Some("fo")),
            ("Zm8 ", None),
            ("Zm 8", None),
            ("Zm\t8", None),
            ("-w+w", None),
            ("Z", None),
            ("Zh==", None),
            ("Zg=", None),
            ("Zg===", None),
            ("Zg==Zg==", None),
            ("Zm9v====", None),
            ("Zm.v", None),
        ] {
            let bytes = decoded(text.as_bytes());
            assert_eq!(bytes.as_deref(), expected.map(str::as_bytes), "{text}");
        }
        assert_eq!(decoded(b"-_-_"), decoded(b"+/+/"));
        assert_eq!(decoded(b"-_-_").as_deref(), Some(&b"\xfb\xff\xbf"[..]));
    }

    /// Every promised form is accepted: otherwise nothing would be compared.
    #[test]
    fn every_form_is_taken() {
        for text in TEXTS {
            let taken = Image::from_input(Bytes::from_static(text.as_bytes()));
            assert!(taken.is_ok(), "{text}: {taken:?}");
        }
    }
}

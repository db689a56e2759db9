//! The rules for `imageBase64`: a plain picture or a capture of the SDK.
//!
//! Must not keep the picture; of a capture only its use is remembered.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use idcloud_model::limits;

use crate::core::process::single_use::Used;
use crate::core::wire::error_catalogue::Refusal;
use crate::core::wire::image::{self, Unreadable};
use crate::setup::capture::{self, CaptureFault, Face, ReadCapture};

const DATA_PREFIX: &str = "data:";

/// A selfie that passed every check.
#[derive(Debug)]
pub(crate) enum Selfie {
    /// A plain picture: it cannot prove that a person was present.
    Image,
    /// A capture of the SDK, to be marked as used once the request is accepted.
    Capture(ReadCapture),
}

impl Selfie {
    /// What the camera saw, as far as the SDK recorded it.
    pub(crate) fn face(&self) -> Option<Face> {
        match self {
            Self::Image => None,
            Self::Capture(capture) => Some(capture.face),
        }
    }
}

/// Checks the text of `imageBase64`. `capture_only`: the key refuses plain pictures; `used`:
/// earlier captures.
pub(crate) fn inspect(
    text: &str,
    capture_only: bool,
    used: &Used,
    now: SystemTime,
) -> Result<Selfie, Refusal> {
    if is_token(text) {
        return inspect_capture(text, used, now).map(Selfie::Capture);
    }
    short_enough(text)?;
    if capture_only {
        return Err(Refusal::INVALID_CAPTURE);
    }
    inspect_pixels(text)?;
    Ok(Selfie::Image)
}

/// Checks the base64 of any plain picture: a reference's or a document's.
pub(crate) fn inspect_image(text: &str) -> Result<(), Refusal> {
    short_enough(text)?;
    inspect_pixels(text)
}

/// Whether the text has the form of a token: three or five base64url parts between dots. The base64
/// of a picture has no dot.
fn is_token(text: &str) -> bool {
    let is_part = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    matches!(text.bytes().filter(|byte| *byte == b'.').count(), 2 | 4)
        && text.split('.').all(is_part)
}

fn inspect_capture(token: &str, used: &Used, now: SystemTime) -> Result<ReadCapture, Refusal> {
    let capture = capture::read(token, now).map_err(|fault| match fault {
        CaptureFault::Foreign => Refusal::INVALID_CAPTURE,
        CaptureFault::Expired => Refusal::EXPIRED_CAPTURE,
    })?;
    if used.contains(&capture.signature) {
        return Err(Refusal::USED_CAPTURE);
    }
    large_enough(capture.width, capture.height)?;
    Ok(capture)
}

/// The text's length is checked first, as a gateway would.
fn short_enough(text: &str) -> Result<(), Refusal> {
    if text.len() > limits::MAX_BASE64_CHARS {
        return Err(Refusal::IMAGE_TOO_LARGE);
    }
    Ok(())
}

/// Checks the alphabet, the format, the number of pixels, and the completeness of the file.
fn inspect_pixels(text: &str) -> Result<(), Refusal> {
    // The published cause of 20505 includes a wrong prefix.
    if text.starts_with(DATA_PREFIX) {
        return Err(Refusal::NOT_AN_IMAGE);
    }
    let bytes = STANDARD.decode(text).map_err(|_| Refusal::INVALID_IMAGE)?;
    let size = image::probe(&bytes).map_err(|unreadable| match unreadable {
        Unreadable::Foreign => Refusal::NOT_AN_IMAGE,
        Unreadable::Broken => Refusal::INVALID_IMAGE,
    })?;
    large_enough(size.width, size.height)?;
    if !image::is_whole(&bytes) {
        return Err(Refusal::INVALID_IMAGE);
    }
    Ok(())
}

fn large_enough(width: u32, height: u32) -> Result<(), Refusal> {
    let enough = width.max(height) >= limits::MIN_LONGER_SIDE
        && width.min(height) >= limits::MIN_SHORTER_SIDE;
    if enough {
        Ok(())
    } else {
        Err(Refusal::IMAGE_TOO_SMALL)
    }
}

#[cfg(test)]
mod tests {
    use super::image::tests::png_of as head_of;
    use super::*;
    use crate::sample_png;

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        sample_png(width, height, b"")
    }

    fn code(text: &str, capture_only: bool) -> &'static str {
        inspect(text, capture_only, &Used::default(), SystemTime::UNIX_EPOCH)
            .map_or_else(|refusal| refusal.code, |_| "")
    }

    /// Every rule of a plain picture has its own code.
    #[test]
    fn each_rule_has_its_code() {
        let good = STANDARD.encode(png_of(640, 480));
        assert_eq!(code(&good, false), "");
        assert_eq!(code(&STANDARD.encode(png_of(480, 640)), false), "");
        assert_eq!(code(&STANDARD.encode(png_of(639, 480)), false), "20807");
        assert_eq!(code(&STANDARD.encode(png_of(900, 479)), false), "20807");
        assert_eq!(code(&STANDARD.encode("hello, world"), false), "20505");
        assert_eq!(
            code(&format!("data:image/png;base64,{good}"), false),
            "20505"
        );
        assert_eq!(code(&STANDARD.encode(png_of(0, 0)), false), "20900");
        assert_eq!(code(&STANDARD.encode(head_of(640, 480)), false), "20900");
        assert_eq!(code("<script>", false), "20900");
        assert_eq!(
            code(good.trim_end_matches('=').get(1..).unwrap(), false),
            "20900"
        );
        assert_eq!(code("not.a.capture", false), "10506");
        assert_eq!(code("no.token", false), "20900");
        assert_eq!(code("no. token. either", false), "20900");
        assert_eq!(code(&good, true), "10506");
    }

    /// 819,200 characters are allowed, four more are not, and the size is checked before the
    /// content.
    #[test]
    fn the_limit_is_inclusive() {
        let mut bytes = png_of(640, 480);
        bytes.resize(limits::MAX_BASE64_CHARS / 4 * 3, 0);
        assert_eq!(code(&STANDARD.encode(&bytes), false), "");
        bytes.push(0);
        assert_eq!(code(&STANDARD.encode(&bytes), false), "20506");
        assert_eq!(
            code(&"?".repeat(limits::MAX_BASE64_CHARS + 1), false),
            "20506"
        );
    }
}

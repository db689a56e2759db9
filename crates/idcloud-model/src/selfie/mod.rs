//! The selfie of a process: a plain image or a capture token.
//!
//! Must not confuse the two: only a capture token's liveness is checked.

pub(crate) mod base64_input;
pub(crate) mod capture_result;
pub(crate) mod capture_token;
pub(crate) mod image;

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::catalogue::violation::Violations;
use crate::saved_text::saved_text;
use crate::selfie::image::Place;
use crate::{CaptureToken, Image};

/// The selfie.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selfie {
    /// A plain picture: liveness is not checked, not even passively (Onboarding page).
    Image(Image),
    /// The capture SDK's token: liveness is checked if the key has it.
    CaptureToken(CaptureToken),
}

/// The kind of selfie that was sent, if it is known.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelfieKind {
    /// A plain picture.
    Image,
    /// A capture token.
    CaptureToken,
    /// Unknown, as for a process that another program created.
    #[default]
    Unknown,
}

impl SelfieKind {
    /// The name: `image`, `capture-token` or `unknown`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::CaptureToken => "capture-token",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for SelfieKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no kind of selfie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of selfie; give image, capture-token or unknown")]
pub struct UnknownSelfieKind;

impl FromStr for SelfieKind {
    type Err = UnknownSelfieKind;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let name = name.trim();
        [Self::Image, Self::CaptureToken, Self::Unknown]
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(UnknownSelfieKind)
    }
}

impl Selfie {
    /// Recognizes `input`: a PNG, JPEG or WebP file, base64 of one, a capture token, or the capture
    /// SDK's whole result.
    ///
    /// Base64 may have any form that [`Image::from_input`] accepts; it is decoded here and sent in
    /// the one form that IDCloud documents. A token may be broken into lines or quoted. Of the
    /// SDK's result, an object, the member `encrypted` is taken and the preview ignored. A byte
    /// order mark is skipped. `now` is the time that a capture token's age is measured at.
    ///
    /// # Errors
    /// All violations at once, each with the code that IDCloud would have answered: nothing given
    /// (20009), none of the three (20505), an unreadable header or base64 that was changed on its
    /// way (20900), too large (20506), too small (20807), a capture token that is too old (10507).
    pub fn from_input(input: Bytes, now: SystemTime) -> Result<Self, Violations> {
        if image::format_of(&input).is_none()
            && let Ok(text) = saved_text(&input)
        {
            return match CaptureToken::from_text(text, now)? {
                Some(token) => Ok(Self::CaptureToken(token)),
                None => Image::from_text_at(Place::SELFIE_OR_TOKEN, text).map(Self::Image),
            };
        }
        Image::from_input_at(Place::SELFIE_OR_TOKEN, input).map(Self::Image)
    }

    /// Checks a plain picture to its end, as [`Image::verify`] does. A capture token cannot be
    /// checked.
    ///
    /// # Errors
    /// As [`Image::verify`].
    pub fn verify(&self) -> Result<(), Violations> {
        match self {
            Self::Image(image) => image.verify(),
            Self::CaptureToken(_) => Ok(()),
        }
    }

    /// The kind of selfie.
    #[must_use]
    pub const fn kind(&self) -> SelfieKind {
        match self {
            Self::Image(_) => SelfieKind::Image,
            Self::CaptureToken(_) => SelfieKind::CaptureToken,
        }
    }
}

impl From<Image> for Selfie {
    fn from(image: Image) -> Self {
        Self::Image(image)
    }
}

impl From<CaptureToken> for Selfie {
    fn from(token: CaptureToken) -> Self {
        Self::CaptureToken(token)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;
    use crate::selfie::capture_token::tests::token;
    use crate::selfie::image::tests::png;

    fn read(input: impl Into<Bytes>) -> Result<Selfie, Violations> {
        Selfie::from_input(input.into(), SystemTime::UNIX_EPOCH)
    }

    /// Every encoding of one picture gives the same picture.
    #[test]
    fn base64_in_any_form() {
        for length in [100, 101, 102] {
            let mut bytes = png(640, 480, length).to_vec();
            bytes.extend([0xfb, 0xff, 0xfe]);
            let expected = read(bytes.clone()).unwrap();
            let lines = |text: String| {
                text.as_bytes()
                    .chunks(20)
                    .map(|line| str::from_utf8(line).unwrap())
                    .collect::<Vec<_>>()
                    .join("\r\n")
            };
            for text in [
                STANDARD.encode(&bytes),
                STANDARD_NO_PAD.encode(&bytes),
                URL_SAFE.encode(&bytes),
                URL_SAFE_NO_PAD.encode(&bytes),
                lines(STANDARD.encode(&bytes)),
                format!("data:image/png;base64,{}", STANDARD.encode(&bytes)),
                format!("Data:Image/PNG;Base64,{}", STANDARD.encode(&bytes)),
                format!("\n{}\n", STANDARD.encode(&bytes)),
            ] {
                assert_eq!(read(text.clone()).unwrap(), expected, "{text}");
            }
        }
    }

    /// A name parses back as it is written and stored.
    #[test]
    fn names_of_kinds() {
        for kind in [
            SelfieKind::Image,
            SelfieKind::CaptureToken,
            SelfieKind::Unknown,
        ] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!("jwt".parse::<SelfieKind>(), Err(UnknownSelfieKind));
    }

    #[test]
    fn kinds_and_refusals() {
        assert_eq!(read(token("{}")).unwrap().kind(), SelfieKind::CaptureToken);
        assert_eq!(
            read(format!("{}\n", token("{}"))).unwrap().kind(),
            SelfieKind::CaptureToken
        );
        assert_eq!(read(png(640, 480, 50)).unwrap().kind(), SelfieKind::Image);
        for (input, code) in [
            (&b""[..], "20009"),
            (b" \n", "20009"),
            (b"hello, world", "20505"),
            (b"%2F9j%2F4AAQ", "20900"),
            (br"\/9j\/4AAQ", "20900"),
            (b"data%3Aimage%2Fjpeg%3Bbase64%2C%2F9j%2F4AAQ", "20900"),
            (b"aGVsbG8gd29ybGQgdGhpcyBpcyBub3QgYW4gaW1hZ2U=", "20505"),
            (b"data:image/png,abc", "20505"),
            (b"\xff\xfe\x00\x01 binary but no image at all", "20505"),
        ] {
            let found = read(input.to_vec()).unwrap_err();
            assert_eq!(found.iter().next().unwrap().code(), Some(code), "{input:?}");
        }
    }
}

//! A picture as IDCloud takes it: its format and size, read from the header.
//!
//! Must never decode the picture, and never copy it.

use std::fmt;

use bytes::Bytes;
use imagesize::ImageType;

use crate::limits::{MAX_IMAGE_BYTES, MIN_LONGER_SIDE, MIN_SHORTER_SIDE};
use crate::violation::{Rule, Violation, Violations};

/// The formats that IDCloud takes (error 20505).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImageFormat {
    /// JPEG; quality 92 is what IDCloud recommends.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    WebP,
}

impl ImageFormat {
    /// The format's name, such as `JPEG`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
        }
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Width and height, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dimensions {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {}", self.width, self.height)
    }
}

/// A picture that IDCloud's published rules accept: PNG, JPEG or WebP, at least 640 by 480 pixels either way up, and at most
/// 614,400 bytes (819,200 characters of base64).
///
/// The bytes are shared with the caller's, not copied, and are therefore not wiped here.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    bytes: Bytes,
    format: ImageFormat,
    dimensions: Dimensions,
}

impl Image {
    /// Reads the header of `bytes`, which belong at `path` of a request.
    ///
    /// Returns all violations: format (20505), unreadable header (20900), too large (20506), too small (20807).
    pub(crate) fn parse_at(path: &'static str, bytes: Bytes) -> Result<Self, Violations> {
        let too_large = bytes.len() > MAX_IMAGE_BYTES;
        match probe(&bytes) {
            Ok((format, dimensions)) if !too_large && is_large_enough(dimensions) => Ok(Self {
                bytes,
                format,
                dimensions,
            }),
            probed => {
                let rule = match probed {
                    Err(rule) => Some(rule),
                    Ok((_, dimensions)) if !is_large_enough(dimensions) => {
                        Some(Rule::ImageTooSmall)
                    }
                    Ok(_) => None,
                };
                let size = too_large.then_some(Rule::ImageTooLarge);
                let found = rule
                    .into_iter()
                    .chain(size)
                    .map(|rule| Violation::new(path, rule));
                Err(Violations::collect(found)
                    .unwrap_or_else(|| Violations::one(path, Rule::ImageBroken)))
            }
        }
    }

    /// Reads the header of `bytes`.
    ///
    /// # Errors
    /// All violations at once: format (20505), unreadable header (20900), too large (20506), too small (20807).
    pub fn parse(bytes: Bytes) -> Result<Self, Violations> {
        if bytes.is_empty() {
            return Err(Violations::one("imageBase64", Rule::SelfieMissing));
        }
        Self::parse_at("imageBase64", bytes)
    }

    /// The picture's bytes. Personal data: never log them.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The format.
    #[must_use]
    pub const fn format(&self) -> ImageFormat {
        self.format
    }

    /// The size in pixels.
    #[must_use]
    pub const fn dimensions(&self) -> Dimensions {
        self.dimensions
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({}, {}, redacted)", self.format, self.dimensions)
    }
}

fn probe(bytes: &[u8]) -> Result<(ImageFormat, Dimensions), Rule> {
    let format = format_of(bytes).ok_or(Rule::ImageFormat)?;
    let size = imagesize::blob_size(bytes).map_err(|_| Rule::ImageBroken)?;
    let pixels_of = |pixels: usize| u32::try_from(pixels).map_err(|_| Rule::ImageBroken);
    Ok((
        format,
        Dimensions {
            width: pixels_of(size.width)?,
            height: pixels_of(size.height)?,
        },
    ))
}

/// The format that the first bytes announce, if it is one that IDCloud takes.
pub(crate) fn format_of(bytes: &[u8]) -> Option<ImageFormat> {
    match imagesize::image_type(bytes).ok()? {
        ImageType::Jpeg => Some(ImageFormat::Jpeg),
        ImageType::Png => Some(ImageFormat::Png),
        ImageType::Webp => Some(ImageFormat::WebP),
        _ => None,
    }
}

fn is_large_enough(dimensions: Dimensions) -> bool {
    let (width, height) = (dimensions.width, dimensions.height);
    width.max(height) >= MIN_LONGER_SIDE && width.min(height) >= MIN_SHORTER_SIDE
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A PNG header that announces `width` x `height`, followed by enough zeros to look like a file.
    pub(crate) fn png(width: u32, height: u32, length: usize) -> Bytes {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.resize(length.max(bytes.len()), 0);
        bytes.into()
    }

    fn codes(bytes: Bytes) -> Vec<&'static str> {
        match Image::parse(bytes) {
            Ok(_) => Vec::new(),
            Err(found) => found.iter().filter_map(Violation::code).collect(),
        }
    }

    #[test]
    fn rules() {
        for (bytes, expected) in [
            (png(640, 480, 100), vec![]),
            (png(480, 640, 100), vec![]),
            (png(639, 480, 100), vec!["20807"]),
            (png(640, 479, 100), vec!["20807"]),
            (png(800, 400, 100), vec!["20807"]),
            (png(720, 960, 614_400), vec![]),
            (png(720, 960, 614_401), vec!["20506"]),
            (png(20, 20, 614_401), vec!["20807", "20506"]),
            (png(720, 960, 0).slice(..16), vec!["20900"]),
            (
                Bytes::from_static(b"GIF89a\x01\0\x01\0............"),
                vec!["20505"],
            ),
            (
                Bytes::from_static(b"just some text that is long enough"),
                vec!["20505"],
            ),
            (Bytes::new(), vec!["20009"]),
        ] {
            assert_eq!(codes(bytes.clone()), expected, "{} bytes", bytes.len());
        }
    }

    /// The budget's limit is the text's, so the largest accepted file is the largest whose base64 fits.
    #[test]
    fn the_limit_in_bytes_is_the_limit_in_characters() {
        let encoded = |bytes: usize| bytes.div_ceil(3) * 4;
        assert!(encoded(MAX_IMAGE_BYTES) <= crate::limits::MAX_BASE64_CHARS);
        assert!(encoded(MAX_IMAGE_BYTES + 1) > crate::limits::MAX_BASE64_CHARS);
    }
}

//! A picture that IDCloud accepts: its format and size, read from the header, and on request its
//! structure to the end.
//!
//! Must not decode the picture, nor copy it.

mod jpeg;
mod png;
mod webp;

use std::fmt;

use bytes::Bytes;

use crate::catalogue::limits::{MAX_IMAGE_BYTES, MIN_LONGER_SIDE, MIN_SHORTER_SIDE};
use crate::catalogue::violation::{Rule, Violation, Violations};
use crate::saved_text::{SavedTextError, saved_text};
use crate::selfie::base64_input;

/// The formats that IDCloud accepts (error 20505).
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

/// The place of a picture in a request, where its faults are reported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    path: &'static str,
    missing: Rule,
    foreign: Rule,
}

impl Place {
    /// The selfie, given as a picture.
    pub(crate) const SELFIE: Self = Self {
        path: "imageBase64",
        missing: Rule::SelfieMissing,
        foreign: Rule::ImageFormat,
    };

    /// The selfie, if a capture token would have been accepted as well.
    pub(crate) const SELFIE_OR_TOKEN: Self = Self {
        foreign: Rule::SelfieFormat,
        ..Self::SELFIE
    };

    /// The picture of a 1:1 comparison.
    pub(crate) const REFERENCE: Self = Self::at("references[0].referenceContent");

    /// The pictures of a document: one of an open licence, or front and back.
    pub(crate) const DOCUMENT_FILES: [Self; 2] = [
        Self::at("document.files[0].data"),
        Self::at("document.files[1].data"),
    ];

    const fn at(path: &'static str) -> Self {
        Self {
            path,
            missing: Rule::ImageMissing,
            foreign: Rule::ImageFormat,
        }
    }
}

/// A picture that IDCloud's published rules accept: PNG, JPEG or WebP, at least 640 by 480 pixels
/// in either orientation, and at most 614,400 bytes (819,200 characters of base64).
///
/// A file's bytes are shared with the caller, not copied, and are wiped only if the caller's owner
/// of them does so. Bytes that were decoded here from base64 belong to this type: they are
/// overwritten when their last holder drops them.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    bytes: Bytes,
    format: ImageFormat,
    dimensions: Dimensions,
}

impl Image {
    /// Reads the header of a file, `bytes`, for `place` of a request.
    ///
    /// Returns all violations: missing, format (20505), unreadable header (20900), too large
    /// (20506), too small (20807).
    pub(crate) fn parse_at(place: Place, bytes: Bytes) -> Result<Self, Violations> {
        if bytes.is_empty() {
            return Err(Violations::one(place.path, place.missing));
        }
        let too_large = bytes.len() > MAX_IMAGE_BYTES;
        let rule = match probe(&bytes) {
            Ok((format, dimensions)) if !too_large && is_large_enough(dimensions) => {
                return Ok(Self {
                    bytes,
                    format,
                    dimensions,
                });
            }
            Ok((_, dimensions)) => (!is_large_enough(dimensions)).then_some(Rule::ImageTooSmall),
            Err(Unreadable::Format) => Some(place.foreign),
            Err(Unreadable::Header(damage)) => Some(damage.rule_of_header()),
        };
        let size = too_large.then_some(Rule::ImageTooLarge);
        let found = rule
            .into_iter()
            .chain(size)
            .map(|rule| Violation::new(place.path, rule));
        Err(Violations::collect(found)
            .unwrap_or_else(|| Violations::one(place.path, Rule::ImageBroken)))
    }

    /// Reads a file, or base64 of one, for `place` of a request.
    pub(crate) fn from_input_at(place: Place, input: Bytes) -> Result<Self, Violations> {
        if format_of(&input).is_some() {
            return Self::parse_at(place, input);
        }
        let refused = |rule| Err(Violations::one(place.path, rule));
        match saved_text(&input) {
            Ok(text) => Self::from_text_at(place, text),
            Err(SavedTextError::Utf16) => refused(Rule::TextIsUtf16),
            Err(_) => refused(place.foreign),
        }
    }

    /// Reads base64 of a file for `place` of a request.
    pub(crate) fn from_text_at(place: Place, text: &str) -> Result<Self, Violations> {
        let refused = |rule| Err(Violations::one(place.path, rule));
        match base64_input::decode(text) {
            Ok(bytes) if !bytes.is_empty() => Self::parse_at(place, bytes),
            Ok(_) => refused(place.missing),
            Err(fault) => refused(fault.rule().unwrap_or(place.foreign)),
        }
    }

    /// Reads the header of a picture's file. [`verify`](Self::verify) checks the rest of the file.
    ///
    /// Violations are reported at the selfie, `imageBase64`;
    /// [`request::Reference::image_from_input`] and [`request::DocumentRequest::capture`] read
    /// pictures for other places.
    ///
    /// # Errors
    /// All violations at once: nothing given (20009), format (20505), unreadable header (20900),
    /// too large (20506), too small (20807).
    ///
    /// [`request::Reference::image_from_input`]: crate::request::Reference::image_from_input
    /// [`request::DocumentRequest::capture`]: crate::request::DocumentRequest::capture
    pub fn parse(bytes: Bytes) -> Result<Self, Violations> {
        Self::parse_at(Place::SELFIE, bytes)
    }

    /// Reads a picture's file, or base64 of one.
    ///
    /// Base64 may be standard or URL-safe, with or without padding, broken into lines, in quotes,
    /// and begin with a byte order mark or a `data:` prefix; it is decoded here and sent in the one
    /// form that IDCloud documents. A text that no longer encodes the original bytes is refused,
    /// with the cause: blanks inside (a form turns each `+` into one), two alphabets mixed, padding
    /// in the wrong place or number, leftover bits or characters.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and faults of the base64 (20900) if it begins like a picture's.
    pub fn from_input(input: Bytes) -> Result<Self, Violations> {
        Self::from_input_at(Place::SELFIE, input)
    }

    /// Checks the picture to its end: markers and segment lengths of a JPEG, chunk lengths and
    /// checksums of a PNG, lengths of a WebP.
    ///
    /// Nothing is decoded, so damage inside the pixels is not found. Bytes after the end are legal
    /// and pass. Creates do not call this: it reads the whole file, 600 kB in about a millisecond.
    /// Call it while a person can still fix the file.
    ///
    /// # Errors
    /// One violation (20900), at the selfie, `imageBase64`: the file is cut short, or damaged.
    pub fn verify(&self) -> Result<(), Violations> {
        self.verify_at(Place::SELFIE)
    }

    /// As [`verify`](Self::verify), reported at `place`.
    pub(crate) fn verify_at(&self, place: Place) -> Result<(), Violations> {
        let verified = match self.format {
            ImageFormat::Jpeg => jpeg::verify(&self.bytes),
            ImageFormat::Png => png::verify(&self.bytes),
            ImageFormat::WebP => webp::verify(&self.bytes),
        };
        verified.map_err(|damage| Violations::one(place.path, damage.rule()))
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

/// The fault of a file that begins like a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    /// It ends early, or a length in it reaches beyond the end.
    Cut,
    /// A marker, a length or a checksum is wrong.
    Broken,
    /// A PNG in the form that Apple's tools make for their own programs (`CgBI`), which no standard
    /// has.
    Apple,
}

impl Damage {
    const fn rule(self) -> Rule {
        match self {
            Self::Cut => Rule::ImageCutShort,
            Self::Broken => Rule::ImageDamaged,
            Self::Apple => Rule::ImageOfApple,
        }
    }

    const fn rule_of_header(self) -> Rule {
        match self {
            Self::Cut | Self::Broken => Rule::ImageBroken,
            Self::Apple => Rule::ImageOfApple,
        }
    }
}

/// Why a header is unreadable.
enum Unreadable {
    /// It has no format that IDCloud accepts.
    Format,
    /// It is cut short or damaged.
    Header(Damage),
}

fn probe(bytes: &[u8]) -> Result<(ImageFormat, Dimensions), Unreadable> {
    let format = format_of(bytes).ok_or(Unreadable::Format)?;
    let size = match format {
        ImageFormat::Jpeg => jpeg::size(bytes),
        ImageFormat::Png => png::size(bytes),
        ImageFormat::WebP => webp::size(bytes),
    };
    match size {
        Ok(size) if size.width > 0 && size.height > 0 => Ok((format, size)),
        Ok(_) => Err(Unreadable::Header(Damage::Broken)),
        Err(damage) => Err(Unreadable::Header(damage)),
    }
}

/// The format of the first bytes, if IDCloud accepts it.
pub(crate) fn format_of(bytes: &[u8]) -> Option<ImageFormat> {
    if bytes.starts_with(jpeg::SIGNATURE) {
        Some(ImageFormat::Jpeg)
    } else if bytes.starts_with(png::SIGNATURE) {
        Some(ImageFormat::Png)
    } else if webp::is_webp(bytes) {
        Some(ImageFormat::WebP)
    } else {
        None
    }
}

fn is_large_enough(dimensions: Dimensions) -> bool {
    let (width, height) = (dimensions.width, dimensions.height);
    width.max(height) >= MIN_LONGER_SIDE && width.min(height) >= MIN_SHORTER_SIDE
}

#[cfg(test)]
pub(crate) mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// A PNG header of `width` x `height`, followed by enough zeros to look like a file.
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

    /// Every picture may be a file or base64, and its faults are reported at its place.
    #[test]
    fn either_form_at_every_place() {
        let good = png(640, 480, 100);
        let text = Bytes::from(STANDARD.encode(&good));
        let small = Bytes::from(STANDARD.encode(png(20, 20, 100)));
        for (place, path, missing, foreign) in [
            (
                Place::SELFIE,
                "imageBase64",
                Rule::SelfieMissing,
                Rule::ImageFormat,
            ),
            (
                Place::SELFIE_OR_TOKEN,
                "imageBase64",
                Rule::SelfieMissing,
                Rule::SelfieFormat,
            ),
            (
                Place::REFERENCE,
                "references[0].referenceContent",
                Rule::ImageMissing,
                Rule::ImageFormat,
            ),
            (
                Place::DOCUMENT_FILES[0],
                "document.files[0].data",
                Rule::ImageMissing,
                Rule::ImageFormat,
            ),
            (
                Place::DOCUMENT_FILES[1],
                "document.files[1].data",
                Rule::ImageMissing,
                Rule::ImageFormat,
            ),
        ] {
            for input in [&good, &text] {
                let image = Image::from_input_at(place, input.clone()).unwrap();
                assert_eq!(image.bytes(), &good);
            }
            for (input, rule) in [
                (Bytes::new(), missing),
                (" \n".into(), missing),
                ("data:image/png;base64,".into(), missing),
                ("some text".into(), foreign),
                (Bytes::from_static(b"\xff\xfe\x00\x01 binary"), foreign),
                (small.clone(), Rule::ImageTooSmall),
            ] {
                let found = Image::from_input_at(place, input).unwrap_err();
                let found: Vec<_> = found.iter().map(|v| (v.path(), v.rule())).collect();
                assert_eq!(found, [(path, rule)]);
            }
        }
        assert_eq!(
            Image::from_input(text).unwrap(),
            Image::parse(good).unwrap()
        );
    }

    /// The published limit counts characters of base64, so the largest accepted file is the largest
    /// whose base64 fits.
    #[test]
    fn the_limit_in_bytes_is_the_limit_in_characters() {
        let encoded = |bytes: usize| bytes.div_ceil(3) * 4;
        assert!(encoded(MAX_IMAGE_BYTES) <= crate::catalogue::limits::MAX_BASE64_CHARS);
        assert!(encoded(MAX_IMAGE_BYTES + 1) > crate::catalogue::limits::MAX_BASE64_CHARS);
    }
}

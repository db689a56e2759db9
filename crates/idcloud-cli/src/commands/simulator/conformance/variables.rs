//! The words with `$` in a check's requests, and their values.
//!
//! Must not put a real picture or a real capture into a request.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use idcloud_model::{Image, limits};
use idcloud_simulator::{Capture, Face, sample_png};
use zeroize::Zeroizing;

/// The values of the words of one check.
#[derive(Default)]
pub(super) struct Words {
    known: Vec<(&'static str, Zeroizing<String>)>,
}

impl Words {
    pub(super) fn set(&mut self, word: &'static str, value: impl Into<String>) {
        self.known.retain(|(known, _)| *known != word);
        self.known.push((word, Zeroizing::new(value.into())));
        // Longest first: a word may begin with another one.
        self.known
            .sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    }

    pub(super) fn value(&self, word: &str) -> Option<&str> {
        self.known
            .iter()
            .find_map(|(known, value)| (*known == word).then_some(value.as_str()))
    }

    /// The text with every word replaced.
    pub(super) fn fill(&self, text: &str) -> Zeroizing<String> {
        let mut filled = Zeroizing::new(text.to_owned());
        for (word, value) in &self.known {
            if filled.contains(word) {
                filled = Zeroizing::new(filled.replace(word, value));
            }
        }
        filled
    }

    /// Makes the pictures and captures that `text` uses, as if taken at `now`. A capture stays the
    /// same for the whole check.
    pub(super) fn draw(&mut self, text: &str, now: SystemTime) {
        for (word, picture) in PICTURES {
            if text.contains(word) && self.value(word).is_none() {
                self.set(word, picture());
            }
        }
        let Ok(image) = Image::parse(Bytes::from(png(720, 960))) else {
            return;
        };
        let old = now.checked_sub(Duration::from_secs(601)).unwrap_or(now);
        for (word, taken_at, face) in [
            ("$CAPTURE", now, Face::Live),
            ("$SPOOF", now, Face::Spoof),
            ("$OLD", old, Face::Live),
        ] {
            if text.contains(word) && self.value(word).is_none() {
                self.set(word, Capture::new(&image, taken_at).with_face(face).token());
            }
        }
    }
}

/// Makes a picture, in base64.
type Drawn = fn() -> String;

/// The pictures. Each is complete and shows one colour: it passes servers that decode it.
const PICTURES: [(&str, Drawn); 6] = [
    ("$IMAGE", || STANDARD.encode(png(720, 960))),
    ("$SMALL", || STANDARD.encode(png(320, 240))),
    ("$JPEG", || STANDARD.encode(jpeg(720, 960))),
    ("$WEBP", || STANDARD.encode(webp(720, 960))),
    ("$WORDS", || STANDARD.encode("these are words")),
    ("$HUGE", || {
        let mut bytes = png(720, 960);
        bytes.resize(limits::MAX_BASE64_CHARS / 4 * 3 + 3, 0);
        STANDARD.encode(bytes)
    }),
];

fn png(width: u32, height: u32) -> Vec<u8> {
    sample_png(width, height, b"")
}

/// Grey throughout: each code table has one code of one bit, so that two zero bits are a block of 8
/// x 8 pixels.
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xdb\x00\x43\x00".to_vec();
    bytes.extend([1; 64]);
    bytes.extend(b"\xff\xc0\x00\x0b\x08");
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend(b"\x01\x01\x11\x00");
    for table in [0x00, 0x10] {
        bytes.extend([0xff, 0xc4, 0x00, 0x14, table, 1]);
        bytes.extend([0; 16]);
    }
    bytes.extend(b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00");
    let blocks = usize::from(width.div_ceil(8)) * usize::from(height.div_ceil(8));
    bytes.extend(std::iter::repeat_n(0, blocks.div_ceil(4)));
    bytes.extend(b"\xff\xd9");
    bytes
}

/// The lossless format, black throughout: five code tables of one symbol each, so that a pixel
/// takes no bit. Sizes are stored minus one, in 14 bits.
fn webp(width: u32, height: u32) -> Vec<u8> {
    let sides = width.saturating_sub(1) | height.saturating_sub(1) << 14;
    let mut bytes = b"RIFF\x14\0\0\0WEBPVP8L\x08\0\0\0\x2f".to_vec();
    bytes.extend(sides.to_le_bytes());
    bytes.extend(b"\x88\x88\x08");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each picture has the format and size of its word.
    #[test]
    fn pictures_are_pictures() {
        for good in [png(720, 960), jpeg(720, 960), webp(720, 960)] {
            assert_eq!(Image::parse(good.into()).unwrap().verify(), Ok(()));
        }
        assert!(Image::parse(png(320, 240).into()).is_err());
        let mut words = Words::default();
        words.draw("$HUGE", SystemTime::UNIX_EPOCH);
        assert_eq!(
            words.value("$HUGE").map(str::len),
            Some(limits::MAX_BASE64_CHARS + 4)
        );
    }

    /// A word that begins with another one is not mistaken for it.
    #[test]
    fn longer_words_come_first() {
        let mut words = Words::default();
        words.set("$KEY", "a");
        words.set("$KEY2", "b");
        assert_eq!(&*words.fill("$KEY $KEY2"), "a b");
    }
}

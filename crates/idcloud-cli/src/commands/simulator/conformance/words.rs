//! The words with `$` in a check's requests, and what stands for them.
//!
//! Never puts a real picture or a real capture into a request.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use idcloud_model::{Image, limits};
use idcloud_simulator::{Capture, Face};
use zeroize::Zeroizing;

/// What the words of one check stand for.
#[derive(Default)]
pub(super) struct Words {
    known: Vec<(&'static str, Zeroizing<String>)>,
}

impl Words {
    pub(super) fn set(&mut self, word: &'static str, value: impl Into<String>) {
        self.known.retain(|(known, _)| *known != word);
        self.known.push((word, Zeroizing::new(value.into())));
        // A word may begin with another one.
        self.known
            .sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    }

    pub(super) fn value(&self, word: &str) -> Option<&str> {
        self.known
            .iter()
            .find_map(|(known, value)| (*known == word).then_some(value.as_str()))
    }

    /// The text with every word filled in.
    pub(super) fn fill(&self, text: &str) -> Zeroizing<String> {
        let mut filled = Zeroizing::new(text.to_owned());
        for (word, value) in &self.known {
            if filled.contains(word) {
                filled = Zeroizing::new(filled.replace(word, value));
            }
        }
        filled
    }

    /// Makes the pictures and captures that `text` asks for, as if taken at `now`; a capture stays the same for the whole check.
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

/// The pictures. All that is in them is a header: servers that look further find a broken picture.
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
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xc0\x00\x11\x08".to_vec();
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend(b"\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00\xff\xd9");
    bytes
}

/// The extended form, whose sizes are less one and three bytes long.
fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
    for side in [width, height] {
        bytes.extend(side.saturating_sub(1).to_le_bytes().iter().take(3));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each picture is what its word says.
    #[test]
    fn pictures_are_pictures() {
        for good in [png(720, 960), jpeg(720, 960), webp(720, 960)] {
            assert!(Image::parse(good.into()).is_ok());
        }
        assert!(Image::parse(png(320, 240).into()).is_err());
        let mut words = Words::default();
        words.draw("$HUGE", SystemTime::UNIX_EPOCH);
        assert_eq!(
            words.value("$HUGE").map(str::len),
            Some(limits::MAX_BASE64_CHARS + 4)
        );
    }

    /// A word that begins with another one is not taken for it.
    #[test]
    fn longer_words_come_first() {
        let mut words = Words::default();
        words.set("$KEY", "a");
        words.set("$KEY2", "b");
        assert_eq!(&*words.fill("$KEY $KEY2"), "a b");
    }
}

//! The client's and the simulator's independent picture checks agree on two hundred pictures.
//!
//! With `IDCLOUD_PICTURES=FOLDER` in the environment the pictures are written there, each named by
//! its kind and verdict, so that they can be tested with a decoder.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;
use idcloud_model::{Selfie, Violation, limits};

use super::bench::{Bench, START, YES, at, onboarding};
use idcloud_simulator::sample_png;

const SEED: u64 = 20_261_129;
const PICTURES: usize = 200;

/// The change to a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Untouched,
    Cut,
    Flipped,
    Filled,
    Trailing,
    Thumbnail,
    ThumbnailCut,
    Apple,
    WrongLength,
    TextMode,
    Holed,
    ZeroedEnd,
}

const KINDS: [Kind; 12] = [
    Kind::Untouched,
    Kind::Cut,
    Kind::Flipped,
    Kind::Filled,
    Kind::Trailing,
    Kind::Thumbnail,
    Kind::ThumbnailCut,
    Kind::Apple,
    Kind::WrongLength,
    Kind::TextMode,
    Kind::Holed,
    Kind::ZeroedEnd,
];

impl Kind {
    /// The verdict, if the change determines it.
    const fn expected(self) -> Option<bool> {
        match self {
            Self::Untouched | Self::Filled | Self::Trailing | Self::Thumbnail => Some(true),
            Self::Cut | Self::ThumbnailCut | Self::Apple | Self::WrongLength => Some(false),
            // Other bits of a scan are other pixels, a WebP has no checksums, and if nothing was
            // replaced or lost the file is complete.
            Self::Flipped | Self::TextMode | Self::Holed | Self::ZeroedEnd => None,
        }
    }
}

fn jpeg() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/assets/selfie.jpg");
    std::fs::read(path).unwrap()
}

/// Black, lossless: a pixel takes no bit.
fn webp() -> Vec<u8> {
    b"RIFF\x14\0\0\0WEBPVP8L\x08\0\0\0\x2f\xcf\xc2\xef\0\x88\x88\x08".to_vec()
}

/// The same picture in the extended form, followed by a note of odd length.
fn extended_webp() -> Vec<u8> {
    let simple = webp();
    let mut inside = b"WEBPVP8X\x0a\0\0\0\0\0\0\0\xcf\x02\0\xbf\x03\0".to_vec();
    inside.extend(&simple[12..]);
    inside.extend(b"EXIF\x03\0\0\0abc\0");
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(u32::try_from(inside.len()).unwrap().to_le_bytes());
    bytes.extend(inside);
    bytes
}

/// The positions of a JPEG's markers, up to the first scan.
fn segments(bytes: &[u8]) -> Vec<usize> {
    let mut at = 2;
    let mut found = vec![at];
    while bytes[at + 1] != 0xda {
        at += 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        found.push(at);
    }
    found
}

/// A JPEG with a small JPEG in its first segment, as cameras write it.
fn with_thumbnail(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut thumbnail =
        b"Exif\0\0II*\0\x08\0\0\0\xff\xd8\xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0".to_vec();
    thumbnail.extend(b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\x15\x2a\xff\xd9");
    let mut segment = b"\xff\xe1".to_vec();
    segment.extend(u16::try_from(thumbnail.len() + 2).unwrap().to_be_bytes());
    segment.extend(thumbnail);
    bytes.splice(2..2, segment);
    bytes
}

/// Apple's first chunk, with a valid checksum.
fn of_apple() -> Vec<u8> {
    let mut bytes = sample_png(720, 960, b"");
    let mut chunk = b"\0\0\0\x04CgBI\x50\0\x20\x02".to_vec();
    let mut crc = flate2::Crc::new();
    crc.update(&chunk[4..]);
    chunk.extend(crc.sum().to_be_bytes());
    bytes.splice(8..8, chunk);
    bytes
}

/// A picture of some format, with this change.
fn drawn(kind: Kind, rng: &mut Rng) -> Vec<u8> {
    let mut bytes = match rng.usize(..4) {
        0 | 1 => jpeg(),
        2 => {
            let comment: Vec<u8> = (0..rng.usize(..400)).map(|_| rng.u8(..)).collect();
            sample_png(720, 960, &comment)
        }
        _ if rng.bool() => webp(),
        _ => extended_webp(),
    };
    let end = bytes.len();
    match kind {
        Kind::Untouched => {}
        Kind::Cut => bytes.truncate(rng.usize(12..end)),
        Kind::Flipped => {
            for _ in 0..rng.usize(1..4) {
                let at = rng.usize(..end.min(1_000));
                bytes[at] ^= 1 << rng.u8(..8);
            }
        }
        Kind::Filled => {
            bytes = jpeg();
            let markers = segments(&bytes);
            let at = markers[rng.usize(..markers.len())];
            bytes.splice(at..at, vec![0xff; rng.usize(1..9)]);
        }
        Kind::Trailing => bytes.extend((0..rng.usize(1..3_000)).map(|_| rng.u8(..))),
        Kind::Thumbnail => bytes = with_thumbnail(jpeg()),
        Kind::ThumbnailCut => {
            bytes = with_thumbnail(jpeg());
            bytes.truncate(rng.usize(70..bytes.len()));
        }
        Kind::Apple => bytes = of_apple(),
        Kind::WrongLength => match rng.usize(..3) {
            0 => {
                bytes = jpeg();
                let markers = segments(&bytes);
                // Not that of the scan: a decoder may search its data from any position.
                let at = markers[rng.usize(..markers.len() - 1)];
                bytes[at + 2] ^= 0x40;
            }
            1 => {
                bytes = sample_png(720, 960, &[7; 300]);
                // The length of the chunk with the comment.
                let at = rng.usize(33..37);
                bytes[at] ^= 1 << rng.u8(..8);
            }
            _ => {
                bytes = extended_webp();
                let at = rng.usize(5..8);
                bytes[at] ^= 1 << rng.u8(..8);
            }
        },
        Kind::TextMode => {
            let with_returns = |byte: &u8| [b"\r".repeat(usize::from(*byte == b'\n')), vec![*byte]];
            bytes = bytes.iter().flat_map(with_returns).flatten().collect();
        }
        Kind::Holed => {
            let at = rng.usize(12..end - 1);
            let to = (at + rng.usize(1..20)).min(end);
            bytes.drain(at..to);
        }
        Kind::ZeroedEnd => {
            let from = rng.usize(12..end - 1);
            bytes[from..].fill(0);
        }
    }
    bytes
}

/// The client's judgement, as in `preflight` and every command: the code of the first broken rule.
fn judged_here(bytes: &[u8]) -> Option<&'static str> {
    let looked =
        Selfie::from_input(bytes.to_vec().into(), START).and_then(|selfie| selfie.verify());
    looked
        .err()
        .map(|found| found.iter().find_map(Violation::code).unwrap())
}

/// A file that cannot be a picture is never billed, and a legal one is never refused: two readers
/// without common code agree on each.
#[test]
fn two_hundred_pictures_are_judged_alike() {
    let mut rng = Rng::with_seed(SEED);
    let mut bench = Bench::new("identity");
    let folder = std::env::var_os("IDCLOUD_PICTURES").map(std::path::PathBuf::from);
    let mut verdicts = [[0; 2]; KINDS.len()];
    for number in 0..PICTURES {
        let kind = KINDS[number % KINDS.len()];
        let bytes = drawn(kind, &mut rng);
        let here = judged_here(&bytes);
        let base64 = STANDARD.encode(&bytes);
        assert!(base64.len() <= limits::MAX_BASE64_CHARS);
        let seconds = f64::from(u32::try_from(number).unwrap());
        let (status, body) = bench.create(&onboarding(YES, &base64), at(seconds));
        let there = body["error"]["code"].as_str();
        assert_eq!(there.is_none(), status == 200, "{body}");
        assert_eq!(here, there, "picture {number}, {kind:?}");
        let accepted = here.is_none();
        if let Some(expected) = kind.expected() {
            assert_eq!(accepted, expected, "picture {number}, {kind:?}");
        }
        verdicts[number % KINDS.len()][usize::from(accepted)] += 1;
        if let Some(folder) = &folder {
            let word = if accepted { "taken" } else { "refused" };
            std::fs::write(folder.join(format!("{number:03}-{kind:?}-{word}")), bytes).unwrap();
        }
    }
    // If the change does not determine the verdict, both verdicts have to occur, or nothing was
    // compared.
    for (kind, [refused, accepted]) in KINDS.iter().zip(verdicts) {
        let both = kind.expected().is_some() || (refused > 0 && accepted > 0);
        assert!(both, "{kind:?}: {refused} refused, {accepted} taken");
    }
}

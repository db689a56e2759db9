//! Reads format and size of an image from its first bytes, and checks whether the file is complete.
//!
//! Must not decode a pixel, nor trust a length in the file.

use flate2::Crc;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Why a picture's size cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Not a PNG, JPEG or WebP.
    Foreign,
    /// It begins like one of them, but its header is broken or truncated.
    Broken,
}

/// The size of a PNG, JPEG or WebP. [`is_whole`] checks the rest of the file.
///
/// Written only for the simulator: the client probes images with its own code, so that the two
/// check each other.
pub(crate) fn probe(bytes: &[u8]) -> Result<Size, Unreadable> {
    let size = match bytes {
        [0xff, 0xd8, 0xff, ..] => bytes.get(2..).and_then(jpeg),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, rest @ ..] => png(rest),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            rest @ ..,
        ] => webp(rest),
        _ => return Err(Unreadable::Foreign),
    };
    size.filter(|size| size.width > 0 && size.height > 0)
        .ok_or(Unreadable::Broken)
}

fn png(after_signature: &[u8]) -> Option<Size> {
    let header = after_signature.strip_prefix(b"\0\0\0\x0dIHDR")?;
    let (width, rest) = header.split_first_chunk()?;
    let height = rest.first_chunk()?;
    Some(Size {
        width: u32::from_be_bytes(*width),
        height: u32::from_be_bytes(*height),
    })
}

/// Walks the segments up to the first frame.
fn jpeg(mut rest: &[u8]) -> Option<Size> {
    loop {
        let [0xff, marker, after @ ..] = rest else {
            return None;
        };
        rest = match marker {
            // Fill bytes may stand before any marker.
            0xff => rest.get(1..)?,
            // Markers without a segment.
            0x01 | 0xd0..=0xd7 => after,
            // Frames of every kind; the three excluded values share the range but begin tables.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let [_, _, _, h1, h0, w1, w0, ..] = after else {
                    return None;
                };
                return Some(Size {
                    width: u32::from(u16::from_be_bytes([*w1, *w0])),
                    height: u32::from(u16::from_be_bytes([*h1, *h0])),
                });
            }
            // Scan data, a start or the end before any frame, or not a marker.
            0x00 | 0xd8..=0xda => return None,
            _ => {
                let length = u16::from_be_bytes(*after.first_chunk()?);
                after.get(Some(usize::from(length)).filter(|length| *length >= 2)?..)?
            }
        };
    }
}

/// Whether a file that [`probe`] could read is complete by its format. Bytes after its end do no
/// harm.
///
/// Written only for the simulator, like [`probe`].
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    let mut file = Walk { rest: bytes };
    let whole = match bytes {
        [0xff, ..] => walk_jpeg(&mut file),
        [0x89, ..] => walk_png(&mut file),
        _ => walk_webp(&mut file),
    };
    whole.is_some()
}

/// The rest of a file. Every step beyond its end is `None`.
struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        self.rest.split_off(..count)
    }

    fn byte(&mut self) -> Option<u8> {
        self.rest.split_off_first().copied()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
}

fn walk_jpeg(file: &mut Walk<'_>) -> Option<()> {
    file.take(2)?;
    let mut frames = 0;
    let mut scans = 0;
    // The marker that ended a scan was read together with its data.
    let mut read_ahead = None;
    loop {
        let marker = match read_ahead.take() {
            Some(marker) => marker,
            None => marker(file)?,
        };
        match marker {
            0xd9 => return (scans > 0).then_some(()),
            0x00 | 0xd8 => return None,
            0x01 | 0xd0..=0xd7 => continue,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(file.array()?));
        let segment = file.take(length.checked_sub(2)?)?;
        match marker {
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf => {
                let components = usize::from(*segment.get(5)?);
                if segment.len() != 6 + 3 * components {
                    return None;
                }
                frames += 1;
            }
            0xda => {
                if frames == 0 {
                    return None;
                }
                scans += 1;
                read_ahead = Some(marker_behind_data(file)?);
            }
            _ => {}
        }
    }
}

/// The next marker, with fill bytes before it skipped.
fn marker(file: &mut Walk<'_>) -> Option<u8> {
    if file.byte()? != 0xff {
        return None;
    }
    loop {
        match file.byte()? {
            0xff => {}
            marker => return Some(marker),
        }
    }
}

/// The marker after a scan's data. In the data `FF 00` is a byte, and restart markers are a part of
/// it.
fn marker_behind_data(file: &mut Walk<'_>) -> Option<u8> {
    loop {
        while file.byte()? != 0xff {}
        let mut next = file.byte()?;
        while next == 0xff {
            next = file.byte()?;
        }
        if next != 0 && !(0xd0..=0xd7).contains(&next) {
            return Some(next);
        }
    }
}

fn walk_png(file: &mut Walk<'_>) -> Option<()> {
    file.take(8)?;
    let mut pixels = 0;
    loop {
        let length = usize::try_from(u32::from_be_bytes(file.array()?)).ok()?;
        let name = file.array::<4>()?;
        let data = file.take(length)?;
        let mut crc = Crc::new();
        crc.update(&name);
        crc.update(data);
        if crc.sum() != u32::from_be_bytes(file.array()?) {
            return None;
        }
        match &name {
            b"IEND" => return (pixels > 0).then_some(()),
            b"IDAT" => pixels += 1,
            b"IHDR" | b"PLTE" | [b'a'..=b'z', ..] => {}
            // A critical chunk outside the standard, such as Apple's CgBI: the pixels cannot be
            // decoded without it.
            _ => return None,
        }
    }
}

fn walk_webp(file: &mut Walk<'_>) -> Option<()> {
    file.take(4)?;
    let stated = usize::try_from(u32::from_le_bytes(file.array()?)).ok()?;
    let mut inside = Walk {
        rest: file.take(stated)?,
    };
    inside.take(4)?;
    let mut pictures = 0;
    while !inside.rest.is_empty() {
        let name = inside.array::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(inside.array()?)).ok()?;
        inside.take(length)?;
        if !length.is_multiple_of(2) {
            // A padding byte to an even length; some files lack the last one.
            inside.byte();
        }
        if matches!(&name, b"VP8 " | b"VP8L" | b"ANMF") {
            pictures += 1;
        }
    }
    (pictures > 0).then_some(())
}

fn webp(chunk: &[u8]) -> Option<Size> {
    let (kind, rest) = chunk.split_first_chunk::<4>()?;
    let data = rest.get(4..)?;
    match (kind, data) {
        // Lossy: frame tag, start code, then 14 bits each (the upper two of each pair are a scale).
        (b"VP8 ", [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..]) => Some(Size {
            width: u32::from(u16::from_le_bytes([*w0, *w1]) & 0x3fff),
            height: u32::from(u16::from_le_bytes([*h0, *h1]) & 0x3fff),
        }),
        // Lossless: signature, then 14 bits each, both minus one.
        (b"VP8L", [0x2f, a, b, c, d, ..]) => {
            let bits = u32::from_le_bytes([*a, *b, *c, *d]);
            Some(Size {
                width: (bits & 0x3fff) + 1,
                height: (bits >> 14 & 0x3fff) + 1,
            })
        }
        // Extended: flags, then 24 bits each, both minus one.
        (b"VP8X", [_, _, _, _, w0, w1, w2, h0, h1, h2, ..]) => Some(Size {
            width: u32::from_le_bytes([*w0, *w1, *w2, 0]) + 1,
            height: u32::from_le_bytes([*h0, *h1, *h2, 0]) + 1,
        }),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The head of a PNG of this size, without pixels.
    pub(crate) fn png_of(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    #[test]
    fn reads_png() {
        assert_eq!(probe(&png_of(640, 480)), Ok(size(640, 480)));
    }

    #[test]
    fn reads_jpeg_behind_other_segments() {
        let bytes = [
            &[0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2][..],
            &[0xff, 0xff, 0xff, 0xc4, 0, 3, 9],
            &[0xff, 0xc2, 0, 17, 8, 0x03, 0xc0, 0x02, 0xd0, 3],
        ]
        .concat();
        assert_eq!(probe(&bytes), Ok(size(720, 960)));
    }

    #[test]
    fn reads_webp_of_all_three_kinds() {
        let webp =
            |kind: &[u8], data: &[u8]| [b"RIFF\0\0\0\0WEBP", kind, b"\0\0\0\0", data].concat();
        let lossy = webp(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 0xd0, 0x42, 0xc0, 0x03]);
        assert_eq!(probe(&lossy), Ok(size(720, 960)));
        let bits: u32 = 0x2cf | 0x3bf << 14;
        let lossless = webp(b"VP8L", &[&[0x2f][..], &bits.to_le_bytes()].concat());
        assert_eq!(probe(&lossless), Ok(size(720, 960)));
        let extended = webp(b"VP8X", &[0, 0, 0, 0, 0xcf, 2, 0, 0xbf, 3, 0]);
        assert_eq!(probe(&extended), Ok(size(720, 960)));
    }

    /// Truncated and foreign files give different errors, and none makes the reader panic or loop.
    #[test]
    fn refuses_the_rest() {
        let (foreign, broken) = (Err(Unreadable::Foreign), Err(Unreadable::Broken));
        assert_eq!(probe(b""), foreign);
        assert_eq!(probe(b"GIF89a"), foreign);
        assert_eq!(probe(&png_of(0, 480)), broken);
        assert_eq!(probe(&[0xff, 0xd8, 0xff, 0xda, 0, 0]), broken);
        let without_length = [0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xe0, 0, 0];
        assert_eq!(probe(&without_length), broken);
        let whole = png_of(640, 480);
        for end in 0..24 {
            let expected = if end < 8 { foreign } else { broken };
            assert_eq!(probe(&whole[..end]), expected, "{end}");
        }
    }
}

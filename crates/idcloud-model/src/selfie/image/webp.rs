//! Reads a WebP's size, and checks its chunks up to the end (RFC 9649).
//!
//! Must not decode a frame, nor follow a length beyond the file or the enclosing chunk.

use super::{Damage, Dimensions};

/// The first chunk follows `RIFF`, a length and `WEBP`.
const FIRST_CHUNK: usize = 12;

/// Whether the file begins like a WebP.
pub(super) fn is_webp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..FIRST_CHUNK) == Some(b"WEBP")
}

/// The size in the first chunk.
///
/// # Errors
/// The first chunk is none that a picture begins with, or the file ends within it.
pub(super) fn size(bytes: &[u8]) -> Result<Dimensions, Damage> {
    let chunk = bytes.get(FIRST_CHUNK..).unwrap_or_default();
    let (name, rest) = chunk.split_first_chunk::<4>().ok_or(Damage::Cut)?;
    let data = rest.get(4..).ok_or(Damage::Cut)?;
    let (width, height) = match (name, data) {
        // Lossy: three bytes of tag, a start code, then 14 bits each; the upper two of each pair
        // are a scale.
        (b"VP8 ", [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..]) => (
            u32::from(u16::from_le_bytes([*w0, *w1]) & 0x3fff),
            u32::from(u16::from_le_bytes([*h0, *h1]) & 0x3fff),
        ),
        // Lossless: a signature, then 14 bits each, less one.
        (b"VP8L", [0x2f, a, b, c, d, ..]) => {
            let bits = u32::from_le_bytes([*a, *b, *c, *d]);
            ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
        }
        // Extended: flags, then 24 bits each, less one.
        (b"VP8X", [_, _, _, _, w0, w1, w2, h0, h1, h2, ..]) => (
            u32::from_le_bytes([*w0, *w1, *w2, 0]) + 1,
            u32::from_le_bytes([*h0, *h1, *h2, 0]) + 1,
        ),
        (b"VP8 " | b"VP8L" | b"VP8X", short) if short.len() < 10 => return Err(Damage::Cut),
        _ => return Err(Damage::Broken),
    };
    Ok(Dimensions { width, height })
}

/// Follows the lengths of the file and of its chunks to the end. Bytes beyond the file's stated
/// length are ignored, as decoders do (RFC 9649, section 2.3).
///
/// # Errors
/// The file is shorter than it states, a chunk reaches beyond it, or it holds no picture.
pub(super) fn verify(bytes: &[u8]) -> Result<(), Damage> {
    let (length, after) = bytes
        .get(4..)
        .unwrap_or_default()
        .split_first_chunk()
        .ok_or(Damage::Cut)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Damage::Cut)?;
    // The length counts the four letters that follow it.
    let mut rest = after
        .get(..length)
        .ok_or(Damage::Cut)?
        .get(4..)
        .ok_or(Damage::Broken)?;
    let mut has_picture = false;
    while !rest.is_empty() {
        let (name, after) = rest.split_first_chunk::<4>().ok_or(Damage::Broken)?;
        let (length, after) = after.split_first_chunk().ok_or(Damage::Broken)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Damage::Broken)?;
        let after = after.get(length..).ok_or(Damage::Broken)?;
        has_picture |= matches!(name, b"VP8 " | b"VP8L" | b"ANMF");
        // Chunks begin at even offsets; some encoders omit the last one's padding.
        rest = after.get(length % 2..).unwrap_or_default();
    }
    if has_picture {
        Ok(())
    } else {
        Err(Damage::Broken)
    }
}

//! Reads a PNG's size, and checks its chunks up to the end (ISO/IEC 15948).
//!
//! Must not decompress anything, nor follow a length beyond the file.

use super::{Damage, Dimensions};

/// The signature of every PNG.
pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The size in the header chunk.
///
/// # Errors
/// The first chunk is no header, or the file ends within it.
pub(super) fn size(bytes: &[u8]) -> Result<Dimensions, Damage> {
    let header = bytes.get(SIGNATURE.len()..).unwrap_or_default();
    match header {
        [0, 0, 0, 13, b'I', b'H', b'D', b'R', rest @ ..] => {
            let [w3, w2, w1, w0, h3, h2, h1, h0, ..] = rest else {
                return Err(Damage::Cut);
            };
            Ok(Dimensions {
                width: u32::from_be_bytes([*w3, *w2, *w1, *w0]),
                height: u32::from_be_bytes([*h3, *h2, *h1, *h0]),
            })
        }
        [_, _, _, _, b'C', b'g', b'B', b'I', ..] => Err(Damage::Apple),
        [_, _, _, _, _, _, _, _, ..] => Err(Damage::Broken),
        _ => Err(Damage::Cut),
    }
}

/// Follows chunk lengths and checksums to the end chunk. Bytes after it are ignored, as decoders
/// do.
///
/// # Errors
/// The file ends early, a checksum is wrong, there are no pixels, or a critical chunk is in no
/// standard.
pub(super) fn verify(bytes: &[u8]) -> Result<(), Damage> {
    let mut rest = bytes.get(SIGNATURE.len()..).unwrap_or_default();
    let mut has_pixels = false;
    loop {
        let (length, after) = rest.split_first_chunk().ok_or(Damage::Cut)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Damage::Cut)?;
        // The checksum covers the chunk's name and its data.
        let summed = length.checked_add(4).ok_or(Damage::Cut)?;
        let (summed, after) = after.split_at_checked(summed).ok_or(Damage::Cut)?;
        let (checksum, after) = after.split_first_chunk().ok_or(Damage::Cut)?;
        if crc32(summed) != u32::from_be_bytes(*checksum) {
            return Err(Damage::Broken);
        }
        let name = summed.first_chunk().ok_or(Damage::Broken)?;
        match name {
            b"IEND" if has_pixels => return Ok(()),
            b"IEND" => return Err(Damage::Broken),
            b"IDAT" => has_pixels = true,
            b"IHDR" | b"PLTE" => {}
            b"CgBI" => return Err(Damage::Apple),
            // A capital first letter: a decoder that does not know the chunk must not show the
            // picture.
            [first, ..] if first.is_ascii_lowercase() => {}
            _ => return Err(Damage::Broken),
        }
        rest = after;
    }
}

/// The CRC-32 of ISO 3309, as in annex D.
fn crc32(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        let [low, ..] = (sum ^ u32::from(*byte)).to_le_bytes();
        let entry = TABLE.get(usize::from(low)).copied().unwrap_or_default();
        entry ^ sum >> 8
    });
    !sum
}

/// The contribution of each byte to the sum.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    let mut byte = 0_u32;
    while at < table.len() {
        let mut sum = byte;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 {
                0xedb8_8320 ^ sum >> 1
            } else {
                sum >> 1
            };
            bit += 1;
        }
        #[expect(
            clippy::indexing_slicing,
            reason = "`at` is below the length; there is no other way in a constant"
        )]
        {
            table[at] = sum;
        }
        at += 1;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value that catalogues of checksums list for this one.
    #[test]
    fn the_checksum_is_the_standard_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }
}

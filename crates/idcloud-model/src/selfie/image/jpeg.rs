//! Reads a JPEG's size, and checks its markers up to the end (ITU-T T.81, annex B).
//!
//! Must not decode the entropy-coded data, nor follow a length beyond the file.

use super::{Damage, Dimensions};

const START_OF_IMAGE: u8 = 0xd8;
const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

/// The start marker and the beginning of the next.
pub(super) const SIGNATURE: &[u8] = &[0xff, START_OF_IMAGE, 0xff];

/// The size in the first frame header.
///
/// # Errors
/// No frame header comes before the first scan, or the file ends before it.
pub(super) fn size(bytes: &[u8]) -> Result<Dimensions, Damage> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        let (marker, after) = next_marker(rest)?;
        if is_frame(marker) {
            // Only the size is read: `verify` checks whether the header is complete.
            let [_, _, _, h1, h0, w1, w0, ..] = after else {
                return Err(Damage::Cut);
            };
            return Ok(Dimensions {
                width: u16::from_be_bytes([*w1, *w0]).into(),
                height: u16::from_be_bytes([*h1, *h0]).into(),
            });
        }
        rest = match marker {
            START_OF_SCAN | END_OF_IMAGE | START_OF_IMAGE => return Err(Damage::Broken),
            _ if stands_alone(marker) => after,
            _ => segment(after)?.1,
        };
    }
}

/// Follows markers and segment lengths to the end marker. Bytes after it are ignored: cameras put
/// more pictures there.
///
/// # Errors
/// The file ends early, or a marker is missing where one must be.
pub(super) fn verify(bytes: &[u8]) -> Result<(), Damage> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    let (mut has_frame, mut has_scan) = (false, false);
    loop {
        let (marker, after) = next_marker(rest)?;
        rest = match marker {
            END_OF_IMAGE if has_scan => return Ok(()),
            START_OF_SCAN if has_frame => {
                has_scan = true;
                behind_scan(segment(after)?.1)
            }
            START_OF_SCAN | END_OF_IMAGE | START_OF_IMAGE => return Err(Damage::Broken),
            _ if stands_alone(marker) => after,
            _ => {
                let (content, rest) = segment(after)?;
                if is_frame(marker) {
                    // Precision, height, width and a count, then three bytes for each component.
                    let [_, _, _, _, _, count, components @ ..] = content else {
                        return Err(Damage::Broken);
                    };
                    if components.len() != usize::from(*count) * 3 {
                        return Err(Damage::Broken);
                    }
                    has_frame = true;
                }
                rest
            }
        };
    }
}

/// The marker that must be here, and what follows it. Any number of fill bytes may precede a marker
/// (B.1.1.2).
fn next_marker(rest: &[u8]) -> Result<(u8, &[u8]), Damage> {
    match rest {
        [] => return Err(Damage::Cut),
        [0xff, ..] => {}
        _ => return Err(Damage::Broken),
    }
    let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
    match rest.get(fill..) {
        Some([0, ..]) => Err(Damage::Broken),
        Some([marker, after @ ..]) => Ok((*marker, after)),
        _ => Err(Damage::Cut),
    }
}

/// The content of a segment whose length is at the beginning of `after`, and what follows the
/// segment.
fn segment(after: &[u8]) -> Result<(&[u8], &[u8]), Damage> {
    let (length, content) = after.split_first_chunk().ok_or(Damage::Cut)?;
    // The length counts its own two bytes.
    let length = usize::from(u16::from_be_bytes(*length))
        .checked_sub(2)
        .ok_or(Damage::Broken)?;
    content.split_at_checked(length).ok_or(Damage::Cut)
}

/// The bytes after a scan's data: from the next marker that is neither a stuffed byte nor a
/// restart.
fn behind_scan(data: &[u8]) -> &[u8] {
    let mut rest = data;
    while let Some(at) = rest.iter().position(|byte| *byte == 0xff) {
        rest = rest.get(at..).unwrap_or_default();
        rest = match rest {
            [_, 0 | 0xd0..=0xd7, after @ ..] => after,
            // All but the last 0xff may be fill; the byte after the last one decides.
            [_, 0xff, ..] => rest.get(1..).unwrap_or_default(),
            _ => return rest,
        };
    }
    &[]
}

/// Frames of every kind; the three excluded codes are in the range but begin tables.
const fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// Markers without a segment.
const fn stands_alone(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xd0..=0xd7)
}

//! A sample picture for trying out programs: complete, drawn, and without a person.
//!
//! Must not show a face.

use std::io::Write as _;

use flate2::{Compression, Crc, write::ZlibEncoder};

/// A black PNG of `width` x `height` pixels that every decoder reads, with `comment` inside.
///
/// Pictures with different comments have different bytes. The comment stands in a private chunk,
/// which decoders skip, and begins at byte 41 of the file.
///
/// ```
/// use idcloud_model::Image;
/// use idcloud_simulator::sample_png;
///
/// let picture = Image::parse(sample_png(720, 960, b"order 7").into())?;
/// picture.verify()?;
/// # Ok::<(), idcloud_model::Violations>(())
/// ```
#[must_use]
pub fn sample_png(width: u32, height: u32, comment: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    // One bit per pixel, grey; neither filtered nor interlaced.
    let header = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[1, 0, 0, 0, 0],
    ];
    chunk(&mut bytes, *b"IHDR", &header.concat());
    chunk(&mut bytes, *b"saMp", comment);
    chunk(&mut bytes, *b"IDAT", &pixels(width, height));
    chunk(&mut bytes, *b"IEND", b"");
    bytes
}

/// Each row is a filter byte (none), and one bit per pixel.
fn pixels(width: u32, height: u32) -> Vec<u8> {
    let row = vec![0; usize::try_from(width.div_ceil(8)).unwrap_or_default() + 1];
    let mut compressed = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..height {
        // Writing into memory does not fail.
        let _ = compressed.write_all(&row);
    }
    compressed.finish().unwrap_or_default()
}

fn chunk(bytes: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let mut crc = Crc::new();
    crc.update(&name);
    crc.update(data);
    bytes.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(name);
    bytes.extend(data);
    bytes.extend(crc.sum().to_be_bytes());
}

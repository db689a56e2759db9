//! Reads into memory that is wiped: pictures, CPF and CURP numbers, and keys.
//!
//! Must not leave a copy behind: a buffer that is too small is wiped after its content has moved.

use std::io::{self, BufRead, Read};
use std::ops::Range;

use bytes::Bytes;
use zeroize::{Zeroize as _, Zeroizing};

/// The smallest buffer, in bytes.
const LEAST: usize = 4 * 1024;

/// Reads `source` to its end, at most `limit` bytes. `expected` is the length that the source
/// reports; a wrong value costs only memory or time.
///
/// # Errors
/// It cannot be read, or is longer than `limit` ([`io::ErrorKind::FileTooLarge`]).
pub(crate) fn read(
    source: &mut dyn Read,
    expected: u64,
    limit: u64,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    // Room for one byte beyond the limit, to detect it, and one more to find the end of the source.
    let most = size(limit).saturating_add(1);
    let mut room = size(expected)
        .saturating_add(1)
        .clamp(LEAST, most.max(LEAST));
    let mut bytes = Zeroizing::new(vec![0; room]);
    let mut length = 0;
    while let Some(free) = bytes.get_mut(length..).filter(|free| !free.is_empty()) {
        match source.read(free) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if length >= most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if length == room {
            room = room.saturating_mul(2);
            let mut larger = Zeroizing::new(Vec::with_capacity(room));
            larger.extend_from_slice(&bytes);
            larger.resize(room, 0);
            // The old buffer is wiped on drop.
            bytes = larger;
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// A buffered reader that wipes the bytes that were taken.
pub(crate) struct Ahead<R> {
    source: R,
    buffer: Zeroizing<Vec<u8>>,
    /// The bytes that are read and not yet taken.
    left: Range<usize>,
}

impl<R: Read> Ahead<R> {
    /// The buffer's size in bytes.
    const SIZE: usize = 64 * 1024;

    /// Wraps the source without reading it.
    pub(crate) fn new(source: R) -> Self {
        Self {
            source,
            buffer: Zeroizing::new(vec![0; Self::SIZE]),
            left: 0..0,
        }
    }
}

impl<R: Read> BufRead for Ahead<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left.is_empty() {
            self.left = 0..self.source.read(&mut self.buffer)?;
        }
        Ok(self.buffer.get(self.left.clone()).unwrap_or_default())
    }

    fn consume(&mut self, taken: usize) {
        let end = self.left.start.saturating_add(taken).min(self.left.end);
        if let Some(taken) = self.buffer.get_mut(self.left.start..end) {
            taken.zeroize();
        }
        self.left.start = end;
    }
}

impl<R: Read> Read for Ahead<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

/// The bytes in the form of pictures: shared, and wiped when the last clone is dropped.
pub(crate) fn shared(bytes: Zeroizing<Vec<u8>>) -> Bytes {
    Bytes::from_owner(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn what_is_read_is_whole_and_bounded() {
        for length in [0, 1, 100, 4_095, 4_096, 4_097, 20_000] {
            let content: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            for expected in [0, 10, length as u64, 1 << 40] {
                let mut source = Cursor::new(content.clone());
                let bytes = read(&mut source, expected, 20_000).unwrap();
                assert_eq!(**bytes, *content);
                if length > 0 {
                    let mut source = Cursor::new(content.clone());
                    let error = read(&mut source, expected, length as u64 - 1).unwrap_err();
                    assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
                }
            }
        }
    }

    /// Bytes that were taken are wiped from the buffer, and none are lost.
    #[test]
    fn what_was_taken_is_wiped() {
        let content: Vec<u8> = (1..=u8::MAX).cycle().take(150_000).collect();
        let mut ahead = Ahead::new(Cursor::new(content.clone()));
        let mut read = Vec::<u8>::new();
        let mut few = [0; 7];
        loop {
            let length = ahead.read(&mut few).unwrap();
            if length == 0 {
                break;
            }
            read.extend_from_slice(&few[..length]);
            assert!(
                ahead.buffer[..ahead.left.start]
                    .iter()
                    .all(|byte| *byte == 0)
            );
        }
        assert_eq!(read, content);
        assert!(ahead.buffer.iter().all(|byte| *byte == 0));
    }

    /// Short reads and interrupted reads do not end the reading early.
    #[test]
    fn interruptions_are_no_end() {
        struct Slow(Cursor<Vec<u8>>, bool);
        impl Read for Slow {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.1 = !self.1;
                if self.1 {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                let few = buffer.len().min(7);
                self.0.read(&mut buffer[..few])
            }
        }
        let content = vec![9; 10_000];
        let bytes = read(&mut Slow(Cursor::new(content.clone()), false), 0, 1 << 20).unwrap();
        assert_eq!(**bytes, *content);
    }
}

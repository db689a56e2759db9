//! Decompresses an answer that a server compressed although only `identity` was accepted.
//!
//! Must not produce more bytes than the caller accepts.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use crate::transport::error::TransportErrorKind;
use crate::transport::wipe::wipe;

/// The magic bytes of gzip (RFC 1952); no JSON begins so.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// `body` decompressed, at most `limit` bytes of it; and why that is not all of it, if so.
pub(crate) fn inflated(body: Bytes, limit: usize) -> (Bytes, Option<TransportErrorKind>) {
    if !body.starts_with(GZIP) {
        return (body, None);
    }
    let mut plain = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = MultiGzDecoder::new(&*body)
        .take(most)
        .read_to_end(&mut plain);
    let cut = if plain.len() > limit {
        plain.truncate(limit);
        Some(TransportErrorKind::AnswerTooLarge)
    } else {
        read.err().map(|_| TransportErrorKind::TruncatedAnswer)
    };
    wipe(body);
    (plain.into(), cut)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// A compressed body is read, one that was cut off is read as far as it arrived, and no bomb
    /// fills the memory.
    #[test]
    fn what_is_inflated() {
        use TransportErrorKind::{AnswerTooLarge, TruncatedAnswer};
        let text: String = (0..200)
            .flat_map(|n| ["{\"n\":".to_owned(), n.to_string(), "},".to_owned()])
            .collect();
        let whole = packed(text.as_bytes());
        let (plain, cut) = inflated(whole.clone().into(), 1 << 20);
        assert_eq!((&plain[..], cut), (text.as_bytes(), None));
        let half = whole[..whole.len() - 12].to_vec();
        let (plain, cut) = inflated(half.into(), 1 << 20);
        assert!(text.as_bytes().starts_with(&plain) && plain.len() > 100);
        assert_eq!(cut, Some(TruncatedAnswer));
        let bomb = packed(&vec![b' '; 50 << 20]);
        let (plain, cut) = inflated(bomb.into(), 1 << 20);
        assert_eq!((plain.len(), cut), (1 << 20, Some(AnswerTooLarge)));
        for other in [&b"{}"[..], b"", b"\x1f", b"<html>"] {
            let (plain, cut) = inflated(Bytes::from_static(other), 1);
            assert_eq!((&plain[..], cut), (other, None));
        }
    }
}

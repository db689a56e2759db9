//! Assembles a create's body: JSON, the picture's base64 straight into place, JSON.
//!
//! Must not leave a copy of what it writes outside the leased buffer.

use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use idcloud_model::request::{Body, Segment};
use tokio::sync::OwnedSemaphorePermit;

use crate::body::buffer_pool::BufferPool;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
type Base64 = base64::engine::simd::Simd;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Base64 = base64::engine::GeneralPurpose;

/// Writes bodies.
#[derive(Debug)]
pub(crate) struct Assembler {
    /// Standard base64 with padding, with the fastest instructions of the machine.
    base64: Base64,
}

impl Assembler {
    pub(crate) fn new() -> Self {
        let config = base64::engine::GeneralPurposeConfig::new();
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        let base64 = Base64::standard(config);
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let base64 = Base64::new(&base64::alphabet::STANDARD, config);
        Self { base64 }
    }

    /// The body in one buffer of exactly its size, which is wiped when the last holder, the HTTP
    /// library included, drops it. `None` if a piece cannot be written.
    pub(crate) fn assemble(
        &self,
        body: &Body,
        pool: &Arc<BufferPool>,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Option<Bytes> {
        let mut lease = pool.lend(body.encoded_len(), permit);
        let mut rest = lease.bytes_mut();
        for segment in body.segments() {
            let (place, after) = rest.split_at_mut_checked(segment.encoded_len())?;
            match segment {
                Segment::Json(json) => place.copy_from_slice(json.as_bytes()),
                Segment::CaptureToken(token) => place.copy_from_slice(token.expose().as_bytes()),
                Segment::Base64(bytes) => {
                    self.base64.encode_slice(bytes, place).ok()?;
                }
                // A body with a kind of piece that this version does not know must not be sent
                // half-written.
                _ => return None,
            }
            rest = after;
        }
        rest.is_empty().then(|| Bytes::from_owner(lease))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use idcloud_model::Selfie;
    use idcloud_model::SubjectDraft;
    use idcloud_model::request::{CreateRequest, IdentityRequest};

    /// A WebP header of 800 x 600 and `len` bytes of noise after it: nothing decodes it.
    fn picture(len: usize) -> Bytes {
        let mut bytes = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x20\x03\x58\x02".to_vec();
        bytes.extend((bytes.len()..len).map(|_| fastrand::u8(..)));
        Bytes::from(bytes)
    }

    /// The body equals its pieces, for every length of the picture modulo three.
    #[test]
    fn the_body_is_the_pieces_in_order() {
        let pool = Arc::new(BufferPool::default());
        for extra in 0..4 {
            let picture = picture(50_000 + extra);
            let subject = SubjectDraft {
                code: Some("52998224725".to_owned().into()),
                name: Some("Test Subject".to_owned().into()),
                ..SubjectDraft::default()
            };
            let selfie =
                Selfie::from_input(picture.clone(), std::time::SystemTime::UNIX_EPOCH).unwrap();
            let request = IdentityRequest::new(subject.parse().unwrap(), selfie).unwrap();
            let body = CreateRequest::from(request).body();
            let bytes = Assembler::new().assemble(&body, &pool, None).unwrap();
            assert_eq!(bytes.len(), body.encoded_len());
            let read: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            let sent = base64::engine::general_purpose::STANDARD
                .decode(read["imageBase64"].as_str().unwrap())
                .unwrap();
            assert_eq!(sent, picture);
            assert_eq!(read["subject"]["code"], "52998224725");
        }
    }
}

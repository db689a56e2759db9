//! Recognizes whether a reference is reused for the same request, without revealing the request.
//!
//! Must not allow anybody to try CPFs: the hash key is the digest of the pictures, which is stored
//! nowhere. A request without pictures keeps too little of the person for that.

use std::fmt;

use hmac::{HmacReset, KeyInit as _, Mac as _};
use idcloud_model::request::{CreateRequest, DocumentSource, Segment};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::digest::Output;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The keyed hash of a request (HMAC-SHA-256).
///
/// Its key is the SHA-256 digest of the pictures' bytes, or of the capture token; the rest of the
/// request is hashed. A reader of the journal cannot check a guess at the person without the very
/// picture that was sent.
///
/// A request that reuses a document has neither picture nor token, and so no such key. Its two ids
/// and the purpose are hashed under a fixed key, and only 16 bits of the hash of the rest are kept:
/// enough to notice another person (all but one in 65,536), and too few to find out which of the
/// thousands of CPFs that share them was sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Bytes at the end of an unkeyed fingerprint that depend on the person.
    const OF_THE_PERSON: usize = 2;

    /// The fingerprint of a request.
    #[must_use]
    pub fn of(request: &CreateRequest) -> Self {
        let body = request.first_form();
        let mut pictures = Sha256::new();
        let mut keyed = false;
        for segment in body.segments() {
            let (kind, bytes): (u8, &[u8]) = match segment {
                Segment::Base64(bytes) => (b'i', bytes),
                Segment::CaptureToken(token) => (b't', token.expose().as_bytes()),
                _ => continue,
            };
            keyed = true;
            // Each piece is preceded by its length, so that no two lists of pieces hash alike.
            pictures.update([kind]);
            pictures.update(length(bytes));
            pictures.update(bytes);
        }
        let texts = body.segments().iter().filter_map(|segment| match segment {
            Segment::Json(json) => Some(json.as_bytes()),
            _ => None,
        });
        if keyed {
            let key = Zeroizing::new(<[u8; 32]>::from(pictures.finalize_reset()));
            return Self::hashed(&key, texts);
        }
        let Some(mut ids) = Self::earlier_of(request) else {
            return Self([0; 32]);
        };
        let whole = Self::hashed(&ids.0, texts);
        let places = ids.0.iter_mut().zip(whole.0);
        for (place, byte) in places.rev().take(Self::OF_THE_PERSON) {
            *place = byte;
        }
        ids
    }

    /// The fingerprint as earlier versions computed it, if it differs: for a reused document they
    /// hashed the two ids and the purpose, and nothing of the person.
    #[must_use]
    pub fn earlier_of(request: &CreateRequest) -> Option<Self> {
        let CreateRequest::Document(document) = request else {
            return None;
        };
        let DocumentSource::Reuse(id) = document.source() else {
            return None;
        };
        let pieces = [
            document.auth_process_id().as_str(),
            id.as_str(),
            document.purpose().as_str(),
        ];
        Some(Self::hashed(
            &[0; 32],
            pieces.into_iter().map(str::as_bytes),
        ))
    }

    fn hashed<'a>(key: &[u8; 32], pieces: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut mac = <HmacReset<Sha256>>::new(&block(key));
        for piece in pieces {
            mac.update(&length(piece));
            mac.update(piece);
        }
        // In place: `finalize` moves the state, and leaves a block with personal data behind that
        // nothing wipes.
        let code: Output<Sha256> = mac.finalize_reset().into_bytes();
        Self(code.into())
    }
}

fn length(bytes: &[u8]) -> [u8; 8] {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes()
}

/// The key, padded with zeros to the hash's block size as HMAC does with any short key (RFC 2104).
fn block(key: &[u8; 32]) -> hmac::digest::Key<HmacReset<Sha256>> {
    let mut block = hmac::digest::Key::<HmacReset<Sha256>>::default();
    for (place, byte) in block.iter_mut().zip(key) {
        *place = *byte;
    }
    block
}

/// 64 hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let mut bytes = [0; 32];
        let mut digits = text.as_bytes().chunks_exact(2);
        for place in &mut bytes {
            let pair = digits.next().and_then(|pair| str::from_utf8(pair).ok());
            *place = pair
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .ok_or_else(|| D::Error::custom("not a fingerprint"))?;
        }
        if text.len() == 64 {
            Ok(Self(bytes))
        } else {
            Err(D::Error::custom("not a fingerprint"))
        }
    }
}

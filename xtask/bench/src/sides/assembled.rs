//! A create's body from a minimal implementation: SIMD base64 into a reused buffer.
//!
//! Must not do what idcloud-http adds to it (leases, wiping): it is the baseline for those.

use base64::Engine as _;
use base64::engine::GeneralPurposeConfig;
use bytes::{Bytes, BytesMut};
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use {base64::engine::GeneralPurpose as Base64, base64::prelude::BASE64_STANDARD};

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::simd::Simd as Base64;

use crate::Failure;
use crate::sides::sample;

/// The parts of a body, and the buffer in which they are joined.
#[derive(Debug)]
pub struct Assembled {
    head: String,
    image: Bytes,
    tail: String,
    base64: Base64,
    buffer: BytesMut,
}

impl Assembled {
    /// The sample's body.
    ///
    /// # Errors
    /// None, unless the model refuses the sample.
    pub fn new() -> Result<Self, Failure> {
        let (head, image, tail) = sample::pieces(&sample::create()?)?;
        let length = head.len() + image.len().div_ceil(3) * 4 + tail.len();
        Ok(Self {
            head,
            image,
            tail,
            base64: engine(),
            buffer: BytesMut::zeroed(length),
        })
    }

    /// The body, written into the buffer again.
    ///
    /// # Errors
    /// The buffer was not given back.
    pub fn body(&mut self) -> Result<Bytes, Failure> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let (head, rest) = split(&mut buffer, self.head.len())?;
        head.copy_from_slice(self.head.as_bytes());
        let (image, tail) = split(rest, self.image.len().div_ceil(3) * 4)?;
        self.base64.encode_slice(&self.image, image)?;
        let (tail, _) = split(tail, self.tail.len())?;
        tail.copy_from_slice(self.tail.as_bytes());
        Ok(buffer.freeze())
    }

    /// Takes the buffer back once the body has been sent.
    ///
    /// # Errors
    /// The body is still in use.
    pub fn take_back(&mut self, body: Bytes) -> Result<(), Failure> {
        self.buffer = body
            .try_into_mut()
            .map_err(|_| "the body is still held after its answer came")?;
        Ok(())
    }
}

fn split(buffer: &mut [u8], at: usize) -> Result<(&mut [u8], &mut [u8]), Failure> {
    buffer
        .split_at_mut_checked(at)
        .ok_or_else(|| "the buffer is too small, or was not given back".into())
}

/// The encoder of idcloud-http: the best instructions that the machine has.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn engine() -> Base64 {
    Base64::standard(GeneralPurposeConfig::new())
}

/// The encoder of idcloud-http.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn engine() -> Base64 {
    BASE64_STANDARD
}

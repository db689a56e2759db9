//! Plays Unico's capture SDK: makes the token that a phone would make, and reads it back.
//!
//! Must not hold the picture or anything about a person; it refers to the picture by its digest.

use std::time::{Duration, SystemTime};

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idcloud_model::{Image, limits};
use serde::{Deserialize, Serialize};

use crate::encoding::jws::{self, Jws};
use crate::encoding::time_format::{seconds, since_epoch};

/// The key with which every simulator signs captures.
///
/// It is public on purpose: a capture made by one process (`idcloud simulator capture`) has to be
/// accepted by another (`idcloud simulator serve`). It gives no access: IDCloud itself refuses such
/// a token.
const SIMULATED_CAPTURE_KEY: &[u8] = b"idcloud-simulator: captures are signed with this public key";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const ISSUER: &str = "idcloud-simulator/capture";
/// How far a capture's time may lie ahead of the simulator's clock, in seconds.
const CLOCK_TOLERANCE: u64 = 60;

/// What was in front of the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Face {
    /// A living person.
    #[default]
    Live,
    /// A photograph, a screen or a mask.
    Spoof,
    /// Undecidable.
    Unclear,
}

/// One capture, ready to become a token.
#[derive(Clone, Debug)]
pub struct Capture {
    claims: Claims,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    iat: u64,
    exp: u64,
    /// Nanoseconds within the second of `iat`, so that two captures of one picture differ, as real
    /// ones do.
    ns: u32,
    /// SHA-256 of the picture.
    image: String,
    width: u32,
    height: u32,
    face: Face,
}

impl Capture {
    /// A capture of `image`, made at `taken_at`; a living face by default.
    #[must_use]
    pub fn new(image: &Image, taken_at: SystemTime) -> Self {
        let dimensions = image.dimensions();
        let issued = seconds(taken_at);
        Self {
            claims: Claims {
                iss: ISSUER.to_owned(),
                iat: issued,
                exp: issued.saturating_add(limits::CAPTURE_TOKEN_LIFE.as_secs()),
                ns: since_epoch(taken_at).subsec_nanos(),
                image: URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, image.bytes())),
                width: dimensions.width,
                height: dimensions.height,
                face: Face::Live,
            },
        }
    }

    /// Sets what is in front of the camera.
    #[must_use]
    pub fn with_face(mut self, face: Face) -> Self {
        self.claims.face = face;
        self
    }

    /// The capture token: the SDK calls it `encrypted`, and `imageBase64` carries it.
    ///
    /// Valid for ten minutes and for one request, like a real one. The same picture, face and time
    /// give the same token.
    #[must_use]
    pub fn token(&self) -> String {
        // Texts and numbers always serialize; no simulator accepts the token of the fallback.
        let claims = serde_json::to_string(&self.claims).unwrap_or_default();
        jws::write(HEADER, &claims, |signed| {
            hmac::sign(&key(), signed.as_bytes()).as_ref().to_vec()
        })
    }
}

/// A capture token of a living face: [`Capture::new`] and [`Capture::token`] in one.
///
/// `taken_at` is the time of the capture; if it is more than ten minutes ago, the token is refused
/// with 10507.
#[must_use]
pub fn capture(image: &Image, taken_at: SystemTime) -> String {
    Capture::new(image, taken_at).token()
}

/// A token that is genuine and not expired.
#[derive(Clone, Debug)]
pub(crate) struct ReadCapture {
    /// Identifies this capture.
    pub(crate) signature: Vec<u8>,
    /// The time from which it is refused for its age (since 1970).
    pub(crate) expires: Duration,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) face: Face,
}

/// Why a capture token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CaptureFault {
    /// Not made by this SDK.
    Foreign,
    /// More than ten minutes old.
    Expired,
}

/// Reads a token at `now`. The caller checks whether it was used before.
pub(crate) fn read(token: &str, now: SystemTime) -> Result<ReadCapture, CaptureFault> {
    let jws = Jws::parse(token).ok_or(CaptureFault::Foreign)?;
    hmac::verify(&key(), jws.signed.as_bytes(), &jws.signature)
        .map_err(|_| CaptureFault::Foreign)?;
    let claims: Claims = serde_json::from_value(serde_json::Value::Object(jws.claims))
        .map_err(|_| CaptureFault::Foreign)?;
    let now = seconds(now);
    if claims.iss != ISSUER || claims.iat > now.saturating_add(CLOCK_TOLERANCE) {
        return Err(CaptureFault::Foreign);
    }
    if claims.exp <= now {
        return Err(CaptureFault::Expired);
    }
    Ok(ReadCapture {
        signature: jws.signature,
        expires: Duration::from_secs(claims.exp),
        width: claims.width,
        height: claims.height,
        face: claims.face,
    })
}

fn key() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, SIMULATED_CAPTURE_KEY)
}

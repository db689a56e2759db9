//! The limits that IDCloud publishes, each with its unit.
//!
//! Must never hold a choice of this project: those live in `Policy` and in the client's options.

use std::time::Duration;

/// Longest base64 text of an image, in characters: 800 KB as error 20506 states it, read as 800 x 1024.
///
/// Whether IDCloud counts the text or the bytes behind it is not published; counting the text is the stricter reading.
pub const MAX_BASE64_CHARS: usize = 819_200;

/// Most bytes whose padded base64 stays within [`MAX_BASE64_CHARS`].
pub const MAX_IMAGE_BYTES: usize = MAX_BASE64_CHARS / 4 * 3;

/// Least length of an image's longer side, in pixels (error 20807).
pub const MIN_LONGER_SIDE: u32 = 640;

/// Least length of an image's shorter side, in pixels (error 20807).
pub const MIN_SHORTER_SIDE: u32 = 480;

/// How long a capture token may be used after the capture (error 10507).
pub const CAPTURE_TOKEN_LIFE: Duration = Duration::from_secs(600);

/// How far beyond its life a capture token is still sent, because this machine's clock may be the one that is wrong.
pub const CAPTURE_TOKEN_GRACE: Duration = Duration::from_secs(60);

/// Most characters of `subject.clientReference`.
pub const MAX_CLIENT_REFERENCE_CHARS: usize = 256;

/// How long the signed URLs of a document's files live (parameter specification).
pub const FILE_URL_LIFE: Duration = Duration::from_secs(600);

/// How long a biometric process may prove the person behind a document (document pages).
pub const AUTH_PROCESS_LIFE: Duration = Duration::from_secs(24 * 3600);

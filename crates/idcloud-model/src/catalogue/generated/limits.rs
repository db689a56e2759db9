//! Made by `cargo xtask codegen` from `spec/`.
//!
//! Never edited by hand: change the spec and run it again.

use std::time::Duration;

/// Longest base64 text of an image: 800 kB, read as 800 × 1024. Whether IDCloud counts the text or the bytes behind it is not published; counting the text is the stricter reading. In characters. Otherwise IDCloud answers 20506.
///
/// Source: Onboarding page (Portuguese).
pub const MAX_BASE64_CHARS: usize = 819_200;

/// Most bytes of an image whose padded base64 is not too long. In bytes. Otherwise IDCloud answers 20506.
///
/// Source: follows from the longest base64 text.
pub const MAX_IMAGE_BYTES: usize = 614_400;

/// Least length of an image's longer side. The message says *above* 640 × 480, a newer page *at least*; the latter is taken. In pixels. Otherwise IDCloud answers 20807.
///
/// Source: Onboarding page (Portuguese).
pub const MIN_LONGER_SIDE: u32 = 640;

/// Least length of an image's shorter side. In pixels. Otherwise IDCloud answers 20807.
///
/// Source: Onboarding page (Portuguese).
pub const MIN_SHORTER_SIDE: u32 = 480;

/// How long after the capture a capture token may be sent, which can be done one time only. In seconds. Otherwise IDCloud answers 10507.
///
/// Source: Parameter specification.
pub const CAPTURE_TOKEN_LIFE: Duration = Duration::from_secs(600);

/// How far beyond its life a capture token is still sent, because this machine's clock may be the one that is wrong. In seconds.
///
/// Source: this project's choice.
pub const CAPTURE_TOKEN_GRACE: Duration = Duration::from_secs(60);

/// Most characters of `subject.clientReference`, which has no spaces. In characters.
///
/// Source: Newest contract.
pub const MAX_CLIENT_REFERENCE_CHARS: usize = 256;

/// How long the signed URLs of a document's files can be fetched. In seconds.
///
/// Source: Parameter specification.
pub const FILE_URL_LIFE: Duration = Duration::from_secs(600);

/// How long after its completion a biometric process may prove the person behind a document. In seconds.
///
/// Source: Document capture and reuse page.
pub const AUTH_PROCESS_LIFE: Duration = Duration::from_secs(86_400);

/// Longest time between an assertion's `iat` and its `exp`. Each assertion is good for one exchange. In seconds.
///
/// Source: Authentication page.
pub const ASSERTION_LIFE: Duration = Duration::from_secs(3_600);

/// How long an access token is documented to be valid; `expires_in` has the last word. In seconds.
///
/// Source: Authentication page.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(3_600);

/// How long before its end an access token should be renewed. In seconds.
///
/// Source: Authentication page of the newest contract.
pub const ACCESS_TOKEN_RENEWAL: Duration = Duration::from_secs(600);

/// A tenant's usual budget in production; the test environment has less. Beyond it IDCloud answers 429. In requests a second.
///
/// Source: Rate limits page of the newest contract.
pub const REQUESTS_PER_SECOND: u32 = 10;

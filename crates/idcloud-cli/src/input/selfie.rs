//! The selfie as given on the command line: an image, its base64 or a capture token, in a file or
//! on standard input.
//!
//! Must not show the picture, the token or the file's name.

use std::path::Path;
use std::time::SystemTime;

use idcloud_model::{CaptureToken, Image, Selfie, Violations};

use crate::failure::Refusal;
use crate::input::Stdin;
use crate::input::picture;

/// The field that errors name.
pub(crate) const FIELD: &str = "selfie";

/// Reads a selfie and checks it completely. A capture token's age is measured at `now`.
///
/// # Errors
/// The file cannot be read, or IDCloud would refuse its content.
pub(crate) fn selfie(
    path: &Path,
    stdin: &mut Stdin<'_>,
    now: SystemTime,
) -> Result<Selfie, Vec<Refusal>> {
    let selfie = read(path, stdin, now)?;
    verify(&selfie)?;
    Ok(selfie)
}

/// Checks a selfie's picture to its end.
///
/// # Errors
/// The picture is truncated or damaged.
pub(crate) fn verify(selfie: &Selfie) -> Result<(), Vec<Refusal>> {
    selfie.verify().map_err(|violations| refusals(&violations))
}

/// Reads a selfie without checking it to its end: to compare it with one that an earlier version
/// sent without the check.
///
/// # Errors
/// The file cannot be read, or it does not begin as a file that IDCloud takes.
pub(crate) fn read(
    path: &Path,
    stdin: &mut Stdin<'_>,
    now: SystemTime,
) -> Result<Selfie, Vec<Refusal>> {
    let bytes = picture::read(FIELD, path, stdin).map_err(|refusal| vec![refusal])?;
    Selfie::from_input(bytes, now).map_err(|violations| refusals(&violations))
}

fn refusals(violations: &Violations) -> Vec<Refusal> {
    violations.iter().map(Refusal::from).collect()
}

/// Reads a capture token; a plain image is refused.
///
/// # Errors
/// As for [`selfie`], and when the file holds an image.
pub(crate) fn capture_token(
    path: &Path,
    stdin: &mut Stdin<'_>,
    now: SystemTime,
) -> Result<CaptureToken, Vec<Refusal>> {
    match selfie(path, stdin, now)? {
        Selfie::CaptureToken(token) => Ok(token),
        _ => Err(vec![Refusal::new(
            FIELD,
            "is a plain image, whose liveness IDCloud does not check",
            "name a file with the token of Unico's capture SDK; idcloud simulator capture plays it",
        )]),
    }
}

/// Reads an image; a capture token is refused.
///
/// # Errors
/// As for [`selfie`], and when the file holds a capture token.
pub(crate) fn image(
    path: &Path,
    stdin: &mut Stdin<'_>,
    now: SystemTime,
) -> Result<Image, Vec<Refusal>> {
    match selfie(path, stdin, now)? {
        Selfie::Image(image) => Ok(image),
        _ => Err(vec![Refusal::new(
            FIELD,
            "is a capture token already",
            "name the picture to capture",
        )]),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn refusals(input: &[u8]) -> Vec<Refusal> {
        let mut source = Cursor::new(input.to_vec());
        selfie(
            Path::new("-"),
            &mut Stdin::new(&mut source),
            SystemTime::UNIX_EPOCH,
        )
        .unwrap_err()
    }

    #[test]
    fn what_idcloud_would_refuse_is_refused_under_the_flags_name() {
        for (input, code) in [(&b""[..], "20009"), (b"not an image", "20505")] {
            let refusals = refusals(input);
            assert_eq!(refusals.len(), 1);
            assert_eq!(
                (refusals[0].field.as_str(), refusals[0].code.as_deref()),
                (FIELD, Some(code))
            );
        }
    }
}

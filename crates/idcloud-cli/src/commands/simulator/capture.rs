//! `idcloud simulator capture`: plays the capture SDK.
//!
//! Must not make a token that IDCloud itself would accept.

use idcloud_http::{Clock as _, SystemClock};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::commands::simulator::args::CaptureArgs;
use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::input::Stdin;
use crate::input::selfie;
use crate::output::Output;

/// Runs the command.
pub(super) fn run(
    args: &CaptureArgs,
    stdin: &mut Stdin<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Captured<'a> {
        capture_token: &'a str,
    }
    let now = SystemClock::new().now();
    let image = selfie::image(&args.image, stdin, now).map_err(Failure::refused_offline)?;
    let taken_at = now.checked_sub(args.age).ok_or_else(|| {
        Failure::usage(vec![Refusal::new(
            "--age",
            "is before the beginning of time",
            "a token lives ten minutes",
        )])
    })?;
    let token = Zeroizing::new(idcloud_simulator::capture(&image, taken_at));
    output
        .result(
            &Captured {
                capture_token: &token,
            },
            |to, _| writeln!(to, "{}", *token),
        )
        .map_err(|_| Failure::closed())?;
    Ok(Exit::Answered)
}

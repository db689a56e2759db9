//! `idcloud liveness`: is a living person in front of the camera?
//!
//! Must not send a plain image: IDCloud would answer without a liveness check.

pub(crate) mod args;

use std::sync::Arc;
use std::time::SystemTime;

use idcloud_http::{Clock, SystemClock};
use idcloud_model::request::LivenessRequest;
use idcloud_model::{Capability, SelfieKind};

use super::context::Context;
use crate::commands::liveness::args::LivenessArgs;
use crate::config;
use crate::config::connection;
use crate::config::settings::Settings;
use crate::failure::exit::Exit;
use crate::failure::{Failure, keep_all};
use crate::input::Stdin;
use crate::input::selfie;
use crate::output::Output;
use crate::verify::interrupts::Interrupts;
use crate::verify::journal_file::{self, idcloud};
use crate::verify::verification::{Shown, Verification};

/// Runs the command.
pub(crate) fn run(
    args: &LivenessArgs,
    settings: &Settings,
    stdin: &mut Stdin<'_>,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let config = config::resolve(&settings.layers, Capability::Liveness).map_err(Failure::usage)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let memory = journal_file::remembered(&args.context.memory, settings, output)?;
    let connection = connection::open(&config, &settings.layers, Arc::clone(&clock))?;
    let request = request(args, stdin, clock.now())?;
    let shown = Shown::of(&connection, args.answer.reveal, settings);
    let handle = idcloud(connection.client, memory.as_ref()).liveness(connection.api_key);
    let verification = Verification::new(handle, shown, interrupts).under(memory);
    let run = verification.run(
        request,
        SelfieKind::CaptureToken,
        args.answer.wait(),
        output,
    );
    super::block_on(run)?.print(output)
}

fn request(
    args: &LivenessArgs,
    stdin: &mut Stdin<'_>,
    now: SystemTime,
) -> Result<LivenessRequest, Failure> {
    let mut refusals = Vec::new();
    let token = keep_all(
        selfie::capture_token(&args.selfie, stdin, now),
        &mut refusals,
    );
    let context = keep_all(Context::read(&args.context), &mut refusals);
    let (Some(token), Some(context)) = (token, context) else {
        return Err(Failure::refused_here(refusals));
    };
    Ok(context.apply(
        LivenessRequest::new(token),
        LivenessRequest::with_use_case,
        LivenessRequest::with_subsidiary_id,
    ))
}

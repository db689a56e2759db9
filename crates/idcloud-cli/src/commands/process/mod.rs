//! `idcloud process`: the state of a process, independent of its creator.
//!
//! Must not create a process, nor take an unknown selfie for one whose liveness was checked.

pub(crate) mod args;

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::{IdCloud, Processes};
use idcloud_http::{CallOptions, Clock, SystemClock};
use idcloud_model::ProcessId;

use crate::args::asked::AskedArgs;
use crate::commands::process::args::ProcessCommand;
use crate::config;
use crate::config::connection;
use crate::config::settings::Settings;
use crate::failure::Failure;
use crate::failure::call;
use crate::failure::exit::Exit;
use crate::input::process_id;
use crate::output::Output;
use crate::verify::interrupted;
use crate::verify::interrupts::Interrupts;
use crate::verify::outcome::Outcome;
use crate::verify::verification::{Shown, Verification};

/// The requested process and its details.
struct Wanted {
    id: ProcessId,
    details: bool,
    wait: Option<Duration>,
}

/// Runs one of the commands.
pub(crate) fn run(
    command: &ProcessCommand,
    settings: &Settings,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let (id, asked, reveal) = match command {
        ProcessCommand::Get(args) => (&args.id, &args.asked, args.reveal),
        ProcessCommand::Wait(args) => (&args.id, &args.asked, args.reveal),
    };
    let (details, wait) = match command {
        ProcessCommand::Get(args) => (args.details, None),
        ProcessCommand::Wait(args) => (false, Some(args.wait)),
    };
    let verification = lookup(asked, reveal, settings, interrupts)?;
    let id = process_id::parse("id", id).map_err(|refusal| Failure::refused_here(vec![refusal]))?;
    let wanted = Wanted { id, details, wait };
    let look = look(&verification, &wanted, interrupts, output);
    super::block_on(look)?.print(output)
}

fn lookup(
    asked: &AskedArgs,
    reveal: bool,
    settings: &Settings,
    interrupts: &Interrupts,
) -> Result<Verification<Processes>, Failure> {
    let config =
        config::resolve(&settings.layers, asked.created_by.capability()).map_err(Failure::usage)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let connection = connection::open(&config, &settings.layers, clock)?;
    let shown = Shown::of(&connection, reveal, settings);
    let handle = IdCloud::new(connection.client)
        .processes(connection.api_key)
        .created_for(asked.created_by.flow())
        .with_selfie_kind(asked.selfie());
    Ok(Verification::new(handle, shown, interrupts))
}

async fn look(
    verification: &Verification<Processes>,
    wanted: &Wanted,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Outcome {
    let (processes, options) = (verification.handle(), CallOptions::new());
    let seen = interrupts.interruptible(async {
        if wanted.details {
            processes.details(&wanted.id, &options).await
        } else {
            processes.report(&wanted.id, &options).await
        }
    });
    match seen.await {
        Some(Ok(submission)) => verification.settle(submission, wanted.wait, output).await,
        Some(Err(error)) => Outcome::failed(call::of_process(&error, wanted.id.as_str())),
        None => Outcome::failed(interrupted::of_wait(wanted.id.as_str())),
    }
}

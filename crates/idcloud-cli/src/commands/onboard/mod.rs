//! `idcloud onboard`: one identity verification, from files to a verdict.
//!
//! Must not send anything before every input is checked.

pub(crate) mod args;

use std::sync::Arc;
use std::time::SystemTime;

use idcloud_http::{Clock, SystemClock};
use idcloud_model::Capability;
use idcloud_model::request::IdentityRequest;

use crate::commands::onboard::args::OnboardArgs;
use crate::config;
use crate::config::connection;
use crate::config::settings::Settings;
use crate::failure::exit::Exit;
use crate::failure::{Failure, keep_all};
use crate::input::selfie;
use crate::input::subject;
use crate::input::{Stdin, only_one_reads_stdin};
use crate::output::Output;
use crate::verify::interrupts::Interrupts;
use crate::verify::journal_file::{self, idcloud};
use crate::verify::verification::{Shown, Verification};

use super::context::Context;

/// Runs the command.
pub(crate) fn run(
    mut args: OnboardArgs,
    settings: &Settings,
    stdin: &mut Stdin<'_>,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let config = config::resolve(&settings.layers, Capability::Identity).map_err(Failure::usage)?;
    only_one_reads_stdin(&[
        ("--subject", args.person.code.subject.as_deref()),
        ("--selfie", Some(&args.selfie)),
    ])
    .map_err(|refusal| Failure::usage(vec![refusal]))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let memory = journal_file::remembered(&args.context.memory, settings, output)?;
    let connection = connection::open(&config, &settings.layers, Arc::clone(&clock))?;
    let request = request(&mut args, stdin, clock.now())?;
    let selfie = request.selfie().kind();
    let shown = Shown::of(&connection, args.answer.reveal, settings);
    let handle = idcloud(connection.client, memory.as_ref()).identity(connection.api_key);
    let verification = Verification::new(handle, shown, interrupts).under(memory);
    let run = verification.run(request, selfie, args.answer.wait(), output);
    super::block_on(run)?.print(output)
}

/// Reads and checks all inputs, and reports all mistakes at once.
fn request(
    args: &mut OnboardArgs,
    stdin: &mut Stdin<'_>,
    now: SystemTime,
) -> Result<IdentityRequest, Failure> {
    let mut refusals = Vec::new();
    let subject = keep_all(subject::named(&mut args.person, stdin), &mut refusals);
    let selfie = keep_all(selfie::selfie(&args.selfie, stdin, now), &mut refusals);
    let context = keep_all(Context::read(&args.context), &mut refusals);
    let (Some(subject), Some(selfie), Some(context)) = (subject, selfie, context) else {
        return Err(Failure::refused_here(refusals));
    };
    let request = IdentityRequest::new(subject, selfie)
        .map_err(|violations| Failure::refused_here(violations.iter().map(Into::into).collect()))?;
    Ok(context.apply(
        request,
        IdentityRequest::with_use_case,
        IdentityRequest::with_subsidiary_id,
    ))
}

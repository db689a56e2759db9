//! `idcloud compare`: is this the face of an earlier process or picture?
//!
//! Must not send anything before every input is checked.

pub(crate) mod args;

use std::sync::Arc;
use std::time::SystemTime;

use idcloud_http::{Clock, SystemClock};
use idcloud_model::Capability;
use idcloud_model::request::{ComparisonRequest, Reference};

use super::context::Context;
use crate::commands::compare::args::CompareArgs;
use crate::config;
use crate::config::connection;
use crate::config::settings::Settings;
use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal, keep_all};
use crate::input::picture;
use crate::input::process_id;
use crate::input::selfie;
use crate::input::subject;
use crate::input::{Stdin, only_one_reads_stdin};
use crate::output::Output;
use crate::verify::interrupts::Interrupts;
use crate::verify::journal_file::{self, idcloud};
use crate::verify::verification::{Shown, Verification};

/// Runs the command.
pub(crate) fn run(
    mut args: CompareArgs,
    settings: &Settings,
    stdin: &mut Stdin<'_>,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let config =
        config::resolve(&settings.layers, Capability::FaceMatch).map_err(Failure::usage)?;
    only_one_reads_stdin(&[
        ("--subject", args.code.subject.as_deref()),
        ("--reference-image", args.reference_image.as_deref()),
        ("--selfie", Some(&args.selfie)),
    ])
    .map_err(|refusal| Failure::usage(vec![refusal]))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let memory = journal_file::remembered(&args.context.memory, settings, output)?;
    let connection = connection::open(&config, &settings.layers, Arc::clone(&clock))?;
    let request = request(&mut args, stdin, clock.now())?;
    let selfie = request.selfie().kind();
    let shown = Shown::of(&connection, args.answer.reveal, settings);
    let handle = idcloud(connection.client, memory.as_ref()).comparison(connection.api_key);
    let verification = Verification::new(handle, shown, interrupts).under(memory);
    let run = verification.run(request, selfie, args.answer.wait(), output);
    super::block_on(run)?.print(output)
}

fn request(
    args: &mut CompareArgs,
    stdin: &mut Stdin<'_>,
    now: SystemTime,
) -> Result<ComparisonRequest, Failure> {
    let mut refusals = Vec::new();
    let reference = keep_all(reference(args, stdin), &mut refusals);
    let subject = keep_all(subject::given(&mut args.code, stdin), &mut refusals);
    let selfie = keep_all(selfie::selfie(&args.selfie, stdin, now), &mut refusals);
    let context = keep_all(Context::read(&args.context), &mut refusals);
    let (Some(reference), Some(subject), Some(selfie), Some(context)) =
        (reference, subject, selfie, context)
    else {
        return Err(Failure::refused_here(refusals));
    };
    let mut request = ComparisonRequest::new(reference, selfie);
    if let Some(subject) = subject {
        request = request.with_subject(subject);
    }
    Ok(context.apply(
        request,
        ComparisonRequest::with_use_case,
        ComparisonRequest::with_subsidiary_id,
    ))
}

fn reference(args: &CompareArgs, stdin: &mut Stdin<'_>) -> Result<Reference, Vec<Refusal>> {
    const IMAGE: &str = "reference-image";
    match (&args.reference_process_id, &args.reference_image) {
        (Some(id), _) => process_id::parse("reference-process-id", id)
            .map(Reference::Process)
            .map_err(|refusal| vec![refusal]),
        (None, Some(path)) => {
            let picture = picture::read(IMAGE, path, stdin).map_err(|refusal| vec![refusal])?;
            Reference::image_from_input(picture)
                .and_then(|reference| reference.verify().map(|()| reference))
                .map_err(|violations| {
                    let named = |refusal: Refusal| Refusal {
                        field: IMAGE.to_owned(),
                        ..refusal
                    };
                    violations.iter().map(Refusal::from).map(named).collect()
                })
        }
        // clap asks for one of the two.
        (None, None) => Err(vec![Refusal::new(
            "reference-process-id",
            "is missing",
            "name an earlier process or a picture",
        )]),
    }
}

//! `idcloud document`: captures documents, uses them again, and finds those that can be used again.
//!
//! Must not send anything before every input is checked.

pub(crate) mod args;

mod find;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use idcloud_http::{Clock, SystemClock};
use idcloud_model::request::{DocumentRequest, Purpose, PurposeError};
use idcloud_model::{Capability, DocumentId, ProcessId, SelfieKind, Subject};

use super::context::Context;
use crate::args::create::AnswerArgs;
use crate::commands::document::args::CaptureDocumentArgs;
use crate::commands::document::args::DocumentCommand;
use crate::commands::document::args::HolderArgs;
use crate::commands::document::args::ReuseArgs;
use crate::config;
use crate::config::connection::{self, Connection};
use crate::config::settings::Settings;
use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal, keep, keep_all};
use crate::input::picture;
use crate::input::process_id;
use crate::input::subject;
use crate::input::{Stdin, only_one_reads_stdin};
use crate::output::Output;
use crate::verify::interrupts::Interrupts;
use crate::verify::journal_file::{self, Remembered, idcloud};
use crate::verify::verification::{Shown, Verification};

/// Runs one of the commands.
pub(crate) fn run(
    command: DocumentCommand,
    settings: &Settings,
    stdin: &mut Stdin<'_>,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let config = config::resolve(&settings.layers, Capability::Document).map_err(Failure::usage)?;
    if let DocumentCommand::Capture(args) = &command {
        let files = args.files.iter().map(|file| ("--file", Some(&**file)));
        let subject = ("--subject", args.holder.code.subject.as_deref());
        let flags: Vec<_> = [subject].into_iter().chain(files).collect();
        only_one_reads_stdin(&flags).map_err(|refusal| Failure::usage(vec![refusal]))?;
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let memory = match &command {
        DocumentCommand::Find(_) => None,
        DocumentCommand::Capture(args) => {
            journal_file::remembered(&args.holder.context.memory, settings, output)?
        }
        DocumentCommand::Reuse(args) => {
            journal_file::remembered(&args.holder.context.memory, settings, output)?
        }
    };
    let connection = connection::open(&config, &settings.layers, clock)?;
    match command {
        DocumentCommand::Find(args) => find::run(args, connection, stdin, interrupts, output),
        DocumentCommand::Capture(mut args) => {
            let request = captured(&mut args, stdin)?;
            submit(
                request,
                memory,
                &args.holder.answer,
                connection,
                settings,
                interrupts,
                output,
            )
        }
        DocumentCommand::Reuse(mut args) => {
            let request = reused(&mut args, stdin)?;
            submit(
                request,
                memory,
                &args.holder.answer,
                connection,
                settings,
                interrupts,
                output,
            )
        }
    }
}

fn submit(
    request: DocumentRequest,
    memory: Option<Remembered>,
    answer: &AnswerArgs,
    connection: Connection,
    settings: &Settings,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let shown = Shown::of(&connection, answer.reveal, settings);
    let handle = idcloud(connection.client, memory.as_ref()).documents(connection.api_key);
    // A document is not a selfie: it cannot show liveness.
    let run = Verification::new(handle, shown, interrupts)
        .under(memory)
        .run(request, SelfieKind::Unknown, answer.wait(), output);
    super::block_on(run)?.print(output)
}

/// The holder of the document, and the purpose.
struct Holder {
    subject: Subject,
    purpose: Purpose,
    auth_process_id: ProcessId,
    context: Context,
}

impl Holder {
    fn read(
        args: &mut HolderArgs,
        stdin: &mut Stdin<'_>,
        refusals: &mut Vec<Refusal>,
    ) -> Option<Self> {
        let subject = keep_all(subject::required(&mut args.code, stdin), refusals);
        let purpose = keep(
            args.purpose.parse().map_err(|error: PurposeError| {
                Refusal::new("purpose", error.to_string(), "use one of these words")
            }),
            refusals,
        );
        let auth_process_id = keep(
            process_id::any("auth-process-id", &args.auth_process_id),
            refusals,
        );
        let context = keep_all(Context::read(&args.context), refusals);
        Some(Self {
            subject: subject?,
            purpose: purpose?,
            auth_process_id: auth_process_id?,
            context: context?,
        })
    }
}

fn captured(
    args: &mut CaptureDocumentArgs,
    stdin: &mut Stdin<'_>,
) -> Result<DocumentRequest, Failure> {
    let mut refusals = Vec::new();
    let holder = Holder::read(&mut args.holder, stdin, &mut refusals);
    let read = |file| picture::read("file", file, stdin);
    let files: Vec<Option<Bytes>> = args
        .files
        .iter()
        .map(PathBuf::as_path)
        .map(read)
        .map(|read| keep(read, &mut refusals))
        .collect();
    let files: Option<Vec<Bytes>> = files.into_iter().collect();
    let (Some(holder), Some(files)) = (holder, files) else {
        return Err(Failure::refused_here(refusals));
    };
    let request = DocumentRequest::capture(
        holder.subject,
        holder.purpose,
        holder.auth_process_id,
        files,
    )
    .and_then(|request| request.verify().map(|()| request))
    .map_err(|violations| Failure::refused_here(violations.iter().map(Refusal::from).collect()))?;
    Ok(with_context(holder.context, request))
}

fn reused(args: &mut ReuseArgs, stdin: &mut Stdin<'_>) -> Result<DocumentRequest, Failure> {
    let mut refusals = Vec::new();
    let holder = Holder::read(&mut args.holder, stdin, &mut refusals);
    let document: Option<DocumentId> = keep(
        process_id::any("document-id", &args.document_id),
        &mut refusals,
    );
    let (Some(holder), Some(document)) = (holder, document) else {
        return Err(Failure::refused_here(refusals));
    };
    let request = DocumentRequest::reuse(
        holder.subject,
        holder.purpose,
        holder.auth_process_id,
        document,
    );
    Ok(with_context(holder.context, request))
}

fn with_context(context: Context, request: DocumentRequest) -> DocumentRequest {
    context.apply(
        request,
        DocumentRequest::with_use_case,
        DocumentRequest::with_subsidiary_id,
    )
}
